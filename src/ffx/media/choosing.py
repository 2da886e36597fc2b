"""Which streams of a source a recipe's choices mean. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from ffx.core.errors import RecipeError
from ffx.core.tracks import SoundChoice, SubtitleChoice
from ffx.media.languages import same_language
from ffx.media.probe import MediaInfo, StreamInfo

Choice = TypeVar("Choice", SoundChoice, SubtitleChoice)


def chosen(
    choices: Sequence[Choice], streams: Sequence[StreamInfo], noun: str
) -> tuple[tuple[tuple[StreamInfo, Choice], ...], tuple[str, ...]]:
    """Each stream that a choice means, with its choice, and a warning for each choice that means none.

    The order is that of the choices, and within one that of its languages. A stream may be chosen several times.

    Raises:
        RecipeError: there are streams, and none is meant: an output without them would be a loss that nobody asked for.
    """
    pairs: list[tuple[StreamInfo, Choice]] = []
    warnings: list[str] = []
    for choice in choices:
        meant = tuple(_meant(choice, streams))
        pairs.extend((stream, choice) for stream in meant)
        if not meant and choice.selects:
            warnings.append(f"the input has no {noun} {_wanted(choice)}: it is left out")
    if choices and streams and not pairs and all(choice.selects for choice in choices):
        there = ", ".join(described(stream) for stream in streams)
        raise RecipeError(f"the input has no {noun} {_wanted(choices[0])}; it has: {there}")
    return tuple(pairs), tuple(warnings)


def described(stream: StreamInfo) -> str:
    """``1 (aac, eng, 2 channels)``: the number first, by which it can be chosen."""
    channels = f"{stream.channels} channel{'s' * (stream.channels != 1)}" if stream.channels else ""
    return f"{stream.index} ({', '.join(word for word in (stream.codec, stream.language, channels) if word)})"


def sounds_of(media: MediaInfo) -> tuple[StreamInfo, ...]:
    """The sounds that can be decoded."""
    return tuple(stream for stream in media.audio if stream.sample_rate)


def _meant(choice: SoundChoice | SubtitleChoice, streams: Sequence[StreamInfo]) -> Iterator[StreamInfo]:
    fitting = [stream for stream in streams if _fits(choice, stream)]
    if not choice.languages:
        yield from fitting
        return
    for language in choice.languages:
        yield from (stream for stream in fitting if same_language(language, stream.language))


def _fits(choice: SoundChoice | SubtitleChoice, stream: StreamInfo) -> bool:
    if choice.index is not None and choice.index != stream.index:
        return False
    if choice.source_codec and choice.source_codec != stream.codec:
        return False
    return not isinstance(choice, SoundChoice) or choice.channels in (None, stream.channels)


def _wanted(choice: SoundChoice | SubtitleChoice) -> str:
    words = [f"with the number {choice.index}"] if choice.index is not None else []
    if choice.languages:
        words.append(f"in {' or '.join(choice.languages)}")
    if choice.source_codec:
        words.append(f"of the codec {choice.source_codec}")
    if isinstance(choice, SoundChoice) and choice.channels is not None:
        words.append(f"with {choice.channels} channels")
    return " ".join(words)
