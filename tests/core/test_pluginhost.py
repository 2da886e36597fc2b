"""The plugin host: one broken plugin never stops the others, and every fault names its plugin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from ffx import hookimpl
from ffx.core import hookspecs
from ffx.core.configuration import Configuration
from ffx.core.encoders import EncoderSpec
from ffx.core.errors import PluginError
from ffx.core.events import JobEvent, Phase
from ffx.core.model import JobConfiguration, JobState
from ffx.core.pluginhost import OWN_DISTRIBUTION, PluginHost, PluginRecord, PluginState
from ffx.core.profiles import Profile
from ffx.core.recipe import Recipe

JOB = JobConfiguration("1", "in.mkv", "out.mp4", Recipe())
EVENT = JobEvent(JOB, JobState.RUNNING, Phase.ENCODE, time=0.0)


def plugin(**hooks: Callable[..., Any]) -> object:
    """A plugin module with these functions as its hooks."""
    module = ModuleType("a_plugin")
    for name, function in hooks.items():
        setattr(module, name, hookimpl(function))
    return module


def encoders(*names: str) -> object:
    def ffx_register_encoders() -> Sequence[EncoderSpec]:
        return [EncoderSpec(name, "codec") for name in names]

    return plugin(ffx_register_encoders=ffx_register_encoders)


def failing(*arguments: str) -> Callable[..., Any]:
    def hook() -> Any:
        raise RuntimeError("out of\norder")

    def hook_with_event(event: JobEvent) -> None:
        raise RuntimeError("out of\norder")

    return hook_with_event if arguments else hook


def record(host: PluginHost, name: str) -> PluginRecord:
    return next(record for record in host.records() if record.name == name)


def test_a_plugin_is_listed_with_its_hooks() -> None:
    host = PluginHost()
    host.register("mine", encoders("cfhd"), distribution="my-plugin", version="1.2")
    assert host.records() == (PluginRecord("mine", "my-plugin", "1.2", ("ffx_register_encoders",)),)
    assert list(host.encoders()) == ["cfhd"]
    assert host.encoders().origin("cfhd").distribution == "my-plugin"


def test_two_hosts_share_nothing() -> None:
    one, other = PluginHost(), PluginHost()
    one.register("mine", encoders("cfhd"))
    assert list(other.encoders()) == []
    assert other.records() == ()


def test_a_blocked_plugin_is_listed_and_not_called() -> None:
    host = PluginHost(blocked=["mine"])
    host.register("mine", plugin(ffx_register_encoders=failing()))
    assert list(host.encoders()) == []
    assert record(host, "mine").state is PluginState.BLOCKED


def test_a_raising_hook_is_attributed_and_the_others_go_on() -> None:
    host = PluginHost()
    host.register("a_bad_one", plugin(ffx_register_encoders=failing()))
    host.register("good", encoders("cfhd"))
    assert list(host.encoders()) == ["cfhd"]
    assert record(host, "a_bad_one").state is PluginState.BROKEN
    assert record(host, "a_bad_one").error == "ffx_register_encoders: RuntimeError: out of order"
    assert record(host, "good").state is PluginState.ACTIVE


def test_an_unknown_hook_is_told_with_the_known_ones() -> None:
    host = PluginHost()
    host.register("old", plugin(ffx_register_encoder=lambda: None))
    assert record(host, "old").state is PluginState.BROKEN
    assert "unknown hook ffx_register_encoder; the hooks are: ffx_job_event," in record(host, "old").error


def test_an_optional_hook_of_another_version_is_passed_over() -> None:
    def ffx_of_tomorrow() -> None:
        raise AssertionError("never called")

    newer = encoders("cfhd")
    newer.ffx_of_tomorrow = hookspecs.hookimpl(optionalhook=True)(ffx_of_tomorrow)  # type: ignore[attr-defined]
    host = PluginHost()
    host.register("newer", newer)
    assert record(host, "newer").state is PluginState.ACTIVE
    assert list(host.encoders()) == ["cfhd"]


def test_a_hook_with_an_unknown_argument_is_broken() -> None:
    host = PluginHost()
    host.register("odd", plugin(ffx_register_encoders=lambda colour: []))
    assert record(host, "odd").state is PluginState.BROKEN
    assert "colour" in record(host, "odd").error
    assert list(host.encoders()) == []


def test_an_object_that_pluggy_cannot_hold_is_broken() -> None:
    host = PluginHost()
    odd = SimpleNamespace(ffx_register_encoders=hookimpl(lambda: None))  # compared by value, so it cannot be hashed
    host.register("odd", odd)
    host.register("good", encoders("cfhd"))
    assert record(host, "odd").state is PluginState.BROKEN
    assert "unhashable" in record(host, "odd").error
    assert list(host.encoders()) == ["cfhd"]


def test_one_object_under_two_names_is_loaded_once() -> None:
    host, same = PluginHost(), encoders("cfhd")
    host.register("first", same)
    host.register("second", same)
    assert [record.state for record in host.records()] == [PluginState.ACTIVE, PluginState.BROKEN]
    assert list(host.encoders()) == ["cfhd"]


def test_a_clash_names_both_and_the_one_that_came_second_adds_nothing() -> None:
    host = PluginHost()
    host.register("one", encoders("cfhd"))
    host.register("two", encoders("another", "cfhd"))
    assert list(host.encoders()) == ["cfhd"]
    assert "the encoder 'cfhd' of plugin 'two' is registered already by plugin 'one'" in record(host, "two").error


def test_a_stranger_cannot_break_a_built_in_plugin_by_taking_its_names() -> None:
    host = PluginHost()
    host.register("aaa", encoders("libx264"), distribution="stranger")
    host.register("software", encoders("libx264", "libx265"), distribution=OWN_DISTRIBUTION)
    assert list(host.encoders()) == ["libx264", "libx265"]
    assert record(host, "software").state is PluginState.ACTIVE
    assert "is registered already by plugin 'software'" in record(host, "aaa").error


@pytest.mark.parametrize("answer", ["libx264", [5], 7, ["libx264"], [SimpleNamespace(name="libx264")]], ids=repr)
def test_an_answer_of_the_wrong_kind_is_broken(answer: Any) -> None:
    host = PluginHost()
    host.register("odd", plugin(ffx_register_encoders=lambda: answer))
    host.register("good", encoders("cfhd"))
    assert list(host.encoders()) == ["cfhd"]
    assert record(host, "odd").error.startswith("ffx_register_encoders: ")


@pytest.mark.parametrize("registry", ["encoders", "detectors", "transports", "policies", "uis", "profiles", "commands"])
def test_every_registry_survives_a_broken_plugin(registry: str) -> None:
    hook = f"ffx_register_{registry}"
    host = PluginHost()
    host.register("bad", plugin(**{hook: failing()}))
    assert dict(getattr(host, registry)()) == {}
    assert record(host, "bad").error == f"{hook}: RuntimeError: out of order"


def test_profiles_are_recipes_by_name() -> None:
    host = PluginHost()
    host.register("mine", plugin(ffx_register_profiles=lambda: [Profile("small", Recipe(encoder="libx265"))]))
    assert host.profiles()["small"].recipe == Recipe(encoder="libx265")
    assert host.profiles().origin("small").plugin == "mine"


# -- Changing a command -------------------------------------------------------------------------------------


def appending(word: str) -> object:
    def ffx_modify_command(job: JobConfiguration, argv: tuple[str, ...]) -> tuple[str, ...]:
        return (*argv, f"{word}-{job.job_id}")

    return plugin(ffx_modify_command=ffx_modify_command)


def test_plugins_change_a_command_one_after_the_other() -> None:
    host = PluginHost()
    host.register("b", appending("b"))
    host.register("a", appending("a"))
    host.register("silent", plugin(ffx_modify_command=lambda job: None))
    assert host.modify_command(JOB, ("ffmpeg",)) == ("ffmpeg", "a-1", "b-1")


def test_without_plugins_a_command_is_as_it_was() -> None:
    assert PluginHost().modify_command(JOB, ("ffmpeg",)) == ("ffmpeg",)


def test_a_command_is_not_run_when_its_change_failed() -> None:
    host = PluginHost()
    host.register("bad", plugin(ffx_modify_command=failing()))
    with pytest.raises(PluginError, match="plugin 'bad' failed in ffx_modify_command: RuntimeError: out of order"):
        host.modify_command(JOB, ("ffmpeg",))


@pytest.mark.parametrize("answer", ["ffmpeg -i", 5, (1, 2)])
def test_a_changed_command_is_texts(answer: Any) -> None:
    host = PluginHost()
    host.register("bad", plugin(ffx_modify_command=lambda argv: answer))
    with pytest.raises(PluginError, match="plugin 'bad' failed in ffx_modify_command: its answer is not a tuple"):
        host.modify_command(JOB, ("ffmpeg",))


# -- Telling what happened ----------------------------------------------------------------------------------


def test_every_plugin_is_told_and_a_failing_one_only_once() -> None:
    told: list[JobEvent] = []
    host = PluginHost()
    host.register("bad", plugin(ffx_job_event=failing("event")))
    host.register("good", plugin(ffx_job_event=lambda event: told.extend([event])))
    host.job_event(EVENT, Configuration())
    assert record(host, "bad").error == "ffx_job_event: RuntimeError: out of order"
    host.job_event(EVENT, Configuration())
    assert told == [EVENT, EVENT]
