"""Names of registered objects, each with the plugin it came from. A clash of names is told with both plugins."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from attrs import frozen

from ffx.core.errors import PluginError, UsageError

T = TypeVar("T")


@frozen
class Registered(Generic[T]):
    """An object with its origin."""

    value: T
    plugin: str
    distribution: str = ""


class Registry(Mapping[str, T], Generic[T]):
    """Objects by name; reads like a dictionary of the objects themselves."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, Registered[T]] = {}

    def add(self, name: str, value: T, *, plugin: str, distribution: str = "") -> None:
        """Register an object.

        Raises:
            PluginError: the name is taken; the message names both plugins.
        """
        self.add_all([(name, value)], plugin=plugin, distribution=distribution)

    def add_all(self, named: Sequence[tuple[str, T]], *, plugin: str, distribution: str = "") -> None:
        """Register all of a plugin's objects, or none.

        Raises:
            PluginError: a name is taken, by another plugin or twice by this one; the message names both.
        """
        new: dict[str, Registered[T]] = {}
        for name, value in named:
            taken = self._entries.get(name) or new.get(name)
            if taken is not None:
                raise PluginError(
                    f"the {self.kind} {name!r} of plugin {plugin!r} is registered already by plugin {taken.plugin!r}"
                )
            new[name] = Registered(value, plugin, distribution)
        self._entries.update(new)

    def origin(self, name: str) -> Registered[T]:
        """The entry with its plugin. Raises KeyError."""
        return self._entries[name]

    def find(self, name: str) -> T:
        """The object of that name.

        Raises:
            UsageError: there is none; the message suggests the nearest names.
        """
        if name in self._entries:
            return self._entries[name].value
        raise UsageError(f"unknown {self.kind} {name!r}{suggestion(name, self._entries)}")

    def __getitem__(self, name: str) -> T:
        return self._entries[name].value

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def suggestion(name: str, known: Mapping[str, object] | list[str] | tuple[str, ...]) -> str:
    """``; did you mean 'libx264' or 'libx265'?``, or nothing when no name is near."""
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(repr(word) for word in near)}?" if near else ""
