"""Every hook of ffx. A plugin is a module with functions of these names, marked ``@hookimpl``, that is named in
the entry-point group ``ffx`` of its distribution.

The ``ffx_register_...`` hooks return lists of objects and do nothing else: no I/O, no threads, no import of
anything slow that the objects can import when they are used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import click

    from ffx.core.configuration import Configuration
    from ffx.core.detector import Detector
    from ffx.core.encoders import EncoderSpec
    from ffx.core.events import JobEvent
    from ffx.core.model import JobConfiguration
    from ffx.core.policy import SchedulingPolicy
    from ffx.core.profiles import Profile
    from ffx.core.transport import Transport
    from ffx.core.ui import UserInterface, Window

PROJECT = "ffx"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


# -- Registration: called when the first of its kind is needed ----------------------------------------------


@hookspec
def ffx_register_detectors() -> Sequence[Detector]:  # type: ignore[empty-body]
    """Return the detectors of hardware families."""


@hookspec
def ffx_register_encoders() -> Sequence[EncoderSpec]:  # type: ignore[empty-body]
    """Return what is known of encoders. A name that two plugins register is an error that names both."""


@hookspec
def ffx_register_transports() -> Sequence[Transport]:  # type: ignore[empty-body]
    """Return transports, each for one scheme of address."""


@hookspec
def ffx_register_policies() -> Sequence[SchedulingPolicy]:  # type: ignore[empty-body]
    """Return scheduling policies; ``[policy] name`` in the configuration chooses one."""


@hookspec
def ffx_register_uis() -> Sequence[UserInterface]:  # type: ignore[empty-body]
    """Return front ends that follow jobs."""


@hookspec
def ffx_register_windows() -> Sequence[Window]:  # type: ignore[empty-body]
    """Return windows; ``ffx gui`` opens one."""


@hookspec
def ffx_register_profiles() -> Sequence[Profile]:  # type: ignore[empty-body]
    """Return named recipes."""


@hookspec
def ffx_register_commands() -> Sequence[click.Command]:  # type: ignore[empty-body]
    """Return further commands of ``ffx``. A built-in command cannot be replaced."""


# -- A job's way: called on the server, before FFmpeg runs --------------------------------------------------


@hookspec
def ffx_modify_command(job: JobConfiguration, argv: tuple[str, ...]) -> tuple[str, ...] | None:
    """Called before FFmpeg is started for a job. Return a changed argv, or None to leave it as it is.

    Plugins are called one after the other, each with the answer of the one before.
    """


# -- A job's way: called on the client ----------------------------------------------------------------------


@hookspec
def ffx_job_event(event: JobEvent, configuration: Configuration) -> None:
    """Called when something happened to a job, with the configuration in force. Must return at once: hand slow work to
    a thread. As with every hook, an implementation names only the arguments that it needs.
    """
