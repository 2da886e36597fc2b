"""``python -m ffx``."""

from ffx.cli.main import run

run()
