"""The conformance suite for transports: every promise of ``ffx.core.transport``, as tests to inherit.

::

    from ffx.testing.transport import TransportConformance

    class TestMyTransport(TransportConformance):
        def make_transport(self):
            return MyTransport()

        @property
        def address(self):
            return Address("127.0.0.1", 0, "my")

It needs no plugin of the test runner: the tests are plain methods that run a loop of their own.
"""

from __future__ import annotations

from ffx.testing.conversations import ConversationConformance
from ffx.testing.ends import EndConformance
from ffx.testing.transfers import TransferConformance


class TransportConformance(ConversationConformance, EndConformance, TransferConformance):
    """Inherit, say which transport, and run: a failure names the promise that was broken."""
