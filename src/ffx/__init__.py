"""ffx: one encoding farm out of every machine that has FFmpeg.

A plugin needs only ``from ffx import hookimpl``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ffx.core.hookspecs import hookimpl

__all__ = ["__version__", "hookimpl"]


def __getattr__(name: str) -> Any:
    # Resolved when asked for: ``ffx --version`` must not pay for pluggy or for reading metadata twice.
    if name == "hookimpl":
        from ffx.core.hookspecs import hookimpl

        return hookimpl
    if name == "__version__":
        from importlib.metadata import version

        return version("ffmpeg-easy")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
