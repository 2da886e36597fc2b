"""Keeps what searches for a quality measured, so that the same film is not searched twice for the same recipe."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from ffx.core.errors import DecodeError
from ffx.core.plain import from_plain, to_plain
from ffx.core.private_files import replace_privately
from ffx.core.recipe import Recipe
from ffx.core.targets import Metric
from ffx.media.quality_search import Probe
from ffx.media.samples import sample_recipe

MOST = 1000
"""Searches that are kept; the oldest go first."""
_LAYOUT = 1
"""Goes up when what a probe measures, or the pieces of a film that are looked at, change."""

log = logging.getLogger(__name__)


@frozen
class _Search:
    key: str
    probes: tuple[Probe, ...]


class ProbeCache:
    """One file. A file that cannot be read or written costs time, nothing more."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "probes.json"
        self._turn = asyncio.Lock()

    async def find(self, key: str) -> tuple[Probe, ...]:
        """The probes of an earlier search, or none."""
        searches = await asyncio.to_thread(self._read)
        return next((search.probes for search in searches if search.key == key), ())

    async def add(self, key: str, probes: Sequence[Probe]) -> None:
        """Remember the probes of a search, instead of those that were known of it."""
        async with self._turn:
            await asyncio.to_thread(self._add, key, tuple(probes))

    def _add(self, key: str, probes: tuple[Probe, ...]) -> None:
        others = [search for search in self._read() if search.key != key]
        searches = [*others[-(MOST - 1) :], _Search(key, probes)]
        try:
            replace_privately(self.file, json.dumps(to_plain(searches), separators=(",", ":")).encode())
        except OSError as error:
            log.warning("%s cannot be written: %s", self.file, error)

    def _read(self) -> list[_Search]:
        try:
            return [from_plain(plain, _Search) for plain in json.loads(self.file.read_bytes())]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError, DecodeError, RecursionError) as error:
            log.warning("%s cannot be read, searches begin anew: %s", self.file, error)
            return []


def search_key(fingerprint: str, digests: Sequence[str], recipe: Recipe, metric: Metric) -> str:
    """What the probes of a search depend on: FFmpeg, the bytes of all files, what is done to the picture, the metric.
    What is wanted is not among it: a search for VMAF 95 knows what one for 90 measured.
    """
    picture = to_plain(sample_recipe(recipe, recipe.trim, None))
    facts: list[Any] = [_LAYOUT, fingerprint, list(digests), picture, metric.value]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
