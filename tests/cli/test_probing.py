"""``ffx probe`` says what a file is, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

from ffx.cli.probing import details, hdr_name
from ffx.media.first_frame import MasteringDisplay
from ffx.media.probe import StreamInfo
from tests.cli.conftest import Ffx

DISPLAY = MasteringDisplay((1, 1), (1, 1), (1, 1), (1, 1), 10, 1)


def test_a_film_is_told_by_its_streams(ffx: Ffx, clip: Path) -> None:
    lines = ffx.inside("probe", str(clip)).stdout.splitlines()
    assert lines[0].endswith("mov,mp4,m4a,3gp,3g2,mj2, 7.8 s, 835 kB, 856 kbit/s")
    assert lines[1].split()[:5] == ["NUMBER", "KIND", "CODEC", "LANGUAGE", "DETAILS"]
    assert "320x240, 30 fps, yuv420p" in lines[2]
    assert lines[3].split()[:4] == ["1", "audio", "aac", "eng"]
    plain = json.loads(ffx.inside("probe", str(clip), "--json").stdout)
    assert [stream["codec"] for stream in plain["streams"]] == ["h264", "aac"]
    assert plain["streams"][0]["hdr"] == ""


def test_hdr_is_called_by_its_name() -> None:
    pq = StreamInfo(0, "video", "hevc", color_transfer="smpte2084")
    assert hdr_name(pq) == "PQ"
    assert hdr_name(StreamInfo(0, "video", "hevc", color_transfer="arib-std-b67")) == "HLG"
    ten = StreamInfo(0, "video", "hevc", color_transfer="smpte2084", mastering_display=DISPLAY)
    assert hdr_name(ten) == "HDR10"
    both = StreamInfo(0, "video", "hevc", color_transfer="smpte2084", mastering_display=DISPLAY, dolby_vision=True)
    assert hdr_name(both) == "Dolby Vision over HDR10"
    assert "HDR10" in details(ten)


def test_what_is_no_media_is_one_line(ffx: Ffx) -> None:
    (ffx.folder / "x.txt").write_text("no film")
    answer = ffx.inside("probe", "x.txt")
    assert answer.returncode == 1
    assert answer.stderr.startswith("ffx: x.txt: ")
    assert len(answer.stderr.splitlines()) == 1
