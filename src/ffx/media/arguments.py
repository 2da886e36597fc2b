"""Reading FFmpeg's own output arguments: which options there are and what they say about the job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from attrs import evolve, frozen

from ffx.core.errors import RecipeError
from ffx.media.allowed.graph import read_graph
from ffx.media.allowed.values import legible

_ALIASES = {
    "vcodec": ("c", "v"),
    "acodec": ("c", "a"),
    "scodec": ("c", "s"),
    "dcodec": ("c", "d"),
    "vf": ("filter", "v"),
    "af": ("filter", "a"),
    "ab": ("b", "a"),
    "vb": ("b", "v"),
    "aq": ("q", "a"),
    "vframes": ("frames", "v"),
    "aframes": ("frames", "a"),
    "dframes": ("frames", "d"),
    "vtag": ("tag", "v"),
    "atag": ("tag", "a"),
    "stag": ("tag", "s"),
}
_RENAMED = {"codec": "c", "qscale": "q", "lavfi": "filter_complex"}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SWITCHES = _words(
    "an vn sn dn shortest copyts start_at_zero bitexact copyinkf ignore_unknown copy_unknown xerror re force_fps psnr "
    "vstats qphist benchmark benchmark_all dump hex stats debug_ts hide_banner y n stdin intra deinterlace "
    "accurate_seek fix_sub_duration fix_sub_duration_heartbeat find_stream_info auto_conversion_filters recast_media "
    "print_graphs report"
)
"""FFmpeg's options that are mere switches; every other takes one value. Each also has a ``no`` form."""

ONLY_NEGATED = _words("autoscale autorotate")
"""Without the ``no`` they take a value in FFmpeg 5.1 and none in 9: the word behind them could become an output."""

_GIVEN_ANYWAY = _words("y n hide_banner nohide_banner stats nostats stdin nostdin")
"""Passed over: ffx decides them for every job."""

_REFUSED = {
    **dict.fromkeys(("progress", "stats_period", "loglevel", "v", "report"), "ffx reads FFmpeg's reports itself"),
    **dict.fromkeys(ONLY_NEGATED, "FFmpeg's versions differ on whether a value follows; it is on anyway"),
    **dict.fromkeys(("pass", "passlogfile"), "ask for two passes with --two-pass"),
    **dict.fromkeys(
        (
            *("attach", "dump_attachment", "filter_script", "filter_complex_script", "vstats", "vstats_file"),
            *("sdp_file", "print_graphs", "print_graphs_file", "init_hw_device", "filter_hw_device"),
        ),
        "it reaches for other files or devices than the job's",
    ),
    **dict.fromkeys(("stream_loop", "re", "readrate"), "it is an option of inputs"),
}
_RATE_OPTIONS = frozenset(
    (
        *("b", "crf", "qp", "q", "cq", "global_quality", "rc", "quality", "lossless"),
        *("x264-params", "x264opts", "x265-params", "svtav1-params", "aom-params", "kvazaar-params"),
    )
)


@frozen
class Option:
    """One option in its plain form: ``-vcodec x`` is the option ``c`` with the specifier ``v``."""

    name: str
    specifier: str
    value: str | None
    tokens: tuple[str, ...]
    """As it was written."""

    def is_for(self, kind: str, *, alone: bool = False) -> bool:
        """Whether it speaks of every stream of a kind (``v``, ``a``, ``s``), or of all streams; ``alone``: there is
        but one of that kind, so that ``v:0`` means it.
        """
        every = ("", kind, kind.upper())
        return self.specifier in ((*every, f"{kind}:0", f"{kind.upper()}:0") if alone else every)


@frozen
class Arguments:
    """FFmpeg output arguments, read."""

    options: tuple[Option, ...] = ()
    inputs: tuple[Option, ...] = ()
    """The job's other files, each an ``-i``, and the options before it."""

    @property
    def tokens(self) -> tuple[str, ...]:
        """The words for the output."""
        return tuple(token for option in self.options for token in option.tokens)

    @property
    def words(self) -> tuple[str, ...]:
        """All of it as words: the further inputs, then what is for the output."""
        return (*(token for option in self.inputs for token in option.tokens), *self.tokens)

    @property
    def graphs(self) -> tuple[str, ...]:
        """Every filter graph and chain among the options."""
        return tuple(option.value or "" for option in self.options if option.name in ("filter", "filter_complex"))

    def has(self, *names: str) -> bool:
        return any(option.name in names for option in self.options)

    def last(self, name: str, kind: str, *, alone: bool = False) -> str | None:
        """The value that FFmpeg would use for a kind of stream: that of the last such option."""
        values = [o.value for o in self.options if o.name == name and o.is_for(kind, alone=alone)]
        return values[-1] if values else None

    def without(self, unwanted: Callable[[Option], bool]) -> Arguments:
        return evolve(self, options=tuple(option for option in self.options if not unwanted(option)))

    @property
    def owns_mapping(self) -> bool:
        """Whether the person chose the streams; ffx's own choice then steps back."""
        return self.has("map", "filter_complex")

    @property
    def set_rate(self) -> bool:
        """Whether they may say how good the picture gets: beside them no quality is given."""
        return any(o.name in _RATE_OPTIONS and o.specifier[:1].lower() in ("", "v") for o in self.options)

    @property
    def encoders(self) -> tuple[str, ...]:
        """Every video and audio encoder that is named."""
        named = [o.value for o in self.options if o.name == "c" and o.specifier[:1].lower() not in ("s", "d", "t")]
        return tuple(dict.fromkeys(name for name in named if name and name != "copy"))


def read_arguments(tokens: Sequence[str]) -> Arguments:
    """Read FFmpeg arguments: those of further inputs, and of the output. What they do is not judged: ``allowed`` does
    that.

    Raises:
        RecipeError: a word that belongs to no option (FFmpeg would take it for another output), an option
            without its value, or one that a job cannot have.
    """
    options: list[Option] = []
    before: list[Option] = []
    rest = list(tokens)
    while rest:
        token = rest.pop(0)
        if not token.startswith("-") or len(token) < 2:
            raise RecipeError(
                f"unexpected {token[:60]!r} among the FFmpeg arguments: only options and their values go there"
            )
        name, _, specifier = token[1:].partition(":")
        _refuse(name, token)
        if is_switch(name):
            option = Option(name, specifier, None, (token,))
        elif rest:
            option = _plain(name, specifier, token, rest.pop(0))
        else:
            raise RecipeError(f"the FFmpeg option {legible(token)} lacks its value")
        if name not in _GIVEN_ANYWAY:
            options.append(option)
        if name == "i":
            before, options = [*before, *options], []
    return Arguments(tuple(options), tuple(before))


def filter_names(chains: Iterable[str]) -> tuple[str, ...]:
    """The names of the filters in some chains or graphs; a broken one, which FFmpeg will refuse, has none."""
    return tuple(name for chain in chains for name in _names(chain))


def _names(chain: str) -> tuple[str, ...]:
    try:
        return tuple(one.name for one in read_graph(chain).filters)
    except RecipeError:
        return ()


def _refuse(name: str, token: str) -> None:
    if name in _REFUSED:
        raise RecipeError(f"the FFmpeg option {legible(token)} cannot be used in a job: {_REFUSED[name]}")
    if name.startswith("/"):
        why = "its value would be read from a file"
        raise RecipeError(f"the FFmpeg option {legible(token)} cannot be used in a job: {why}")


def is_switch(name: str) -> bool:
    """Whether an option stands alone, without a value."""
    return name in SWITCHES or (name.startswith("no") and name[2:] in SWITCHES | ONLY_NEGATED)


def _plain(name: str, specifier: str, token: str, value: str) -> Option:
    if name in _ALIASES:
        name, specifier = _ALIASES[name]
    return Option(_RENAMED.get(name, name), specifier, value, (token, value))
