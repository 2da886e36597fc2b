"""Puts the program together: folders, configuration, plugins, and what they registered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import asdict, frozen

from ffx.cli.settings import Source, load_configuration, plugin_settings, policy_settings
from ffx.core.configuration import Configuration
from ffx.core.encoders import EncoderSpec
from ffx.core.folders import Folders, folders
from ffx.core.pluginhost import PluginHost, PluginRecord
from ffx.core.policy import SchedulingPolicy
from ffx.core.transport import Transport


@frozen
class Assembly:
    """One process's ffx."""

    folders: Folders
    source: Source
    plugins: PluginHost

    @property
    def configuration(self) -> Configuration:
        """The file's; what a command needs of it is resolved by ``ffx.cli.settings``."""
        return self.source.file

    @property
    def environment(self) -> Mapping[str, str]:
        return self.source.environment

    def ffmpeg(self) -> Path:
        """The FFmpeg of this machine. Raises FfmpegNotFound."""
        from ffx.media.locate import locate_ffmpeg

        return locate_ffmpeg(self.configuration.ffmpeg.path, self.environment)

    def specs(self) -> Mapping[str, EncoderSpec]:
        return self.plugins.encoders()

    def transport(self, scheme: str) -> Transport:
        """Raises UsageError when no plugin has a transport of that scheme."""
        return self.plugins.transports().find(scheme)

    def every_plugin(self) -> tuple[PluginRecord, ...]:
        """All plugins, after each registration hook was called once: one that breaks there is listed as broken."""
        host = self.plugins
        registries = (host.detectors, host.encoders, host.transports, host.policies, host.uis, host.windows)
        for register in (*registries, host.profiles):
            register()
        host.commands()
        return host.records()

    def policy(self) -> SchedulingPolicy:
        """The policy that was chosen, with its settings. Raises UsageError or ConfigurationError."""
        settings = policy_settings(self.source)
        return self.plugins.policies().find(settings.name).configured(asdict(settings))


def assemble(
    environment: Mapping[str, str],
    *,
    options: Mapping[str, str | None] | None = None,
    configuration: Configuration | None = None,
) -> Assembly:
    """Read the configuration (unless it is given) and load the plugins; ``options`` are those of the command line.

    Raises:
        ConfigurationError: a value of the file or the environment does not fit.
    """
    options = dict(options or {})
    own_folders = folders(environment)
    if configuration is None:
        configuration = load_configuration(options.get("--config"), environment, own_folders)
    source = Source(options, environment, configuration)
    plugins = PluginHost(blocked=plugin_settings(source).disabled)
    plugins.load_entry_points()
    return Assembly(own_folders, source, plugins)
