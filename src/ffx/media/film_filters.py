"""The filters for what a recipe changes about the picture, in their order, and the size that comes out. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from attrs import field, frozen

from ffx.core.edits import Corner, Crop, Deinterlace, Denoise, PictureEdits, Scale, Watermark
from ffx.core.errors import RecipeError
from ffx.core.recipe import Recipe
from ffx.media import colour
from ffx.media.containers import PICTURE_SUBTITLES
from ffx.media.findings import Findings
from ffx.media.probe import StreamInfo
from ffx.media.streams import Feed, KeptStream

_DENOISE = {Denoise.LIGHT: "2:1:2:3", Denoise.MEDIUM: "3:2:2:3", Denoise.STRONG: "7:7:5:5"}
"""Strengths of ``hqdn3d``: luma and chroma in space, luma and chroma in time. HandBrake's presets of the same names."""
_CORNERS = {
    Corner.TOP_LEFT: "{margin}:{margin}",
    Corner.TOP_RIGHT: "W-w-{margin}:{margin}",
    Corner.BOTTOM_LEFT: "{margin}:H-h-{margin}",
    Corner.BOTTOM_RIGHT: "W-w-{margin}:H-h-{margin}",
    Corner.CENTRE: "(W-w)/2:(H-h)/2",
}
_TURNS = {90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}
_SUBTITLES_ESCAPED = str.maketrans({"\\": "\\\\", ":": "\\:", "'": "\\'", ",": "\\,"})


@frozen
class Overlay:
    """A second picture that is laid over the film."""

    feed: Feed
    stream: int
    """Of the feed."""
    position: str
    """``x:y`` for FFmpeg's ``overlay``, and further options of it."""


Step = str | Overlay


@frozen
class FilmChain:
    """What is done to a film."""

    steps: tuple[Step, ...] = ()
    width: int = 0
    """Pixels of what comes out; 0 where it is not known beforehand."""
    height: int = 0
    warnings: tuple[str, ...] = field(default=())

    @property
    def overlays(self) -> tuple[Overlay, ...]:
        return tuple(step for step in self.steps if isinstance(step, Overlay))


def film_chain(
    recipe: Recipe,
    film: StreamInfo,
    *,
    findings: Findings | None,
    burned: KeptStream | None,
    places: Mapping[str, str],
    subtitle_number: int = 0,
) -> FilmChain:
    """What the recipe's typed edits, its subtitles to burn in and its speed make of a film.

    ``findings`` None: what is found before the encode is not known yet. ``places`` are the files of the job for FFmpeg,
    by their written names, the source's under the empty one; ``subtitle_number`` is the number of the burned
    subtitles among those of their file.

    Raises:
        RecipeError: a crop that is larger than the picture.
    """
    edits = recipe.picture
    chain = _Chain(edits, film, findings)
    chain.deinterlace()
    if burned is not None and burned.source.codec in PICTURE_SUBTITLES:
        chain.steps.append(Overlay(burned.feed, burned.source.index, "eof_action=pass"))
    chain.crop()
    chain.rotate()
    chain.denoise()
    chain.tone_map()
    chain.scale()
    if burned is not None and burned.source.codec not in PICTURE_SUBTITLES:
        chain.steps.extend(_drawn(burned, places[burned.feed.file], subtitle_number, recipe.trim.start))
    if edits.watermark is not None:
        chain.steps.append(_over(edits.watermark))
    chain.change_pace(recipe.speed)
    return FilmChain(tuple(chain.steps), chain.width, chain.height, tuple(chain.warnings))


def render(steps: Sequence[Step], film_label: str, input_numbers: Mapping[Feed, int]) -> str:
    """A graph from the film, ``0:0``, to the label ``film``, for ``-filter_complex``."""
    graph: list[str] = []
    here, run, number = film_label, list[str](), 0

    def close(name: str) -> None:
        nonlocal here
        graph.append(f"[{here}]{','.join(run) or 'null'}[{name}]")
        here = name
        run.clear()

    for step in steps:
        if isinstance(step, str):
            run.append(step)
            continue
        number += 1
        close(f"under{number}")
        over = f"{input_numbers[step.feed]}:{step.stream}"
        graph.append(f"[{here}][{over}]overlay={step.position}[over{number}]")
        here = f"over{number}"
    close("film")
    return ";".join(graph)


def upright_size(film: StreamInfo) -> tuple[int, int]:
    """Width and height as the picture is shown, after what the metadata say of its rotation."""
    return (film.height, film.width) if film.rotation % 180 else (film.width, film.height)


def scaled_size(scale: Scale, width: int, height: int) -> tuple[int, int]:
    """The size that a picture of some pixels gets: sides that follow are even, as most encoders want them."""
    if not (scale.width and scale.height):
        factor = Fraction(scale.width, width) if scale.width else Fraction(scale.height, height)
        if not scale.enlarge and factor >= 1:
            return width, height
        return scale.width or _even(width * factor), scale.height or _even(height * factor)
    if scale.enlarge:
        return scale.width, scale.height
    factor = min(Fraction(scale.width, width), Fraction(scale.height, height))
    return (width, height) if factor >= 1 else (_even(width * factor), _even(height * factor))


class _Chain:
    """The chain in the making: each step knows the size that comes into it."""

    def __init__(self, edits: PictureEdits, film: StreamInfo, findings: Findings | None) -> None:
        self._edits = edits
        self._film = film
        self._findings = findings
        self.steps: list[Step] = []
        self.warnings: list[str] = []
        self.width, self.height = upright_size(film)

    def deinterlace(self) -> None:
        if self._edits.deinterlace is Deinterlace.TELECINE:
            self.steps += ["fieldmatch", "yadif=deint=interlaced", "decimate"]
        elif self._edits.deinterlace is Deinterlace.ALWAYS or (
            self._edits.deinterlace is Deinterlace.AUTO and self._findings is not None and self._findings.interlaced
        ):
            self.steps.append("bwdif=mode=send_frame")

    def crop(self) -> None:
        crop = self._edits.crop
        if crop is not None and crop.auto:
            if self._findings is None:
                self.warnings.append("black edges are looked for on the server: what is cut off is not known yet")
            crop = self._findings.crop if self._findings is not None else None
        if crop is None:
            return
        if crop.left + crop.width > self.width or crop.top + crop.height > self.height:
            raise RecipeError(
                f"a crop of {crop.width}x{crop.height} at {crop.left},{crop.top} does not lie within "
                f"the {self.width}x{self.height} of the input"
            )
        self.steps.append(f"crop={crop.width}:{crop.height}:{crop.left}:{crop.top}")
        self.width, self.height = crop.width, crop.height

    def rotate(self) -> None:
        if self._edits.rotate:
            self.steps.append(_TURNS[self._edits.rotate])
        if self._edits.rotate % 180:
            self.width, self.height = self.height, self.width

    def denoise(self) -> None:
        if self._edits.denoise is not None:
            self.steps.append(f"hqdn3d={_DENOISE[self._edits.denoise]}")

    def tone_map(self) -> None:
        if self._edits.tone_map and self._film.is_hdr:
            self.steps += _to_bt709(self._film)

    def change_pace(self, speed: float) -> None:
        """A film that plays faster keeps its frame rate: players and encoders take no others than the usual ones."""
        rate = self._edits.frame_rate
        if speed != 1.0:
            self.steps.append(f"setpts=PTS/{speed:g}")
            rate = rate or self._film.frame_rate
        if rate:
            self.steps.append(f"fps={rate}")

    def scale(self) -> None:
        scale = self._edits.scale
        if scale is None or not (self.width and self.height):
            return
        size = scaled_size(scale, self.width, self.height)
        if size != (self.width, self.height):
            self.steps.append(f"scale={size[0]}:{size[1]}:flags=lanczos")
            self.width, self.height = size


def is_tone_mapped(recipe: Recipe, film: StreamInfo | None) -> bool:
    """Whether the picture loses its HDR because the recipe says so."""
    return film is not None and recipe.picture.tone_map and film.is_hdr


def _to_bt709(film: StreamInfo) -> Iterator[str]:
    """As the guide to tone mapping of FFmpeg's wiki does it: linear light, BT.709 primaries, Hable's curve."""
    matrix = film.color_matrix if film.color_matrix in colour.MATRIX.values() else "bt2020nc"
    primaries = film.color_primaries if film.color_primaries in colour.PRIMARIES.values() else "bt2020"
    source = f"transferin={film.color_transfer}:matrixin={matrix}:primariesin={primaries}"
    yield f"zscale={source}:transfer=linear:npl=100"
    yield "format=gbrpf32le"
    yield "zscale=primaries=bt709"
    yield "tonemap=tonemap=hable:desat=0"
    yield "zscale=transfer=bt709:matrix=bt709:range=tv"
    yield f"format={'yuv420p10le' if film.bit_depth > 8 else 'yuv420p'}"
    for kind in ("MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL"):  # FFmpeg 7.1 and newer would write it on
        yield f"sidedata=mode=delete:type={kind}"


def _drawn(burned: KeptStream, place: str, number: int, start: float) -> Iterator[str]:
    """Text subtitles, whose times are those of the whole source whatever part of it is taken."""
    charset = f":charenc={burned.feed.charset}" if burned.feed.charset else ""
    if start:
        yield f"setpts=PTS+{start:g}/TB"
    yield f"subtitles=filename={place.translate(_SUBTITLES_ESCAPED)}:stream_index={number}{charset}"
    if start:
        yield f"setpts=PTS-{start:g}/TB"


def _over(watermark: Watermark) -> Overlay:
    return Overlay(Feed(watermark.file), 0, _CORNERS[watermark.corner].format(margin=watermark.margin))


def _even(value: Fraction) -> int:
    return max(2, round(value / 2) * 2)


def crop_within(crop: Crop, film: StreamInfo) -> Crop | None:
    """A crop that was found, as it is used: None where it cuts off nothing worth it, or nearly everything."""
    width, height = upright_size(film)
    if crop.width >= width and crop.height >= height:
        return None
    if crop.width * 4 < width or crop.height * 4 < height:
        return None
    return crop
