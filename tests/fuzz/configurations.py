"""The reader of configuration files."""

from __future__ import annotations

from ffx.core.configuration import read_configuration, read_toml
from ffx.core.errors import ConfigurationError
from tests.fuzz.mutations import damaged
from tests.fuzz.target import Target, is_one_line

FILES = (
    '[serve]\nhost = "0.0.0.0"\nport = 8765\nmax_jobs = 2\nmax_file_size = "10GB"\nlog_level = "INFO"\n',
    '[serve]\nname = "studio"\ntemp_dir = "/var/tmp"\ndisk_reserve = "512MiB"\nkeep_results = 86400.0\n',
    "[farm]\nheartbeat = 5.0\nsuspect_after = 2\nlost_after = 6\npatience = 600\n",
    '[policy]\nname = "weighted"\n[policy.weights]\nload = 0.2\n[policy.preferences]\nlibx264 = 0.5\n',
    '[ffmpeg]\npath = "/usr/bin/ffmpeg"\n[submit]\nlocal = "auto"\n[plugins]\ndisabled = ["nvidia", "amd"]\n',
)


def check(text: str) -> None:
    """It is a configuration, or is refused in a line that names the file."""
    try:
        read_configuration(read_toml(text, origin="ffx.toml"), origin="ffx.toml")
    except ConfigurationError as error:
        assert str(error).startswith("ffx.toml: "), repr(str(error))
        assert is_one_line(str(error)), repr(str(error))


TARGET = Target("configurations", damaged(FILES), check)
