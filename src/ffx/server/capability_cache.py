"""Keeps what the trials said in a file, for as long as FFmpeg, the drivers and the plugins are the same."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from attrs import frozen

from ffx.core.detector import Detector, Device
from ffx.core.encoders import EncoderSpec
from ffx.core.errors import DecodeError
from ffx.core.model import EncoderReport
from ffx.core.plain import from_plain, to_plain
from ffx.core.private_files import replace_privately
from ffx.core.registry import Registry
from ffx.media.build import BuildIdentity, FfmpegBuild, ListedEncoder

_LAYOUT = 1
"""Goes up when the file's layout or the meaning of an answer changes."""

_DISTRIBUTION = "ffmpeg-easy"

_log = logging.getLogger(__name__)


@frozen
class FamilyDevices:
    """The devices that one detector named."""

    detector: str
    devices: tuple[Device, ...] = ()


@frozen
class Remembered:
    """What a file holds."""

    version: str
    encoders: tuple[ListedEncoder, ...]
    muxers: tuple[str, ...]
    families: tuple[FamilyDevices, ...]
    reports: tuple[EncoderReport, ...]
    generic: tuple[EncoderSpec, ...]
    """Specs that were made from FFmpeg's own words."""
    measured: tuple[str, ...]
    """Encoders whose speed and largest resolution were measured, whatever came out."""


class CapabilityCache:
    """One file for each FFmpeg program in a folder. A file that is damaged or of another time is as good as none."""

    def __init__(
        self, folder: Path, ffmpeg: Path, detectors: Mapping[str, Detector], specs: Mapping[str, EncoderSpec]
    ) -> None:
        name = hashlib.sha256(os.fsencode(ffmpeg.absolute())).hexdigest()[:16]
        self.file = folder / f"capabilities-{name}.json"
        self._plugins = _plugins(detectors, specs)

    def key(self, identity: BuildIdentity, drivers: tuple[str, ...]) -> str:
        """What answers depend on: FFmpeg with its libraries, drivers and devices, plugins with their versions."""
        facts = json.dumps([_LAYOUT, identity.fingerprint, drivers, self._plugins])
        return hashlib.sha256(facts.encode()).hexdigest()

    def load(self, key: str) -> Remembered | None:
        """What is remembered under the key, or None."""
        try:
            content = json.loads(self.file.read_bytes())
            if content["key"] != key:
                return None
            remembered: Remembered = from_plain(content["remembered"], Remembered)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, DecodeError, RecursionError) as error:
            _log.warning("%s cannot be read, encoders are tried again: %s", self.file, error)
            return None
        return remembered

    def save(self, key: str, remembered: Remembered) -> None:
        """Replace the file as a whole. A folder that cannot be written costs time at the next start, nothing more."""
        try:
            content = json.dumps({"key": key, "remembered": to_plain(remembered)}, separators=(",", ":"))
            replace_privately(self.file, content.encode())
        except OSError as error:
            _log.warning("%s cannot be written: %s", self.file, error)


def remember(
    build: FfmpegBuild,
    devices: Mapping[str, tuple[Device, ...]],
    reports: tuple[EncoderReport, ...],
    generic: Mapping[str, EncoderSpec],
    measured: frozenset[str],
) -> Remembered:
    """What is worth keeping, in the form of the file."""
    return Remembered(
        version=build.version,
        encoders=build.encoders,
        muxers=build.muxers,
        families=tuple(FamilyDevices(name, found) for name, found in sorted(devices.items())),
        reports=reports,
        generic=tuple(generic.values()),
        measured=tuple(sorted(measured)),
    )


def _plugins(detectors: Mapping[str, Detector], specs: Mapping[str, EncoderSpec]) -> list[Any]:
    """The distributions behind the detectors and specs with their versions, and a digest of the specs themselves."""
    distributions = {_DISTRIBUTION}
    for registry in (detectors, specs):
        if isinstance(registry, Registry):
            distributions |= {registry.origin(name).distribution for name in registry}
    versions = sorted((name, _version(name)) for name in distributions if name)
    # A plugin that is being written changes without its version.
    digest = hashlib.sha256(repr([specs[name] for name in sorted(specs)]).encode()).hexdigest()
    return [versions, sorted(detectors), digest]


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
