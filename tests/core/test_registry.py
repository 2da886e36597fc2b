"""The registry: what is in it, where it came from, and clashes that name both sides."""

from __future__ import annotations

import pytest

from ffx.core.errors import PluginError, UsageError
from ffx.core.registry import Registry, suggestion


def filled() -> Registry[int]:
    registry: Registry[int] = Registry("encoder")
    registry.add("libx264", 264, plugin="software", distribution="ffmpeg-easy")
    registry.add("libx265", 265, plugin="software", distribution="ffmpeg-easy")
    return registry


def test_it_reads_like_a_dictionary() -> None:
    registry = filled()
    assert dict(registry) == {"libx264": 264, "libx265": 265}
    assert registry["libx264"] == registry.find("libx264") == 264
    assert registry.get("nothing") is None


def test_each_entry_knows_its_origin() -> None:
    origin = filled().origin("libx265")
    assert (origin.value, origin.plugin, origin.distribution) == (265, "software", "ffmpeg-easy")


def test_a_clash_names_both_plugins_and_changes_nothing() -> None:
    registry = filled()
    with pytest.raises(PluginError, match=r"the encoder 'libx264' of plugin 'mine' .* already by plugin 'software'"):
        registry.add_all([("new", 1), ("libx264", 2)], plugin="mine")
    assert dict(registry) == {"libx264": 264, "libx265": 265}


def test_a_plugin_that_clashes_with_itself_adds_nothing() -> None:
    registry = filled()
    with pytest.raises(PluginError, match="of plugin 'mine' is registered already by plugin 'mine'"):
        registry.add_all([("new", 1), ("new", 2)], plugin="mine")
    assert "new" not in registry


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"^unknown encoder 'libx266'; did you mean 'libx26\d' or 'libx26\d'\?$"):
        filled().find("libx266")


def test_nothing_near_is_no_suggestion() -> None:
    assert suggestion("zzz", ["libx264"]) == ""
    with pytest.raises(UsageError, match=r"^unknown encoder 'zzz'$"):
        filled().find("zzz")
