"""Every fuzz target by its name."""

from __future__ import annotations

from tests.fuzz import arguments, configurations, invitations, messages, uploads
from tests.fuzz.target import Target

_MODULES = (messages, arguments, configurations, invitations, uploads)
TARGETS: dict[str, Target] = {module.TARGET.name: module.TARGET for module in _MODULES}
