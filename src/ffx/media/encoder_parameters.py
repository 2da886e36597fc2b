"""What goes into the parameters of an encoder's library: a level, and the static metadata of HDR10.

Of several ``-x265-params`` FFmpeg takes the last alone. So those of a person are joined with these: they come last and
win.
"""

from __future__ import annotations

from ffx.core.recipe import Recipe
from ffx.media.arguments import Arguments, Option
from ffx.media.first_frame import MasteringDisplay
from ffx.media.probe import StreamInfo

_OPTIONS = {"libx265": "x265-params", "libsvtav1": "svtav1-params"}


def parameters_of(recipe: Recipe, film: StreamInfo | None, arguments: Arguments) -> tuple[tuple[str, ...], Arguments]:
    """The option with all parameters, and the person's arguments without those that went into it."""
    option = _OPTIONS.get(recipe.encoder, "")
    ours = _parameters(recipe, film)
    if not option or not ours:
        return (), arguments

    def is_it(one: Option) -> bool:
        return one.name == option

    theirs = [one.value for one in arguments.options if is_it(one) and one.value]
    return (f"-{option}", ":".join([*ours, *theirs[-1:]])), arguments.without(is_it)


def _parameters(recipe: Recipe, film: StreamInfo | None) -> list[str]:
    parameters = []
    if recipe.encoder == "libx265" and recipe.level:
        parameters.append(f"level-idc={recipe.level}")
    if film is None or film.color_transfer != "smpte2084" or recipe.picture.tone_map:
        return parameters
    if recipe.encoder == "libx265":
        # FFmpeg before 7.1 does not hand on what frames say of it.
        parameters += ["hdr10=1", "repeat-headers=1"]
    display, light = film.mastering_display, film.content_light
    if display is not None:
        name = "master-display" if recipe.encoder == "libx265" else "mastering-display"
        parameters.append(f"{name}={_display(display, fractions=recipe.encoder != 'libx265')}")
    if len(light) == 2:
        name = "max-cll" if recipe.encoder == "libx265" else "content-light"
        parameters.append(f"{name}={light[0]},{light[1]}")
    return parameters


def _display(display: MasteringDisplay, *, fractions: bool) -> str:
    """``G(x,y)B(x,y)R(x,y)WP(x,y)L(most,least)``: libx265 counts in the units of the message."""

    def pair(values: tuple[int, ...], unit: int) -> str:
        return ",".join(f"{value / unit:.4f}" if fractions else str(value) for value in values[:2])

    points = (("G", display.green), ("B", display.blue), ("R", display.red), ("WP", display.white))
    luminance = pair((display.most, display.least), 10000)
    return "".join(f"{name}({pair(point, 50000)})" for name, point in points) + f"L({luminance})"
