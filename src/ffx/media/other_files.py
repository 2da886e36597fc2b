"""The files of a job besides its input: what its arguments and filters name, and where FFmpeg finds it.

FFmpeg is given names that ffx made. A second input, and subtitles to burn in, are opened by libavformat, which decides
by the content what to do with them: those are looked at first, and what was found is what may be opened. All other
kinds (colour tables, curves, fonts, the ASS that libass reads) have a reader of their own that opens nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from attrs import frozen

from ffx.core.errors import RecipeError
from ffx.core.model import OtherFile
from ffx.core.recipe import Recipe
from ffx.media.allowed.filtering import files_of
from ffx.media.allowed.graph import read_graph
from ffx.media.allowed.sink import files_of_choices
from ffx.media.arguments import Arguments, read_arguments

if TYPE_CHECKING:  # it brings PyAV, which a server at rest can do without
    from ffx.media.probe import MediaInfo, PacketCounts

MOST = 16
"""Other files of one job."""
LONGEST_NAME = 1000
"""Characters of a name as it is written."""

_OPENED_BY_LIBAVFORMAT = ("-i", "subtitles")
_TABLES = frozenset({".3dl", ".csp", ".cube", ".dat", ".m3d"})
"""Suffixes by which FFmpeg tells colour tables apart (libavfilter/vf_lut3d.c). No other file keeps its suffix."""


@frozen
class Named:
    """A file that is named somewhere."""

    name: str
    """As it is written."""
    use: str
    """``-i``, or the name of the filter."""

    @property
    def is_looked_at(self) -> bool:
        """Whether FFmpeg decides by its content how it is read."""
        return self.use in _OPENED_BY_LIBAVFORMAT


@frozen
class PlacedFile:
    """An other file as FFmpeg gets it."""

    name: str
    """As it is written in the recipe."""
    place: str
    """As FFmpeg is to open it."""
    media: MediaInfo | None = None
    """What it is, where it was looked at."""
    packets: PacketCounts | None = None
    """What it really holds, where it was read."""


def named_files(recipe: Recipe) -> tuple[Named, ...]:
    """Every file that a recipe names, in its order. Pure."""
    arguments = read_arguments(recipe.ffmpeg_args)
    choices = (Named(name, "-i") for name in files_of_choices(recipe))
    inputs = (Named(option.value or "", "-i") for option in arguments.inputs if option.name == "i")
    in_graphs = (named for graph in (*recipe.filters, *arguments.graphs) for named in _in_graph(graph))
    return tuple(dict.fromkeys((*choices, *inputs, *in_graphs)))


def files_looked_at(recipe: Recipe) -> frozenset[str]:
    """The names of the other files that are to be examined before FFmpeg sees them."""
    return frozenset(each.name for each in named_files(recipe) if each.is_looked_at)


def place_names(files: Sequence[OtherFile], folder: str) -> dict[str, str]:
    """The names under which a server keeps other files, below ``folder``, from those that are written."""
    return {file.name: f"{folder}/{number}{_suffix(file.name)}" for number, file in enumerate(files, 1)}


def check_other_files(files: Sequence[OtherFile]) -> None:
    """Whether these can be the other files of a job.

    Raises:
        RecipeError: there are too many, two of one name, or one whose name or size cannot be.
    """
    if len(files) > MOST:
        raise RecipeError(f"{len(files)} other files are too many; a job has at most {MOST}")
    if len({file.name for file in files}) < len(files):
        raise RecipeError("two of the other files have one name")
    for file in files:
        if not 0 < len(file.name) <= LONGEST_NAME or "\0" in file.name:
            raise RecipeError(f"the name of an other file has 1 to {LONGEST_NAME} characters")
        if file.size < 1:
            raise RecipeError(f"{file.name[:60]!r} is empty")


def check_inputs(arguments: Arguments) -> None:
    """Whether something becomes of the further inputs.

    Raises:
        RecipeError: nothing is taken from them.
    """
    inputs = [option.value for option in arguments.inputs if option.name == "i"]
    if inputs and not arguments.owns_mapping:
        raise RecipeError(f"-i {inputs[0]}: nothing is taken from it; say what with -map 1:a, or with -filter_complex")


def check_uses(recipe: Recipe, files: Iterable[PlacedFile]) -> None:
    """Whether the files are what the recipe takes them for, as far as they were looked at.

    Raises:
        RecipeError: a watermark without a picture, or a file of subtitles without subtitles.
    """
    looked_at = {file.name: file.media for file in files if file.media is not None}
    watermark = recipe.picture.watermark
    if watermark is not None and watermark.file in looked_at and not looked_at[watermark.file].films:
        raise RecipeError(f"{watermark.file}: has no picture that could be laid over the film")
    for choice in recipe.subtitles or ():
        if choice.file in looked_at and not looked_at[choice.file].subtitles:
            raise RecipeError(f"{choice.file}: there are no subtitles in it")


def input_words(arguments: Arguments, files: Mapping[str, PlacedFile]) -> tuple[str, ...]:
    """FFmpeg's words for the further inputs; ``files`` by their places. Each may only be what it was seen to be."""
    words: list[str] = []
    for option in arguments.inputs:
        if option.name == "i":
            media = files[option.value or ""].media
            formats = ("-format_whitelist", media.container) if media is not None else ()
            words += ["-protocol_whitelist", "file", *formats, "-i", f"file:{option.value}"]
        else:
            words += option.tokens
    return tuple(words)


def repeats_an_input(arguments: Arguments) -> bool:
    """Whether a further input has no end of its own."""
    return any(option.name == "loop" and option.value != "0" for option in arguments.inputs)


def _in_graph(text: str) -> tuple[Named, ...]:
    try:
        filters = read_graph(text).filters
    except RecipeError:  # told by who judges it
        return ()
    return tuple(Named(name, one.name) for one in filters for name in files_of(one))


def _suffix(name: str) -> str:
    suffix = max(PurePosixPath(name).suffix, PureWindowsPath(name).suffix, key=len).lower()
    return suffix if suffix in _TABLES else ""
