"""How long the network transport waits for a peer, in seconds, and how many peers it takes at a time.

Nothing limits how long a transfer may take.
"""

from __future__ import annotations

from attrs import frozen


@frozen
class Limits:
    """Time-outs and places of the network transport."""

    heartbeat: float = 20.0
    """Silence after which a ping is sent; its pong has half that time."""
    send: float = 30.0
    """A message that the peer's side did not take for so long ends the connection."""
    idle: float = 60.0
    """A transfer in which no byte moved for so long is broken off."""
    slowest: float = 8000.0
    """Bytes a second that a line may be slow: what is sent at a time gets the seconds that it takes there as well."""
    answer: float = 300.0
    """What a server may take to answer a finished upload: it brings all of it to the disk first."""
    handshake: float = 10.0
    """What the beginning of an encrypted connection may take."""
    close: float = 5.0
    """What the polite end of a connection may take."""
    grace: float = 10.0
    """What a conversation may take to end after its listener closed its connection."""
    keep_alive: float = 30.0
    """An HTTP connection without a complete request for so long is closed."""

    conversations: int = 4000
    """At a time, of everybody."""
    conversations_of_one: int = 2000
    """With one token: a farm whose clients all share one is no stranger."""
    transfers: int = 1000
    """Uploads and downloads at a time."""
    transfers_of_one: int = 64

    def for_sending(self, size: int) -> float:
        """How many seconds may pass until the peer's side took so many bytes."""
        return self.idle + size / self.slowest
