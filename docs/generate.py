"""``make docs``: writes the generated pages anew."""

from __future__ import annotations

from pathlib import Path

from ffx.cli.recipe_reference import recipe_page
from ffx.cli.reference import commands_page

REFERENCE = Path(__file__).resolve().parent / "reference"

if __name__ == "__main__":
    (REFERENCE / "commands.md").write_text(commands_page(), encoding="utf-8")
    (REFERENCE / "recipe.md").write_text(recipe_page(), encoding="utf-8")
