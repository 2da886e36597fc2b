"""Profiles: recipes with names."""

from __future__ import annotations

import re

from attrs import field, frozen

from ffx.core.errors import ConfigurationError
from ffx.core.recipe import Recipe
from ffx.core.text import brief

_NAME = "[a-z0-9][a-z0-9-]{0,59}"


@frozen
class Profile:
    """A recipe with a name."""

    name: str = field()
    recipe: Recipe
    description: str = ""

    @name.validator
    def _plain_name(self, attribute: object, value: str) -> None:
        check_profile_name(value)


def check_profile_name(name: str) -> None:
    """Raises ConfigurationError: it could not be the name of a file everywhere."""
    if not re.fullmatch(_NAME, name):
        raise ConfigurationError(
            f"{brief(name)!r} is no name for a profile: small letters, digits and hyphens make one"
        )
