"""Whether FFmpeg arguments may run: each option is looked up, its value judged, and both are written anew."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from functools import cache

from attrs import evolve, field, frozen

from ffx.core.errors import RecipeError
from ffx.media.allowed.encoders import ENCODERS, ENCODERS_ELSEWHERE
from ffx.media.allowed.escaping import read_pairs, render_pairs
from ffx.media.allowed.filtering import check_bitstream_filters, check_graph
from ffx.media.allowed.muxers import MUXERS
from ffx.media.allowed.options import CODEC_OPTIONS, FORMAT_OPTIONS, INPUT_OPTIONS, PROGRAM_OPTIONS
from ffx.media.allowed.parameters import PARAMETERS, SEPARATORS
from ffx.media.allowed.refused import REFUSED_OPTIONS
from ffx.media.allowed.table import Entry, read_groups, read_reasons, read_table
from ffx.media.allowed.values import SPECIFIER, check_value, legible, matches
from ffx.media.arguments import Arguments, Option, read_arguments

MOST_WORDS = 200
MOST_BYTES = 64 * 1024


@frozen
class Known:
    """What is known of an option."""

    kind: str
    """Of its value."""
    specifier: bool = True
    """Whether a stream specifier may follow its name."""
    reason: str = ""
    """Why it is refused; empty where it is not."""


@frozen
class Surroundings:
    """What a job has besides its arguments."""

    files: Mapping[str, str] = field(factory=dict)
    """Its other files: the names that are written, and those that the server gave them."""
    encoders: Container[str] = ()
    """Encoders that plugins know."""


@cache
def known_options() -> Mapping[str, Known]:
    """Every option that is known, without its hyphen; FFmpeg's program comes before its libraries, as in FFmpeg."""
    known = {name: Known("", reason=reason) for name, reason in read_reasons(REFUSED_OPTIONS).items()}
    for name, option in (*_of_program(), *_of_libraries(), *_of_encoders_and_muxers()):
        known.setdefault(name, option)
    return known


@cache
def allowed_encoders() -> Mapping[str, Entry]:
    return {**read_table(ENCODERS), **read_table(ENCODERS_ELSEWHERE)}


@cache
def allowed_muxers() -> Mapping[str, Entry]:
    return read_table(MUXERS)


@cache
def allowed_parameters() -> Mapping[str, Entry]:
    """The parameters of encoders' libraries, by the kind of their options."""
    return read_table(PARAMETERS)


def check_arguments(tokens: Sequence[str], surroundings: Surroundings) -> Arguments:
    """FFmpeg arguments as FFmpeg is to get them.

    Raises:
        RecipeError: what is refused, and why.
    """
    check_amount("FFmpeg arguments", tokens)
    read = read_arguments(tokens)
    inputs = tuple(_checked_input(option, surroundings) for option in read.inputs)
    return Arguments(tuple(_checked(option, surroundings) for option in read.options), inputs)


def check_amount(what: str, words: Sequence[str]) -> None:
    """Raises RecipeError: there is more than anybody writes."""
    if len(words) > MOST_WORDS:
        raise RecipeError(f"{len(words)} {what} are too many; a job has at most {MOST_WORDS}")
    if sum(4 * len(word) for word in words) > MOST_BYTES and sum(_bytes(word) for word in words) > MOST_BYTES:
        raise RecipeError(f"the {what} are too long; a job has at most {MOST_BYTES // 1024} kB of them")


def _bytes(word: str) -> int:
    return len(word.encode("utf-8", "surrogatepass"))


# -- One option -------------------------------------------------------------------------------------------------


def _checked(option: Option, surroundings: Surroundings) -> Option:
    written, colon, specifier = option.tokens[0].partition(":")
    known = _look_up(written)
    if known.reason:
        raise RecipeError(f"{written} {known.reason}")
    if colon and not (known.specifier and _is_specifier(known.kind, specifier)):
        raise RecipeError(f"{option.tokens[0][:60]!r} does not say which streams {written} is for")
    if option.value is None:
        return option
    try:
        value = _checked_value(known.kind, option.value, surroundings)
    except RecipeError as error:
        raise RecipeError(f"{written}: {error}") from None
    return evolve(option, value=value, tokens=(option.tokens[0], value))


def _look_up(written: str) -> Known:
    name, known = written[1:], known_options()
    found = known.get(name) or (known.get(name[2:]) if name.startswith("no") else None)
    if found is None or (found.kind != "switch" and name not in known):
        near = f"; did you mean -{name.lower()}?" if name.lower() in known else ""
        raise RecipeError(f"{legible(written)} is no option that ffx knows; it is refused{near}")
    return found


def _is_specifier(kind: str, text: str) -> bool:
    if kind in ("metadata", "map_metadata"):
        return matches(f"g|s(?::{SPECIFIER})?|[cp](?::[0-9]{{1,4}})?", text)
    return matches(SPECIFIER, text)


def _checked_value(kind: str, text: str, surroundings: Surroundings) -> str:
    if kind in ("graph", "complex"):
        return check_graph(text, surroundings.files)
    if kind == "bitstream":
        return check_bitstream_filters(text)
    if kind == "muxer":
        return check_muxer(text)
    if kind in allowed_parameters():
        return _checked_parameters(kind, text)
    if kind == "codec" and text != "copy" and text not in allowed_encoders() and text not in surroundings.encoders:
        raise RecipeError(f"the encoder {text[:40]!r} is not on ffx's list; it is refused")
    return check_value(kind, text, surroundings.files)


def check_muxer(name: str) -> str:
    """The name of a container. Raises RecipeError: it is not on the list."""
    if name not in allowed_muxers():
        raise RecipeError(f"the container {name[:40]!r} is not on ffx's list; it is refused")
    return name


def _checked_parameters(kind: str, text: str) -> str:
    if kind == "x264" and ("\\" in text or "'" in text):  # -x264opts knows no escapes, -x264-params does
        raise RecipeError("write it without quotes and backslashes, deblock=-1,-1 for instance")
    separator = SEPARATORS.get(kind, ":")
    pairs = tuple(_checked_parameter(kind, key, value) for key, value in read_pairs(text, separator))
    return render_pairs(pairs, separator)


def _checked_parameter(kind: str, written: str, value: str) -> tuple[str, str]:
    name = written.replace("_", "-")
    parameters = allowed_parameters()[kind].by_name
    setting = parameters.get(name) or parameters.get(name.removeprefix("no-"))
    if setting is None:
        raise RecipeError(f"{written[:40]!r} is no parameter that ffx knows; it is refused")
    if setting.reason:
        raise RecipeError(f"{name} {setting.reason}")
    try:
        return name, check_value(setting.kind or "list", value, {})
    except RecipeError as error:
        raise RecipeError(f"{name}: {error}") from None


# -- Inputs -----------------------------------------------------------------------------------------------------


def _checked_input(option: Option, surroundings: Surroundings) -> Option:
    """An option of one of the job's other files, or that file itself."""
    written = option.tokens[0]
    if option.name == "i":
        try:
            name = check_value("file", option.value or "", surroundings.files)
        except RecipeError as error:
            raise RecipeError(f"-i: {error}") from None
        return evolve(option, value=name, tokens=("-i", name))
    kinds = dict(_grouped(INPUT_OPTIONS))
    if written[1:] not in kinds or option.value is None:
        raise RecipeError(f"{legible(written)} cannot stand before -i here")
    try:
        value = check_value(kinds[written[1:]].kind, option.value, surroundings.files)
    except RecipeError as error:
        raise RecipeError(f"{written}: {error}") from None
    return evolve(option, value=value, tokens=(written, value))


# -- The tables -------------------------------------------------------------------------------------------------


def _of_program() -> list[tuple[str, Known]]:
    return _grouped(PROGRAM_OPTIONS)


def _of_libraries() -> list[tuple[str, Known]]:
    codec = [(name, evolve(known, specifier=True)) for name, known in _grouped(CODEC_OPTIONS)]
    return [*codec, *_grouped(FORMAT_OPTIONS)]


def _grouped(table: str) -> list[tuple[str, Known]]:
    return [
        (name.removesuffix(":"), Known("" if kind == "plain" else kind, name.endswith(":")))
        for kind, names in read_groups(table)
        for name in names
    ]


def _of_encoders_and_muxers() -> list[tuple[str, Known]]:
    """Where one encoder's option does harm, it is refused for all that have one of that name."""
    entries = (*allowed_encoders().values(), *allowed_muxers().values())
    settings = [(name, setting) for entry in entries for setting in entry.settings for name in setting.names]
    settings.sort(key=lambda pair: not pair[1].reason)
    return [(name, Known(setting.kind, reason=setting.reason)) for name, setting in settings]
