"""Opening: a file is opened as one file, with no other protocol, format or name than its own."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from ffx.core.errors import ProbeError
from ffx.media.opening import opened
from tests.media.jobs import make

REFUSED = ("concat", "hls", "dash", "sdp", "lavfi", "tty", "imf")


def whitelist(clip: Path) -> set[str]:
    with opened(clip) as container:
        return set(container.options["format_whitelist"].split(","))


def test_lists_devices_and_drawn_text_never_open(clip: Path) -> None:
    allowed = whitelist(clip)
    assert not allowed & set(REFUSED)
    assert {"mp4", "matroska", "webm", "mpegts", "avi", "wav", "png_pipe", "image2"} <= allowed


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.ffconcat", "ffconcat version 1.0\nfile '{clip}'\n"),
        ("film.mp4", "ffconcat version 1.0\nfile '{clip}'\n"),
        ("film.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:8\n#EXTINF:8,\n{clip}\n#EXT-X-ENDLIST\n"),
        ("film.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:8\n#EXTINF:8,\n{clip}\n#EXT-X-ENDLIST\n"),
        ("film.mpd", '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{clip}</BaseURL></MPD>'),
    ],
)
def test_a_list_that_points_to_real_media_stays_closed(clip: Path, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "clip.mp4").symlink_to(clip)
    disguised = tmp_path / name
    disguised.write_text(text.format(clip="clip.mp4"))
    with pytest.raises(ProbeError) as caught, opened(disguised):
        pytest.fail("it was opened")
    assert str(caught.value).startswith(f"{disguised}: ")


def test_no_protocol_but_files(clip: Path) -> None:
    with opened(clip) as container:
        assert container.options["protocol_whitelist"] == "file"
        assert container.name == f"file:{clip}"


def test_a_link_is_followed_and_a_dangling_one_is_missing(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "link.mp4").symlink_to(clip)
    with opened(tmp_path / "link.mp4") as container:
        assert container.format.name == "mov,mp4,m4a,3gp,3g2,mj2"
    (tmp_path / "dangling.mp4").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ProbeError, match=r"dangling\.mp4: no such file"), opened(tmp_path / "dangling.mp4"):
        pytest.fail("it was opened")


def test_what_fails_while_it_is_open_is_a_probe_error_too(clip: Path) -> None:
    with pytest.raises(ProbeError, match="not a media file"), opened(clip):
        raise av.error.InvalidDataError(1, "damaged")
    with pytest.raises(ProbeError, match=r"cannot be read as media: end of file$"), opened(clip):
        raise av.error.EOFError(1, "End of file", "somewhere")
    with pytest.raises(ProbeError, match=r"cannot be read as media: input/output error$"), opened(clip):
        raise OSError(5, "Input/output error")


def test_a_fault_of_the_caller_stays_what_it_is(clip: Path) -> None:
    with pytest.raises(LookupError), opened(clip):
        raise LookupError


def test_titles_that_are_no_text_do_not_keep_a_file_closed(ffmpeg9: Path, clip: Path, tmp_path: Path) -> None:
    titled = tmp_path / "titled.mkv"
    make(ffmpeg9, "-i", clip, "-c", "copy", "-metadata", "title=PLACEHOLDER", titled)
    titled.write_bytes(titled.read_bytes().replace(b"PLACEHOLDER", b"\xff\xfeACEHOLDER"))
    with opened(titled) as container:
        assert container.metadata["title"].endswith("ACEHOLDER")
