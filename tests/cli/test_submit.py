"""``ffx submit`` end to end: real files through real servers, every exit status, every way to be wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import av
import pytest

from tests.cli.conftest import Ffx

FAST = ("--encoder", "libx264", "--preset", "ultrafast")
FIELDS = {
    "job_id",
    "state",
    "input",
    "output",
    "server",
    "encoder",
    "attempts",
    "seconds",
    "bytes_in",
    "bytes_out",
    "frames",
    "verified",
    "error",
}


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def picture(path: Path) -> tuple[str, int, int]:
    """Codec, height and the number of frames that can be decoded."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        codec, height = stream.codec_context.name, stream.codec_context.height
        return codec, height, sum(1 for _ in container.decode(video=0))


def sound(path: Path) -> list[str]:
    with av.open(str(path)) as container:
        return [stream.codec_context.name for stream in container.streams.audio]


@pytest.fixture
def source(tmp_path: Path, clip: Path) -> Path:
    """``in.mp4``, a clip with 234 frames, in the test's folder."""
    return Path(shutil.copy(clip, tmp_path / "in.mp4"))


# -- What works -------------------------------------------------------------------------------------------------


def test_one_file_goes_through_a_server_and_comes_back(farm: Ffx, source: Path) -> None:
    arguments = ("--encoder", "libx265", "--quality", "26", "--preset", "ultrafast")
    done = farm.run("submit", "in.mp4", "-o", "out.mp4", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    (line,) = lines(done.stdout)
    assert set(line) >= FIELDS
    out = farm.folder / "out.mp4"
    assert line["server"] in ("studio", "attic")
    assert (line["state"], line["encoder"], line["attempts"], line["error"]) == ("completed", "libx265", 1, "")
    assert (line["input"], line["output"]) == (str(source), str(out))
    assert (line["bytes_in"], line["bytes_out"]) == (source.stat().st_size, out.stat().st_size)
    assert (line["frames"], line["verified"]) == (234, True)
    assert line["seconds"] > 0
    assert picture(out) == ("hevc", 240, 234)
    assert sound(out) == sound(source)
    assert sorted(path.name for path in farm.folder.iterdir()) == ["in.mp4", "out.mp4"], "and nothing else is left"


def test_a_codec_gets_the_best_encoder_there_is(farm: Ffx, source: Path) -> None:
    (line,) = lines(farm.ok("submit", "in.mp4", "-o", "out.mkv", "--codec", "mpeg4", "--json"))
    assert (line["state"], line["encoder"]) == ("completed", "mpeg4")
    assert picture(farm.folder / "out.mkv") == ("mpeg4", 240, 234)


def test_ffmpegs_own_arguments_follow_the_dashes(farm: Ffx, source: Path) -> None:
    own = ("--", "-vf", "scale=-2:120", "-c:a", "copy", "-c:v", "libx264", "-preset", "ultrafast")
    (line,) = lines(farm.ok("submit", "in.mp4", "-o", "out.mp4", "--json", *own))
    assert line["encoder"] == "libx264"
    assert picture(farm.folder / "out.mp4") == ("h264", 120, 234)
    assert sound(farm.folder / "out.mp4") == sound(source)


def test_every_option_of_the_recipe_arrives(farm: Ffx, source: Path) -> None:
    recipe = ("--bitrate", "300k", "--two-pass", "--filter", "scale=-2:120", "--filter", "hflip")
    audio = ("--audio", "libmp3lame", "--audio-bitrate", "96k", "--container", "matroska", "--priority", "9")
    farm.ok("submit", "in.mp4", "-o", "out.mkv", *FAST, *recipe, *audio)
    assert picture(farm.folder / "out.mkv") == ("h264", 120, 234)
    assert sound(farm.folder / "out.mkv") in (["mp3"], ["mp3float"])


def test_several_files_run_side_by_side_over_all_servers(farm: Ffx, clip: Path) -> None:
    for number in range(4):
        shutil.copy(clip, farm.folder / f"clip{number}.mp4")
    inputs = sorted(farm.folder.glob("clip*.mp4"))
    ended = lines(farm.ok("submit", *inputs, "--out-dir", "out", *FAST, "--json"))
    assert sorted(Path(line["output"]).name for line in ended) == [path.name for path in inputs]
    assert all(line["verified"] for line in ended)
    assert set(Counter(line["server"] for line in ended)) == {"studio", "attic"}
    for path in inputs:
        assert picture(farm.folder / "out" / path.name) == ("h264", 240, 234)


def test_in_a_pipe_it_writes_plain_lines(farm: Ffx, source: Path) -> None:
    out = farm.ok("submit", "in.mp4", "-o", "out.mp4", *FAST)
    assert "\x1b" not in out
    assert all(line.startswith("in.mp4: ") for line in out.splitlines())
    steps = [line.removeprefix("in.mp4: ").split(" ")[0] for line in out.splitlines()]
    assert steps[-1] == "done"
    assert [step for step in steps if step in ("upload", "encode", "download")] == ["upload", "encode", "download"]
    assert "234 frames, verified" in out


def test_one_server_can_be_named(farm: Ffx, source: Path) -> None:
    for name in ("attic", "studio"):
        out = farm.ok("submit", "in.mp4", "-o", f"{name}.mp4", *FAST, "--server", name, "--json")
        assert lines(out)[0]["server"] == name


def test_a_preferred_server_is_asked_first(farm: Ffx, source: Path) -> None:
    home = farm.folder / "home"
    shutil.copytree(farm.home, home)
    own = Ffx(farm.folder, home)
    own.environment = farm.environment | {"FFX_HOME": str(home)}
    for server in own.json("servers"):
        own.ok("servers", "add", server["address"])
    for name in ("attic", "studio"):
        own.ok("servers", "prefer", name, "--for", "h264")
        (line,) = lines(own.ok("submit", "in.mp4", "-o", f"{name}.mp4", *FAST, "--json"))
        assert line["server"] == name


# -- Without a server -------------------------------------------------------------------------------------------


def test_with_no_server_it_encodes_here_and_says_so(ffx: Ffx, source: Path) -> None:
    done = ffx.run("submit", "in.mp4", "-o", "out.mp4", *FAST, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == "ffx: no usable server; encoding on this machine\n"
    assert lines(done.stdout)[0]["server"] == "this machine"
    assert picture(ffx.folder / "out.mp4") == ("h264", 240, 234)


def test_a_cold_machine_tries_only_what_it_needs(ffx: Ffx, source: Path) -> None:
    shutil.rmtree(ffx.home / "cache")
    ffx.ok("submit", "in.mp4", "-o", "out.mp4", *FAST)
    (cache,) = (ffx.home / "cache").iterdir()
    tried = json.loads(cache.read_text(encoding="utf-8"))
    reports = {report["name"] for report in tried["remembered"]["reports"]}
    assert {"libx264"} <= reports <= {"libx264", "aac"}


def test_local_only_leaves_the_servers_alone(farm: Ffx, source: Path) -> None:
    done = farm.run("submit", "in.mp4", "-o", "out.mp4", *FAST, "--local", "only", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert lines(done.stdout)[0]["server"] == "this machine"


def test_local_never_ends_with_3(ffx: Ffx, source: Path) -> None:
    ffx.ok("servers", "add", "127.0.0.1:1", "--force", "--name", "gone", environment={"FFX_TOKEN": "any"})
    for choice in (("--local", "never"), ("--server", "gone")):
        done = ffx.run("submit", "in.mp4", "-o", "out.mp4", *FAST, *choice, "--json")
        assert done.returncode == 3
        (line,) = lines(done.stdout)
        assert line["state"] == "failed"
        assert "gone: 127.0.0.1:1 refused the connection" in line["error"]
    assert ffx.run("submit", "in.mp4", "-o", "out.mp4", *FAST, environment={"FFX_LOCAL": "never"}).returncode == 3


def test_an_encoder_that_works_nowhere_ends_with_3_and_an_alternative(farm: Ffx, source: Path) -> None:
    done = farm.run("submit", "in.mp4", "-o", "out.mp4", "--encoder", "hevc_nvenc", "--json")
    assert done.returncode == 3
    (line,) = lines(done.stdout)
    assert "can do libx265 instead of hevc_nvenc" in line["error"]
    assert not (farm.folder / "out.mp4").exists()


# -- Wrong usage: one line, nothing sent ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name at least one input file"),
        (("in.mp4",), "say where the result goes: -o OUTPUT or --out-dir DIR"),
        (("in.mp4", "-o", "a.mp4", "--out-dir", "b"), "say where the result goes"),
        (("in.mp4", "other.mp4", "-o", "out.mp4"), "-o names the output of one input, and there are 2"),
        (("in.mp4", "-o", "out.mp4", "--encoder", "libx265", "--codec", "hevc"), "give --encoder or --codec, not both"),
        (("in.mp4", "-o", "out.mp4", "--quality", "20", "--bitrate", "1M"), "give --quality or --bitrate, not both"),
        (("in.mp4", "-o", "out.mp4", "--quality", "good"), "--quality: 'good' is not a number"),
        (("in.mp4", "-o", "out.mp4", "--bitrate", "fast"), "--bitrate: 'fast' is not a bitrate"),
        (("in.mp4", "-o", "out.mp4", "--priority", "11"), "--priority: '11' is not a number from 1"),
        (("in.mp4", "-o", "out.mp4", "--ui", "hologram"), "unknown front end 'hologram'"),
        (("in.mp4", "-o", "out.mp4", "--json", "--ui", "live"), "--json and --ui live exclude each other"),
        (("in.mp4", "-o", "out.mp4", "--policy", "wieghted"), "did you mean 'weighted'?"),
        (("in.mp4", "-o", "out.mp4", "--local", "maybe"), "--local: 'maybe' is not one of auto, never, only"),
        (("in.mp4", "-o", "out.mp4", "--server", "stduio"), "did you mean 'studio'?"),
        (("in.mp4", "-o", "out.mp4", "--encoder", "libx256"), "'libx256'; did you mean 'libx265'"),
        (("in.mp4", "-o", "out.mp4", "--", "-c:v", "libx256"), "'libx256'; did you mean 'libx265'"),
        (
            ("in.mp4", "-o", "out.mp4", "--encoder", "libx264", "--quality", "99"),
            "quality 99 is impossible for libx264",
        ),
        (("in.mp4", "-o", "out.mp4", "--encoder", "libx264", "--preset", "fats"), "libx264 has no preset 'fats'"),
        (("in.mp4", "-o", "out.mp4", "--codec", "hvec"), "no encoder is known for the codec 'hvec'"),
        (("in.mp4", "-o", "out.xyz", "--encoder", "libx264"), ".xyz"),
        (("in.mp4", "-o", "out.mp4", "--two-pass"), "give one with --bitrate"),
        (("in.mp4", "-o", "out.mp4", "--two-pass", "--quality", "20"), "give one with --bitrate"),
        (("in.mp4", "-o", "out.mp4", "--", "second.mp4"), "second.mp4"),
        (("missing.mp4", "-o", "out.mp4"), "missing.mp4: there is no such file"),
        ((".", "-o", "out.mp4"), "is a folder; name the files in it"),
        (("in.mp4", "-o", "in.mp4"), "in.mp4 is the input itself; a source is never touched"),
        (("in.mp4", "-o", "in.mp4", "--overwrite"), "in.mp4 is the input itself"),
        (("in.mp4", "-o", "there.mp4"), "there.mp4 exists; give --overwrite to replace it"),
        (("in.mp4", "-o", "missing/out.mp4"), "missing is not a folder; make it first"),
        (("in.mp4", "-o", "there.mp4/out.mp4"), "there.mp4 is not a folder"),
        (("in.mp4", "--out-dir", "there.mp4"), "--out-dir: there.mp4 is a file"),
        (("in.mp4", "--out-dir", "."), "in.mp4 is the input itself"),
        (("in.mp4", "in.mp4", "--out-dir", "out"), "would both become"),
    ],
)
def test_wrong_usage_is_one_line_and_2(arguments: tuple[str, ...], words: str, farm: Ffx, source: Path) -> None:
    (farm.folder / "there.mp4").write_text("precious", encoding="utf-8")
    before = source.read_bytes()
    assert words in farm.refused(2, "submit", *arguments)
    assert (farm.folder / "there.mp4").read_text(encoding="utf-8") == "precious"
    assert source.read_bytes() == before
    assert not (farm.folder / "out.mp4").exists()


@pytest.mark.parametrize(("content", "words"), [(b"", "in.bin: is empty"), (b"this is no film\n" * 50, "in.bin")])
def test_an_input_that_is_no_media_is_one_line_and_1(content: bytes, words: str, farm: Ffx) -> None:
    (farm.folder / "in.bin").write_bytes(content)
    assert words in farm.refused(1, "submit", "in.bin", "-o", "out.mp4", *FAST)
    assert not (farm.folder / "out.mp4").exists()


def test_half_a_file_is_found_out_and_ends_with_1(farm: Ffx, source: Path) -> None:
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    done = farm.run("submit", "in.mp4", "-o", "out.mp4", *FAST, "--json")
    (line,) = lines(done.stdout)
    assert (done.returncode, line["state"], line["attempts"]) == (1, "failed", 1)
    assert "truncated" in line["error"]
    assert not (farm.folder / "out.mp4").exists()


def test_bad_inputs_fail_and_good_ones_run(farm: Ffx, source: Path) -> None:
    (farm.folder / "bad.mp4").write_text("no film", encoding="utf-8")
    done = farm.run("submit", "bad.mp4", "in.mp4", "gone.mp4", "--out-dir", "out", *FAST, "--json")
    assert done.returncode == 1
    states = {Path(line["input"]).name: line["state"] for line in lines(done.stdout)}
    assert states == {"bad.mp4": "failed", "in.mp4": "completed", "gone.mp4": "failed"}
    assert all(set(line) >= FIELDS for line in lines(done.stdout))
    assert len(done.stderr.splitlines()) == 2
    assert picture(farm.folder / "out" / "in.mp4")[2] == 234


def test_in_text_the_bad_ones_are_told_on_stderr(farm: Ffx, source: Path) -> None:
    done = farm.run("submit", "in.mp4", "gone.mp4", "--out-dir", "out", *FAST)
    assert done.returncode == 1
    assert done.stderr == "ffx: gone.mp4: there is no such file\n"
    assert "in.mp4: done on" in done.stdout


def test_an_existing_output_is_replaced_only_when_told(farm: Ffx, source: Path) -> None:
    (farm.folder / "out.mp4").write_text("old", encoding="utf-8")
    farm.ok("submit", "in.mp4", "-o", "out.mp4", *FAST, "--overwrite")
    assert picture(farm.folder / "out.mp4")[2] == 234


def test_a_failing_encode_ends_with_1_and_its_evidence(farm: Ffx, source: Path) -> None:
    done = farm.run("submit", "in.mp4", "-o", "out.mp4", *FAST, "--json", "--", "-profile:v", "nonsense")
    (line,) = lines(done.stdout)
    assert (done.returncode, line["state"]) == (1, "failed"), line
    assert line["error"]
    assert "nonsense" in " ".join(line["evidence"]["stderr_tail"])
    assert line["evidence"]["exit_status"] != 0
    assert not (farm.folder / "out.mp4").exists()


def test_names_that_a_shell_or_ffmpeg_would_misread(farm: Ffx, clip: Path) -> None:
    odd = "-a b:100%d [x] 'q'.mp4"
    shutil.copy(clip, farm.folder / odd)
    farm.ok("submit", f"./{odd}", "--out-dir", "./-o:ut %d", *FAST)
    assert picture(farm.folder / "-o:ut %d" / odd)[2] == 234


# -- Dry run ----------------------------------------------------------------------------------------------------


def test_a_dry_run_shows_scores_warnings_and_the_command(farm: Ffx, source: Path) -> None:
    page = farm.ok("submit", "in.mp4", "-o", "out.mp4", "--encoder", "libx265", "--quality", "26", "--dry-run")
    assert f"{source} -> {farm.folder / 'out.mp4'}\n" in page
    for name in ("studio", "attic"):
        assert f"  {name} with libx265: score 0." in page
    command = next(line for line in page.splitlines() if line.startswith("  ffmpeg "))
    assert f"-i file:{source} " in command
    assert " -c:v libx265 " in command
    assert " -crf 26 " in command
    assert command.endswith(f" file:{farm.folder / 'out.mp4'}")
    assert not (farm.folder / "out.mp4").exists()


def test_a_dry_run_in_json_has_every_server_and_a_command_that_runs(farm: Ffx, source: Path) -> None:
    (plan,) = lines(farm.ok("submit", "in.mp4", "-o", "out.mp4", *FAST, "--dry-run", "--json"))
    assert {server["server"] for server in plan["servers"]} == {"studio", "attic"}
    best = plan["servers"][0]
    assert best["encoder"] == "libx264"
    assert {"score", "compatibility", "performance", "load", "recommended", "missing", "warnings"} <= set(best)
    (argv,) = best["command"]
    subprocess.run([farm.environment["FFX_FFMPEG"], *argv[1:]], check=True, capture_output=True)
    assert picture(farm.folder / "out.mp4") == ("h264", 240, 234)


def test_the_command_of_a_dry_run_is_the_one_that_runs(farm: Ffx, source: Path) -> None:
    """What failed tells its command; it is the one that was announced, but for the server's own names of the files."""
    job, own = ("submit", "in.mp4", "-o", "out.mp4", *FAST, "--server", "studio", "--json"), ("-profile:v", "nonsense")
    (failed,) = lines(farm.run(*job, "--", *own).stdout)
    (plan,) = lines(farm.ok(*job, "--dry-run", "--", *own))
    (announced,) = plan["servers"][0]["command"]
    announced.remove("ffmpeg")
    ran = failed["evidence"]["argv"]
    assert [word for word in announced if not word.startswith("file:")] == [
        word for word in ran if not word.startswith("file:")
    ]


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("-x264-params", "dump-yuv=/tmp/x"), "ffx: -x264-params: dump-yuv writes a file on the server\n"),
        (("-vf", "movie=/etc/passwd"), "ffx: -vf: the filter movie opens other files than the job's\n"),
        (("-foo", "1"), "ffx: -foo is no option that ffx knows; it is refused\n"),
    ],
)
def test_arguments_that_are_refused_are_so_at_once(
    ffx: Ffx, source: Path, words: tuple[str, str], refusal: str
) -> None:
    done = ffx.run("submit", "in.mp4", "-o", "out.mp4", "--encoder", "libx264", "--", *words)
    assert (done.returncode, done.stderr) == (2, refusal)
    done = ffx.run(
        *("submit", "in.mp4", "-o", "out.mp4", "--encoder", "libx264", "--dry-run", "--", *words),
        environment={"FFX_ARGUMENTS_POLICY": "any"},
    )
    assert refusal not in done.stderr


def test_a_dry_run_that_nobody_could_do_says_what_could_be_done(farm: Ffx, source: Path) -> None:
    done = farm.run("submit", "in.mp4", "-o", "out.mp4", "--encoder", "hevc_nvenc", "--dry-run")
    assert done.returncode == 3
    assert "    missing: hevc_nvenc\n" in done.stdout
    assert "warning: hevc_nvenc does not work here: " in done.stdout
    assert "  studio can do libx265 instead of hevc_nvenc\n" in done.stdout
    assert "ffmpeg -" not in done.stdout


def test_a_dry_run_makes_no_folder_and_minds_no_output(farm: Ffx, source: Path) -> None:
    (farm.folder / "there.mp4").write_text("precious", encoding="utf-8")
    farm.ok("submit", "in.mp4", "--out-dir", "out", *FAST, "--dry-run")
    farm.ok("submit", "in.mp4", "-o", "there.mp4", *FAST, "--dry-run")
    assert sorted(path.name for path in farm.folder.iterdir()) == ["in.mp4", "there.mp4"]
