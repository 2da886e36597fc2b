"""Every built-in profile encodes a real clip, with both FFmpegs, into what it promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from ffx.core.profiles import Profile
from ffx.core.recipe import ArgumentPolicy
from ffx.media.plan import Request, default_output_name, plan_job
from ffx.media.probe import probe
from ffx.plugins.profiles import PROFILES
from tests.media.jobs import SPECS, encode

EXPECTED = {
    "h264-fast": ("mp4", "h264", ["aac"], 8),
    "h265-1080p": ("mkv", "hevc", ["aac"], 8),
    "h265-2160p-hdr": ("mkv", "hevc", ["aac"], 10),
    "av1-archive": ("mkv", "av1", ["opus"], 8),
    "web-1080p": ("mp4", "h264", ["aac"], 8),
    "phone": ("mp4", "h264", ["aac"], 8),
    "proxy-prores": ("mov", "prores", ["pcm_s16le"], 10),
    "audio-only": ("m4a", "", ["aac"], 0),
    "podcast": ("mp3", "", ["mp3"], 0),
}


def test_every_profile_is_expected() -> None:
    assert {profile.name for profile in PROFILES} == set(EXPECTED)
    assert all(profile.description for profile in PROFILES)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: str(profile.name))
async def test_it_makes_what_it_promises(ffmpeg: Path, short: Path, tmp_path: Path, profile: Profile) -> None:
    suffix, codec, sounds, depth = EXPECTED[profile.name]
    request = Request(short, Path("out"), profile.recipe)
    assert default_output_name(request, probe(short), SPECS) == f"short.{suffix}"
    done = await encode(ffmpeg, Request(short, Path(f"out.{suffix}"), request.recipe), tmp_path)
    film = done.media.video
    assert (film.codec if film else "", film.bit_depth if film else 0) == (codec, depth)
    assert done.streams("audio") == sounds


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: str(profile.name))
def test_the_checks_of_servers_let_it_through(short: Path, profile: Profile) -> None:
    request = Request(short, Path("out"), profile.recipe)
    job = plan_job(request, probe(short), SPECS, job_id="job", policy=ArgumentPolicy.CHECKED)
    assert job.needs
