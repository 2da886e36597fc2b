"""Finds, loads, blocks and lists plugins, one by one, so that a broken one never stops the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from importlib import metadata
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy
from attrs import evolve, frozen

from ffx.core import hookspecs
from ffx.core.errors import PluginError
from ffx.core.registry import Registry

if TYPE_CHECKING:
    import click

    from ffx.core.detector import Detector
    from ffx.core.encoders import EncoderSpec
    from ffx.core.events import JobEvent
    from ffx.core.model import JobConfiguration
    from ffx.core.policy import SchedulingPolicy
    from ffx.core.recipe import Recipe
    from ffx.core.transport import Transport
    from ffx.core.ui import UserInterface

ENTRY_POINT_GROUP = "ffx"

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
            same_name = found.setdefault(entry_point.name, [])
            if entry_point not in same_name:
                same_name.append(entry_point)
        for name, entry_points in found.items():
            self._load(name, entry_points)

    def _load(self, name: str, entry_points: Sequence[metadata.EntryPoint]) -> None:
        record = _describe(entry_points[0])
        if name in self._blocked:
            self._records[name] = evolve(record, state=PluginState.BLOCKED)
            return
        distributions = sorted({_describe(e).distribution or e.value for e in entry_points})
        if len(distributions) > 1:
            error = f"the plugin name {name!r} is taken by more than one distribution: {', '.join(distributions)}"
            self._records[name] = evolve(record, state=PluginState.BROKEN, error=error)
            return
        try:
            plugin = entry_points[0].load()
        except Exception as error:  # noqa: BLE001 - a stranger's module may raise anything, and is only reported
            self._records[name] = evolve(record, state=PluginState.BROKEN, error=_one_line(error))
            return
        self.register(name, plugin, distribution=record.distribution, version=record.version)

    def register(self, name: str, plugin: object, *, distribution: str = "", version: str = "") -> None:
        """Add a plugin object directly. One that does not fit the hooks is listed as broken, not raised."""
        record = PluginRecord(name, distribution, version)
        if name in self._blocked:
            self._records[name] = evolve(record, state=PluginState.BLOCKED)
            return
        try:
            self._manager.register(plugin, name=name)
            self._check_hooks(plugin)
        except (pluggy.PluginValidationError, ValueError, PluginError) as error:
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            self._records[name] = evolve(record, state=PluginState.BROKEN, error=_one_line(error))
            return
        hooks = tuple(sorted(caller.name for caller in self._manager.get_hookcallers(plugin) or ()))
        self._records[name] = evolve(record, hooks=hooks)

    def _check_hooks(self, plugin: object) -> None:
        known = {name for name in vars(hookspecs) if name.startswith("ffx_")}
        unknown = sorted(
            caller.name for caller in self._manager.get_hookcallers(plugin) or () if caller.name not in known
        )
        if unknown:
            raise PluginError(f"unknown hook {', '.join(unknown)}; the hooks are: {', '.join(sorted(known))}")

    # -- What there is ----------------------------------------------------------------------------------

    def records(self) -> tuple[PluginRecord, ...]:
        """Every plugin that was found, by name."""
        return tuple(self._records[name] for name in sorted(self._records))

    def encoders(self) -> Registry[EncoderSpec]:
        return self._registry("encoder", "ffx_register_encoders", lambda spec: spec.name)

    def detectors(self) -> Registry[Detector]:
        return self._registry("detector", "ffx_register_detectors", lambda detector: detector.name)

    def transports(self) -> Registry[Transport]:
        return self._registry("transport", "ffx_register_transports", lambda transport: transport.scheme)

    def policies(self) -> Registry[SchedulingPolicy]:
        return self._registry("policy", "ffx_register_policies", lambda policy: policy.name)

    def uis(self) -> Registry[UserInterface]:
        return self._registry("front end", "ffx_register_uis", lambda ui: ui.name)

    def profiles(self) -> Registry[Recipe]:
        named: Registry[tuple[str, Recipe]] = self._registry("profile", "ffx_register_profiles", lambda pair: pair[0])
        recipes: Registry[Recipe] = Registry("profile")
        for name, (_, recipe) in named.items():
            origin = named.origin(name)
            recipes.add(name, recipe, plugin=origin.plugin, distribution=origin.distribution)
        return recipes

    def commands(self) -> Registry[click.Command]:
        return self._registry("command", "ffx_register_commands", lambda command: command.name or "")

    def _registry(self, kind: str, hook: str, name_of: Callable[[Any], str]) -> Registry[Any]:
        registry: Registry[Any] = Registry(kind)
        for plugin_name, answer in self._call_each(hook):
            record = self._records[plugin_name]
            try:
                for value in answer:
                    registry.add(name_of(value), value, plugin=plugin_name, distribution=record.distribution)
            except Exception as error:  # noqa: BLE001 - whatever a plugin returned, the others go on
                self._mark_broken(plugin_name, error, hook)
        return registry

    # -- Calling hooks one plugin at a time -------------------------------------------------------------

    def modify_command(self, job: JobConfiguration, argv: tuple[str, ...]) -> tuple[str, ...]:
        """The argv after every plugin had its say, in the order of their names.

        Raises:
            PluginError: a plugin failed; running the command without its change could be wrong.
        """
        for name in sorted(self._active("ffx_modify_command")):
            hook = self._only(name, "ffx_modify_command")
            try:
                answers = hook(job=job, argv=argv)
            except Exception as error:
                raise PluginError(f"plugin {name!r} failed in ffx_modify_command: {_one_line(error)}") from error
            if answers:
                argv = tuple(answers[0])
        return argv

    def job_event(self, event: JobEvent) -> None:
        """Tell every plugin; one that fails is listed as broken and not told again."""
        for _ in self._call_each("ffx_job_event", event=event):
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
        return tuple(
            sorted(r.name for r in self._records.values() if r.state is PluginState.ACTIVE and hook in r.hooks)
        )

    def _only(self, name: str, hook: str) -> pluggy.HookCaller:
        plugin = self._manager.get_plugin(name)
        others = [other for other in self._manager.get_plugins() if other is not plugin]
        return self._manager.subset_hook_caller(hook, others)

    def _mark_broken(self, name: str, error: Exception, hook: str) -> None:
        message = f"{hook}: {_one_line(error)}"
        self._records[name] = evolve(self._records[name], state=PluginState.BROKEN, error=message)


def _describe(entry_point: metadata.EntryPoint) -> PluginRecord:
    distribution = entry_point.dist
    if distribution is None:
        return PluginRecord(entry_point.name)
    return PluginRecord(entry_point.name, distribution.name, distribution.version)


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
