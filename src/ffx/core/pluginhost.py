"""Finds, loads, blocks and lists plugins, one by one, so that a broken one never stops the others."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from importlib import metadata
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy
from attrs import evolve, frozen

from ffx.core import hookspecs
from ffx.core.detector import Detector
from ffx.core.encoders import EncoderSpec
from ffx.core.errors import PluginError
from ffx.core.policy import SchedulingPolicy
from ffx.core.profiles import Profile
from ffx.core.registry import Registry
from ffx.core.transport import Transport
from ffx.core.ui import UserInterface, Window

if TYPE_CHECKING:
    import click

    from ffx.core.configuration import Configuration
    from ffx.core.events import JobEvent
    from ffx.core.model import JobConfiguration

ENTRY_POINT_GROUP = "ffx"
OWN_DISTRIBUTION = "ffmpeg-easy"

T = TypeVar("T")


class PluginState(StrEnum):
    ACTIVE = "active"
    BLOCKED = "blocked"
    BROKEN = "broken"


@frozen
class PluginRecord:
    """One plugin as ``ffx plugins`` lists it."""

    name: str
    distribution: str = ""
    version: str = ""
    hooks: tuple[str, ...] = ()
    state: PluginState = PluginState.ACTIVE
    error: str = ""


class PluginHost:
    """All plugins of one process. Made by whoever assembles the program; there is no global one."""

    def __init__(self, *, blocked: Iterable[str] = ()) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._blocked = frozenset(blocked)
        self._records: dict[str, PluginRecord] = {}

    # -- Loading ----------------------------------------------------------------------------------------

    def load_entry_points(self) -> None:
        """Load every plugin of the group ``ffx``. Of two with one name neither is loaded: both are listed as broken."""
        found: dict[str, list[metadata.EntryPoint]] = {}
        for entry_point in metadata.entry_points(group=ENTRY_POINT_GROUP):
            found.setdefault(entry_point.name, []).append(entry_point)
        describe = functools.cache(_distribution)  # reading all that a distribution says of itself takes a millisecond
        for name, entry_points in found.items():
            self._load(name, [(entry_point, *describe(entry_point.dist)) for entry_point in entry_points])

    def _load(self, name: str, entry_points: Sequence[tuple[metadata.EntryPoint, str, str]]) -> None:
        """Each with the name and the version of its distribution."""
        entry_point, distribution, version = entry_points[0]
        record = PluginRecord(name, distribution, version)
        if name in self._blocked:
            self._records[name] = evolve(record, state=PluginState.BLOCKED)
            return
        if len(entry_points) > 1:
            rivals = sorted(f"{whose} ({rival.value})" for rival, whose, _ in entry_points)
            error = f"the plugin name {name!r} is taken more than once, so none is loaded: {', '.join(rivals)}"
            self._records[name] = evolve(record, state=PluginState.BROKEN, error=error)
            return
        try:
            plugin = entry_point.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's module may raise anything or leave
            self._records[name] = evolve(record, state=PluginState.BROKEN, error=_one_line(error))
            return
        self.register(name, plugin, distribution=distribution, version=version)

    def register(self, name: str, plugin: object, *, distribution: str = "", version: str = "") -> None:
        """Add a plugin object directly. One that does not fit the hooks is listed as broken, not raised."""
        record = PluginRecord(name, distribution, version)
        if name in self._blocked:
            self._records[name] = evolve(record, state=PluginState.BLOCKED)
            return
        try:
            hash(plugin)  # pluggy keeps plugins in sets: one that cannot be hashed would break the calls of all
            self._manager.register(plugin, name=name)
            self._check_hooks(plugin)
        except Exception as error:  # noqa: BLE001 - whatever a stranger's object does to pluggy, the others go on
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            self._records[name] = evolve(record, state=PluginState.BROKEN, error=_one_line(error))
            return
        hooks = tuple(sorted(caller.name for caller in self._manager.get_hookcallers(plugin) or ()))
        self._records[name] = evolve(record, hooks=hooks)

    def _check_hooks(self, plugin: object) -> None:
        known = {name for name in vars(hookspecs) if name.startswith("ffx_")}
        unknown = sorted(
            caller.name
            for caller in self._manager.get_hookcallers(plugin) or ()
            for implementation in caller.get_hookimpls()
            if caller.name not in known and implementation.plugin is plugin and not implementation.optionalhook
        )
        if unknown:
            raise PluginError(f"unknown hook {', '.join(unknown)}; the hooks are: {', '.join(sorted(known))}")

    # -- What there is ----------------------------------------------------------------------------------

    def records(self) -> tuple[PluginRecord, ...]:
        """Every plugin that was found, by name."""
        return tuple(self._records[name] for name in sorted(self._records))

    def encoders(self) -> Registry[EncoderSpec]:
        return self._registry("encoder", "ffx_register_encoders", EncoderSpec, lambda spec: spec.name)

    def detectors(self) -> Registry[Detector]:
        return self._registry("detector", "ffx_register_detectors", Detector, lambda detector: detector.name)

    def transports(self) -> Registry[Transport]:
        return self._registry("transport", "ffx_register_transports", Transport, lambda transport: transport.scheme)

    def policies(self) -> Registry[SchedulingPolicy]:
        return self._registry("policy", "ffx_register_policies", SchedulingPolicy, lambda policy: policy.name)

    def uis(self) -> Registry[UserInterface]:
        return self._registry("front end", "ffx_register_uis", UserInterface, lambda ui: ui.name)

    def windows(self) -> Registry[Window]:
        return self._registry("window", "ffx_register_windows", Window, lambda window: window.name)

    def profiles(self) -> Registry[Profile]:
        return self._registry("profile", "ffx_register_profiles", Profile, lambda profile: profile.name)

    def commands(self) -> Registry[click.Command]:
        return self._registry("command", "ffx_register_commands", object, lambda command: command.name)

    def _registry(self, noun: str, hook: str, kind: type[Any], name_of: Callable[[Any], str]) -> Registry[Any]:
        """What every plugin answered. A plugin whose answer does not fit is listed as broken and adds nothing."""
        registry: Registry[Any] = Registry(noun)
        for plugin_name, answer in self._call_each(hook):
            try:
                named = [(name_of(_checked(value, kind)), value) for value in answer]
                registry.add_all(named, plugin=plugin_name, distribution=self._records[plugin_name].distribution)
            except Exception as error:  # noqa: BLE001 - whatever a plugin returned, the others go on
                self._mark_broken(plugin_name, error, hook)
        return registry

    # -- Calling hooks one plugin at a time -------------------------------------------------------------

    def modify_command(self, job: JobConfiguration, argv: tuple[str, ...]) -> tuple[str, ...]:
        """The argv after every plugin had its say: the built-in ones, then the others, each by name.

        Raises:
            PluginError: a plugin failed; running the command without its change could be wrong.
        """
        for name in self._active("ffx_modify_command"):
            hook = self._only(name, "ffx_modify_command")
            try:
                answers = hook(job=job, argv=argv)
            except Exception as error:
                raise PluginError(f"plugin {name!r} failed in ffx_modify_command: {_one_line(error)}") from error
            if answers:
                argv = _argv(name, answers[0])
        return argv

    def job_event(self, event: JobEvent, configuration: Configuration) -> None:
        """Tell every plugin; one that fails is listed as broken and not told again."""
        for _ in self._call_each("ffx_job_event", event=event, configuration=configuration):
            pass

    def _call_each(self, hook: str, **arguments: object) -> Iterable[tuple[str, Any]]:
        for name in self._active(hook):
            try:
                answers = self._only(name, hook)(**arguments)
            except Exception as error:  # noqa: BLE001 - attributed to its plugin, the others go on
                self._mark_broken(name, error, hook)
                continue
            for answer in answers:
                yield name, answer

    def _active(self, hook: str) -> tuple[str, ...]:
        """Built-in plugins first: where a stranger's name clashes with theirs, it is the stranger that loses."""
        active = [r for r in self._records.values() if r.state is PluginState.ACTIVE and hook in r.hooks]
        return tuple(r.name for r in sorted(active, key=lambda r: (r.distribution != OWN_DISTRIBUTION, r.name)))

    def _only(self, name: str, hook: str) -> pluggy.HookCaller:
        plugin = self._manager.get_plugin(name)
        others = [other for other in self._manager.get_plugins() if other is not plugin]
        return self._manager.subset_hook_caller(hook, others)

    def _mark_broken(self, name: str, error: Exception, hook: str) -> None:
        message = f"{hook}: {_one_line(error)}"
        self._records[name] = evolve(self._records[name], state=PluginState.BROKEN, error=message)


def _checked(value: Any, kind: type[Any]) -> Any:
    if not isinstance(value, kind):
        raise PluginError(f"{value!r} is not a {kind.__name__}")
    return value


def _argv(plugin: str, answer: Any) -> tuple[str, ...]:
    if not isinstance(answer, (tuple, list)) or not all(isinstance(word, str) for word in answer):
        raise PluginError(f"plugin {plugin!r} failed in ffx_modify_command: its answer is not a tuple of texts")
    return tuple(answer)


def _distribution(distribution: metadata.Distribution | None) -> tuple[str, str]:
    """Its name and version."""
    if distribution is None:
        return "", ""
    described = distribution.metadata
    return described["Name"], described["Version"]


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
