"""What has to be on disk before the next word goes out: the changes of one turn of the dispatcher."""

from __future__ import annotations

from attrs import define, field

from ffx.client.queue.records import AttemptRecord, Farewell, JobRecord, SetAside


@define
class Changes:
    """Gathered while events are handled; the last record of a job or an attempt is the one that counts."""

    records: dict[str, JobRecord] = field(factory=dict)
    """By job id."""
    attempts: dict[tuple[str, int], AttemptRecord] = field(factory=dict)
    farewells: dict[Farewell, bool] = field(factory=dict)
    """True: to be said; False: said."""
    asides: dict[str, SetAside | None] = field(factory=dict)
    """By the server's id; None: released."""
    paused: bool | None = None
    """The queue was paused, or goes on."""

    def __bool__(self) -> bool:
        return bool(self.records or self.attempts or self.farewells or self.asides) or self.paused is not None
