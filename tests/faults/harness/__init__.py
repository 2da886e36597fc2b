"""Servers and clients as real processes, the faults that befall them, and what must hold whatever befell them.

``Ground`` is where one test plays: it makes servers, clients, relays and disks, and at the end checks the invariants.
"""

from tests.faults.harness.client import HASTY, PATIENT, Client
from tests.faults.harness.ground import CLIP_SECONDS, FAST, LARGE, MEGABYTE, Ground, paced
from tests.faults.harness.orders import Orders
from tests.faults.harness.process import Run
from tests.faults.harness.relay import Relay
from tests.faults.harness.server import Server
from tests.faults.harness.waiting import until

__all__ = [
    "CLIP_SECONDS",
    "FAST",
    "HASTY",
    "LARGE",
    "MEGABYTE",
    "PATIENT",
    "Client",
    "Ground",
    "Orders",
    "Relay",
    "Run",
    "Server",
    "paced",
    "until",
]
