"""What a client knows of a server after its updates."""

from __future__ import annotations

from attrs import evolve

from ffx.client.connection import updated
from ffx.core.messages import CapabilityUpdate
from ffx.core.model import EncoderReport, ServerCapabilities, ServerInfo

KNOWN = ServerInfo(
    "id",
    "studio",
    capabilities=ServerCapabilities(encoders=(EncoderReport("libx264", "h264", works=True),), current_load=0.1),
    current_jobs=1,
    uptime=10.0,
)


def test_a_word_on_the_state_keeps_what_is_known_of_the_encoders() -> None:
    state = evolve(KNOWN, capabilities=ServerCapabilities(current_load=0.9), current_jobs=2, uptime=11.0)
    info = updated(KNOWN, CapabilityUpdate(state, unchanged=True))
    assert (info.current_jobs, info.capabilities.current_load) == (2, 0.9)
    assert info.capabilities.encoders == KNOWN.capabilities.encoders


def test_the_whole_replaces_everything() -> None:
    whole = evolve(KNOWN, capabilities=ServerCapabilities(complete=True), current_jobs=0, uptime=11.0)
    assert updated(KNOWN, CapabilityUpdate(whole)) == whole


def test_a_state_that_was_overtaken_changes_no_slots() -> None:
    late = evolve(KNOWN, capabilities=ServerCapabilities(complete=True), current_jobs=2, uptime=9.0)
    info = updated(KNOWN, CapabilityUpdate(late))
    assert (info.current_jobs, info.uptime) == (1, 10.0)
    assert info.capabilities.complete
