"""Every fuzz target by its name."""

from __future__ import annotations

from tests.fuzz import configurations, messages, uploads
from tests.fuzz.target import Target

TARGETS: dict[str, Target] = {one.TARGET.name: one.TARGET for one in (messages, configurations, uploads)}
