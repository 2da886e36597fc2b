"""The built-in detectors and policies keep the promises that are asked of everybody's."""

from __future__ import annotations

import pytest

from ffx.core.pluginhost import PluginHost
from ffx.testing.detector import check_detector
from ffx.testing.policy import check_policy


@pytest.fixture(scope="module")
def host() -> PluginHost:
    host = PluginHost()
    host.load_entry_points()
    return host


def test_the_detectors(host: PluginHost) -> None:
    detectors = host.detectors()
    assert len(detectors) >= 6
    for detector in detectors.values():
        specs = [
            s for s in host.encoders().values() if s.encoder_type is detector.encoder_type and detector.claims(s.name)
        ]
        check_detector(detector, specs)


def test_the_policies(host: PluginHost) -> None:
    policies = host.policies()
    assert "weighted" in policies
    for policy in policies.values():
        check_policy(policy)
