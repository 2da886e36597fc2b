"""What the window shows, without a window: pages, scrolling, selection, files, words."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ffx.cli.recipe_flags import no_options
from ffx.core.desk import (
    Check,
    EstimateRow,
    JobPage,
    JobRow,
    Level,
    LogLine,
    ServerCheck,
    ServerRow,
    Totals,
    TrackRow,
    Wishes,
)
from ffx.core.model import EncoderReport, EncoderType, JobState, ServerCapabilities, ServerInfo, ServerStatus
from ffx.gui_tk.capabilities_view import side_by_side
from ffx.gui_tk.files_view import FilesView
from ffx.gui_tk.log_view import LogView
from ffx.gui_tk.queue_view import PAGE, QueueView
from ffx.gui_tk.recipe_view import Kind, RecipeForm, check_lines, estimate_lines, shown, summary, tabs
from ffx.gui_tk.texts import Texts
from ffx.gui_tk.tracks_view import TracksView
from ffx.gui_tk.words import Words

WORDS = Words(Texts("en"))


def row(number: int) -> JobRow:
    return JobRow(number, f"id-{number}", JobState.PENDING, f"/films/{number}.mkv", f"/out/{number}.mkv")


def page(number: int, total: int) -> JobPage:
    """The newest first, as the queue gives them."""
    first = (number - 1) * PAGE
    return JobPage(tuple(row(total - place) for place in range(first, min(total, first + PAGE))), total)


def filled(view: QueueView, total: int) -> QueueView:
    view.total = total
    for number in view.wanted:
        view.take(number, page(number, total))
    return view


@given(
    total=st.integers(0, 100_000),
    height=st.integers(1, 60),
    moves=st.lists(st.one_of(st.floats(-0.2, 1.2), st.integers(-100_000, 100_000)), max_size=8),
)
def test_what_is_seen_is_the_part_that_was_scrolled_to(total: int, height: int, moves: list[float | int]) -> None:
    view = filled(QueueView(height=height), total)
    for move in moves:
        view.scroll_by(move) if isinstance(move, int) else view.scroll_to(move)
        filled(view, total)
        seen = [row.number for row in view.visible() if row is not None]
        assert seen == [total - place for place in range(view.first, min(total, view.first + height))]
        assert 0 <= view.first <= max(0, total - 1)
        low, high = view.span
        assert 0 <= low <= high <= 1
        assert len(view._pages) <= len(view.wanted) <= 2


def test_a_page_that_has_not_come_yet_is_a_gap() -> None:
    view = filled(QueueView(height=10), 1000)
    view.scroll_by(500)
    assert view.visible() == (None,) * 10
    assert view.wanted == (6,)
    assert view.take(6, page(6, 1000))
    assert [row and row.number for row in view.visible()] == list(range(500, 490, -1))
    assert not view.take(6, page(6, 1000))


def test_another_filter_begins_at_the_top() -> None:
    view = filled(QueueView(height=10), 1000)
    view.scroll_to(0.5)
    view.show([JobState.FAILED])
    assert (view.first, view.visible(), view.wanted) == (0, (), (1,))


def test_a_queue_that_gets_shorter_is_followed() -> None:
    view = filled(QueueView(height=10), 300)
    view.scroll_by(300)
    filled(view, 300)
    view.take(1, page(1, 5))
    assert view.first == 4


def test_files_are_there_once() -> None:
    view = FilesView()
    assert view.default_folder() is None
    assert view.add([Path("/a/1.mkv"), Path("/a/2.mkv"), Path("/a/1.mkv")]) == 2
    assert view.add([Path("/a/2.mkv"), Path("/b/3.mkv")]) == 1
    assert view.default_folder() == Path("/a/encoded")
    view.remove([Path("/a/1.mkv")])
    assert view.files == [Path("/a/2.mkv"), Path("/b/3.mkv")]
    view.clear()
    assert view.files == []


def test_a_job_in_words() -> None:
    running = evolve(
        row(3), state=JobState.RUNNING, server="studio", encoder="libx265", phase="encode", progress=0.43, fps=23.6,
        eta=12.0, size_in=4_100_000,
    )  # fmt: skip
    assert WORDS.job(running) == (
        *("3", "3.mkv", "▶ running", "studio", "libx265", "encode 43 %, 24 fps, 12 s left", "4.1 MB", ""),
    )
    done = evolve(running, state=JobState.COMPLETED, progress=1.0, size_out=1_300_000)
    assert WORDS.job(done)[2:] == ("✔ done", "studio", "libx265", "", "4.1 MB → 1.3 MB", "")
    assert WORDS.job_state(evolve(running, paused=True)) == "⏸ paused"
    assert len({WORDS.job_state(evolve(row(1), state=state)) for state in JobState}) == len(JobState)


def test_a_server_in_words() -> None:
    there = ServerRow("studio", "ws://studio:8765", ServerInfo("id", "studio", current_jobs=1, max_jobs=2))
    assert WORDS.server(there) == ("studio", "ws://studio:8765", "✔ connected", "1/2", "0 %", "0 GB", "0 GB")
    assert there.info is not None
    assert len(WORDS.server(evolve(there, info=None))) == len(WORDS.server(there))
    drains = evolve(there, info=evolve(there.info, status=ServerStatus.MAINTENANCE))
    assert WORDS.server_state(drains) == "⏸ draining"
    gone = evolve(there, info=None, error="studio:8765 refused the connection")
    assert (WORDS.server_state(gone), WORDS.server_details(gone)) == ("✖ disconnected", gone.error)
    assert WORDS.server_state(evolve(gone, error="the token is wrong")) == "✖ error"


def test_the_whole_in_words() -> None:
    assert WORDS.status(Totals(), ()) == ("Ready", "No server, 0 jobs")
    there = ServerRow("studio", "ws://studio:8765", ServerInfo("id", "studio"))
    gone = ServerRow("attic", "ws://attic:8765")
    counts = {JobState.RUNNING: 2, JobState.PENDING: 3, JobState.COMPLETED: 9}
    totals = Totals(counts, fps=142.2, eta=720.0)
    assert WORDS.status(totals, (there, gone)) == ("Encoding", "1 server, 5 jobs, 142 fps, 12:00 left")
    assert WORDS.status(evolve(totals, paused=True), ())[0] == "The queue is paused"
    assert Words(Texts("fr")).status(Totals(), ()) == ("Prêt", "Aucun serveur, 0 job")


def test_capabilities_side_by_side() -> None:
    x264 = EncoderReport("libx264", "h264", works=True, max_resolution="4K", ten_bit=True, fps=118.4)
    nvenc = EncoderReport(
        "hevc_nvenc", "hevc", encoder_type=EncoderType.HARDWARE_NVIDIA, reason="no_device", hint="no NVIDIA GPU"
    )
    found = {"studio": ServerCapabilities(encoders=(x264, nvenc)), "attic": ServerCapabilities(encoders=(x264,))}
    view = side_by_side(found, Texts("en"))
    assert view.servers == ("studio", "attic")
    assert [(row.vendor, row.encoder, row.cells) for row in view.rows] == [
        ("software", "libx264", ("✔ 4K, 10 bit, 118 fps", "✔ 4K, 10 bit, 118 fps")),
        ("nvidia", "hevc_nvenc", ("✖ no device: no NVIDIA GPU", "not tried")),
    ]


def test_a_form_says_what_is_given_in_the_words_of_the_command_line() -> None:
    texts = Texts("en")
    values: dict[str, str | bool] = {
        "codec": "",
        "scale": " 1280: ",
        "two_pass": False,
        "audio": "lang=fra codec=opus\n\n  index=2 copy\n",
        "subtitles": "\n",
    }
    wishes = RecipeForm("phone", "studio", values).wishes(texts)
    assert wishes == Wishes("phone", {"scale": "1280:", "audio": ("lang=fra codec=opus", "index=2 copy")}, "studio")
    assert summary(wishes) == "audio=lang=fra codec=opus; index=2 copy scale=1280:"
    assert RecipeForm(values={"two_pass": True}).wishes(texts).options == {"two_pass": True}


def test_every_field_is_an_option_of_the_command_line() -> None:
    known = {**no_options(), "ffmpeg_args": None}
    fields = [one for tab in tabs(Texts("en")) for one in tab.fields]
    assert len({one.name for one in fields}) == len(fields)
    for one in fields:
        assert one.name in known
        assert (known[one.name] == ()) is (one.kind is Kind.LINES)
        assert (known[one.name] is False) is (one.kind is Kind.SWITCH)


def test_every_option_of_the_command_line_has_a_field() -> None:
    assert {*no_options(), "ffmpeg_args"} == {one.name for tab in tabs(Texts("en")) for one in tab.fields}


def test_what_was_said_is_shown_as_it_is_read() -> None:
    fields = {one.name: one for tab in tabs(Texts("en")) for one in tab.fields}
    said: dict[str, str | tuple[str, ...] | bool] = {
        "filters": ("hue=s=0", "eq=gamma=1.2"),
        "ffmpeg_args": ("-metadata", "title=a film"),
        "scale": "1280:",
    }
    values: dict[str, str | bool] = {name: shown(fields[name], value) for name, value in said.items()}
    assert values["ffmpeg_args"] == "-metadata 'title=a film'"
    again = RecipeForm(values=values).wishes(Texts("en")).options
    assert again == {**said, "ffmpeg_args": values["ffmpeg_args"]}
    assert shown(fields["codec"], None) == ""


SOUNDS = tuple(TrackRow(index, "audio", "aac", channels=2) for index in (1, 2, 4))


def test_tracks_are_kept_left_out_moved_and_made_something_else_of() -> None:
    view = TracksView(SOUNDS)
    view.take(())
    assert view.lines() == ()
    view.say(1, " codec=opus bitrate=128k ")
    view.toggle(0)
    assert view.lines() == ("index=2 codec=opus bitrate=128k", "index=4")
    assert view.move(2, -5) == 0
    assert view.lines() == ("index=4", "index=2 codec=opus bitrate=128k")
    assert [row[0] for row in view.cells(Texts("en"))] == ["✔", "✖", "✔"]
    assert view.cells(Texts("en"))[2][1:] == ("2", "", "aac, stereo", "", "codec=opus bitrate=128k")
    view.toggle(0)
    view.toggle(2)
    assert view.lines() == ("none",)
    view.take(view.lines())
    assert not any(track.kept for track in view.tracks)


def test_a_file_of_subtitles_stands_behind_the_tracks() -> None:
    view = TracksView((TrackRow(2, "subtitle", "subrip", "fra", forced=True),))
    view.take(())
    view.others = ("file='my subtitles.srt' lang=eng",)
    assert view.lines() == ("index=2", "file='my subtitles.srt' lang=eng")
    view.take(("file=en.srt",))
    assert not view.tracks[0].kept
    assert view.cells(Texts("en"))[0][3] == "subrip, forced"


@given(
    st.lists(
        st.tuples(st.sampled_from(("toggle", "say", "up", "down")), st.integers(0, 2), st.sampled_from(("", "copy"))),
        max_size=8,
    )
)
def test_whatever_is_done_to_tracks_is_read_as_it_was_written(steps: list[tuple[str, int, str]]) -> None:
    view, again = TracksView(SOUNDS), TracksView(SOUNDS)
    view.take(())
    for step, place, words in steps:
        if step == "toggle":
            view.toggle(place)
        elif step == "say":
            view.say(place, words)
        else:
            view.move(place, -1 if step == "up" else 1)
    again.take(view.lines())
    assert again.is_clear
    assert again.lines() == view.lines()
    assert {track.row for track in view.tracks} == set(SOUNDS)


@pytest.mark.parametrize("line", ["lang=fra", "index=9 copy", "copy", "index=x"])
def test_lines_that_choose_otherwise_are_left_to_their_writer(line: str) -> None:
    view = TracksView(SOUNDS)
    view.take((line,))
    assert {row[0] for row in view.cells(Texts("en"))} == {"?"}
    view.toggle(1)
    assert view.lines() == ("index=2",)


def test_what_servers_say_of_a_recipe() -> None:
    texts = Texts("en")
    studio = ServerCheck("studio", "hevc_nvenc", hardware=True, warnings=("it has no free slot",), command="ffmpeg")
    attic = ServerCheck("attic", missing=("hevc_nvenc",))
    check = Check((studio, attic), ("attic can do libx265 instead",))
    assert check_lines(check, "", texts) == (
        "✔ studio: hevc_nvenc (hardware)",
        "    it has no free slot",
        "✖ attic: not compatible: hevc_nvenc",
        "attic can do libx265 instead",
    )
    assert check_lines(Check((attic,)), "studio", texts) == ("No server",)
    rows = (EstimateRow("studio", "libx265", 754.0, 2_000_000, "vmaf 95"), EstimateRow("attic", error="it is gone"))
    assert estimate_lines(rows) == ("studio: libx265, 12:34, 2.0 MB, vmaf 95", "✖ attic: it is gone")


@given(st.lists(st.sampled_from(list(Level)), max_size=12), st.integers(0, 12))
def test_lines_of_the_log_come_once_and_in_their_order(levels: list[Level], first: int) -> None:
    lines = [LogLine(number, 0.0, level, "id", f"line {number}") for number, level in enumerate(levels, 1)]
    view = LogView()
    shown = [*view.take(lines[:first]), *view.take(lines)]  # the second answer has the first one's lines once more
    assert shown == lines == list(view.shown())
    assert view.last == len(lines)
    view.choose("error", "")
    assert [line.level for line in view.shown()] == [level for level in levels if level is Level.ERROR]
    view.choose("warning", " LINE 1 ")
    assert all(line.level is not Level.INFO and "line 1" in line.text for line in view.shown())
