"""What is found out about a source before it is encoded, where a recipe leaves it to the server."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from ffx.core.edits import Crop
from ffx.media.sound import Loudness


@frozen
class Findings:
    """What FFmpeg saw and heard in the source."""

    crop: Crop | None = None
    """What is left of the picture without black edges; None: there are none, or nobody asked."""
    interlaced: bool = False
    loudness: Mapping[int, Loudness] = field(factory=dict)
    """Of the sounds that are brought to one, by their places in the output."""
