"""The window, for real: a display, two servers, real encodes, clicks, keys and drags."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from tkinter import font

import pytest

from ffx.core.model import JobState
from ffx.gui_tk.application import geometry_on
from ffx.gui_tk.batch_window import BatchWindow
from ffx.gui_tk.capabilities_window import CapabilitiesWindow
from ffx.gui_tk.history_window import HistoryWindow
from ffx.gui_tk.log_window import LogWindow
from ffx.gui_tk.merge_window import MergeWindow
from ffx.gui_tk.settings_window import SettingsWindow
from ffx.media.probe import count_packets, probe
from tests.cli.conftest import Ffx
from tests.gui_tk.person import Person

OpenWindow = Callable[..., Person]


@pytest.fixture
def films(farm: Ffx, clip: Path) -> list[Path]:
    """Three films in a folder."""
    folder = farm.folder / "films"
    folder.mkdir()
    found = [folder / f"{name}.mp4" for name in ("one", "two", "three")]
    for film in found:
        shutil.copy(clip, film)
    return found


def frames_played(film: Path) -> int:
    """How many frames a player shows; none of them is damaged."""
    words = ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0"]
    words += ["-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", str(film)]
    played = subprocess.run(words, capture_output=True, text=True, check=True)
    assert played.stderr == ""
    return int(played.stdout)


@pytest.mark.usefixtures("other_program")
def test_who_never_saw_a_command_line(farm: Ffx, open_window: OpenWindow, films: list[Path], pictures: Path) -> None:
    person = open_window()
    person.until(lambda: set(person.servers()) == {"attic", "studio"}, "both servers are seen")
    assert set(person.servers().values()) == {"✔ connected"}
    (studio,) = (row for row in person.main.servers if row.name == "studio")
    person.type(person.main.servers_pane.entry, studio.address.partition("//")[2])
    person.click(person.main.servers_pane.add_button)
    person.until(lambda: any(row.name == "studio" and row.remembered for row in person.main.servers), "it was added")

    person.main.files.folder.set("")
    person.drop(films, person.main.files.tree)
    assert person.main.files.view.files == films
    person.until(lambda: bool(person.main.files.profile.get()), "profiles are known")
    assert person.main.files.folder.get() == str(films[0].parent / "encoded")
    person.main.files.profile.set("h264-fast")
    person.main.queue.pause()
    person.until(lambda: person.main.totals.paused, "the queue is paused")
    person.click(person.main.files.start_button)
    person.until(lambda: len(person.jobs()) == 3, "three jobs are seen")
    assert {row.state for row in person.jobs()} == {JobState.PENDING}

    number = person.jobs()[0].number
    person.drag_job(number, "attic")
    person.until(lambda: person.jobs()[0].server == "attic", "the job is for the attic")
    person.main.queue.pause()
    person.until(lambda: any(row.state is JobState.RUNNING for row in person.jobs()), "something runs")
    person.picture(pictures / "window.png")
    assert probe(pictures / "window.png").video is not None
    person.until(lambda: all(row.state is JobState.COMPLETED for row in person.jobs()), "all is done")
    assert next(row.server for row in person.jobs() if row.number == number) == "attic"
    for film in films:
        result = film.parent / "encoded" / film.name
        assert frames_played(result) == 234
        media = probe(result)
        assert media.video is not None
        assert media.video.codec == "h264"
    person.until(lambda: "2 servers, 0 jobs" in person.main.status[1], "the status bar says it")


def test_what_the_command_line_adds_is_seen_at_once(farm: Ffx, open_window: OpenWindow, films: list[Path]) -> None:
    person = open_window()
    farm.ok("submit", films[0], "-o", "out.mp4", "--encoder", "libx264", "--preset", "ultrafast", "--detach")
    person.until(lambda: any(row.input == str(films[0]) for row in person.jobs()), "the job is seen")
    person.until((farm.folder / "out.mp4").exists, "the window works the queue")


def test_a_job_is_cancelled_and_begun_anew_by_keys_and_menu(
    farm: Ffx, open_window: OpenWindow, films: list[Path]
) -> None:
    person = open_window()
    person.main.queue.pause()
    person.until(lambda: person.main.totals.paused, "the queue is paused")
    fast = ("--encoder", "libx264", "--preset", "ultrafast", "--detach")
    farm.ok("submit", films[0], "-o", "gone.mp4", *fast)
    person.until(lambda: bool(person.jobs()) and person.jobs()[0].output.endswith("gone.mp4"), "the job is seen")
    number = person.jobs()[0].number

    def state() -> JobState:
        return next(row.state for row in person.jobs() if row.number == number)

    person.click_job(number)
    assert person.main.queue.view.selected == {number}
    person.press(person.main.queue.table.tree, "<Delete>")
    person.until(lambda: state() is JobState.CANCELLED, "it is cancelled")
    person.press(person.main.queue.table.tree, "<F2>")
    assert person.messages == ["ffx: Only a job that waits can be changed."]
    person.main.queue.fill_menu()
    menu = person.main.queue.menu
    titles = {menu.entrycget(place, "label"): place for place in range(6) if menu.type(place) != "separator"}
    assert menu.entrycget(titles["Cancel"], "state") == "disabled"
    menu.invoke(titles["Retry"])
    person.until(lambda: state() is JobState.PENDING, "it waits again")
    menu.invoke(titles["Cancel"])
    person.press(person.main.queue.table.tree, "<Delete>")
    person.until(lambda: state() is JobState.CANCELLED, "it is cancelled again")
    person.main.queue.pause()
    person.until(lambda: not person.main.totals.paused, "the queue goes on")


def test_errors_are_sentences(open_window: OpenWindow, tmp_path: Path) -> None:
    person = open_window()
    person.type(person.main.servers_pane.entry, "127.0.0.1:1")
    person.click(person.main.servers_pane.add_button)
    person.until(lambda: bool(person.messages), "a box opens")
    assert "127.0.0.1:1 refused the connection" in person.messages[-1]
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"nothing of a film")
    person.main.files.add([broken])
    person.until(lambda: bool(person.main.files.profile.get()), "profiles are known")
    person.click(person.main.files.start_button)
    person.until(lambda: len(person.messages) > 1, "another box opens")
    assert "broken.mp4: not a media file" in person.messages[-1]


def test_it_speaks_french_and_remembers_what_was_chosen(open_window: OpenWindow, tmp_path: Path) -> None:
    person = open_window(LANG="fr_FR.UTF-8")
    assert person.main.files.start_button.cget("text") == "Démarrer"
    person.until(lambda: "serveur" in person.main.status[1], "the status bar speaks French")
    person.main.files.folder.set(str(tmp_path / "résultats"))
    person.window.set_theme("dark")
    person.look()
    person.leave()
    again = open_window(LANG="fr_FR.UTF-8")
    assert again.main.files.folder.get() == str(tmp_path / "résultats")
    assert again.window.theme == "dark"


def test_it_fits_on_the_screen(open_window: OpenWindow) -> None:
    person = open_window()
    person.look(0.2)
    root = person.window.root
    assert root.winfo_rooty() + root.winfo_height() <= 720
    assert root.winfo_rootx() + root.winfo_width() <= 1280


def test_on_a_screen_of_high_resolution_everything_is_larger(open_window: OpenWindow, fine_display: str) -> None:
    sizes = []
    for person, width in ((open_window(), 1280), (open_window(DISPLAY=fine_display), 2560)):
        person.look(0.2)
        root, pane = person.window.root, person.main.servers_pane
        text = font.nametofont("SunValleyBodyFont", root).metrics("linespace")
        sizes.append((text, pane.tree.column("state", "width"), root.minsize()[0]))
        assert pane.tree.winfo_rootx() + pane.tree.winfo_width() <= width
    small, large = sizes
    assert all(1.8 < twice / once < 2.2 for once, twice in zip(small, large, strict=True)), sizes


def test_capabilities_are_shown_side_by_side(open_window: OpenWindow, pictures: Path) -> None:
    person = open_window()
    window = CapabilitiesWindow(person.window)
    person.until(lambda: window.tree is not None, "the servers have answered")
    assert window.tree is not None
    columns = window.tree.cget("columns")
    assert {window.tree.heading(column, "text") for column in columns[2:]} == {"attic", "studio"}
    rows = {values[1]: values for values in (window.tree.item(item, "values") for item in window.tree.get_children())}
    assert rows["libx264"][0] == "software"
    assert rows["libx264"][2].startswith("✔ ")
    assert rows["hevc_nvenc"][2].startswith("✖ ")
    assert rows[window.tree.item(window.tree.get_children()[0], "values")[1]][2].startswith("✔")
    hopeless = next(item for item in window.tree.get_children() if window.tree.set(item, "encoder") == "hevc_nvenc")
    window.tree.selection_set(hopeless)
    person.until(lambda: "studio: ✖ " in window.details.get(), "the whole reason is shown")
    person.picture(pictures / "capabilities.png")
    person.press(window, "<Escape>")
    assert not window.is_open


def test_a_whole_folder_goes_into_the_queue_and_the_history_counts_it(
    farm: Ffx, open_window: OpenWindow, films: list[Path], tmp_path: Path, pictures: Path
) -> None:
    person = open_window()
    batch = BatchWindow(person.window)
    person.until(lambda: bool(batch.profile.get()), "profiles are known")
    batch.source.set(str(films[0].parent))
    batch.target.set(str(tmp_path / "results"))
    batch.profile.set("h264-fast")
    person.click(batch.start_button)
    person.until(lambda: len(list((tmp_path / "results").glob("*.240p.mp4"))) == 3, "three results are there")
    person.until(lambda: person.main.totals.counts.get(JobState.COMPLETED, 0) >= 3, "all is done")
    history = HistoryWindow(person.window)
    person.until(lambda: bool(history.summary.get()), "the history is known")
    assert history.summary.get().split()[1:3] == ["jobs", "done,"]
    assert any(" fps, " in history.chart.itemcget(item, "text") for item in history.chart.find_all()
               if history.chart.type(item) == "text")  # fmt: skip
    person.picture(pictures / "history.png")
    again = BatchWindow(person.window)
    again.source.set(str(films[0].parent))
    again.template.set("{nothing}")
    person.click(again.start_button)
    person.until(lambda: bool(person.messages), "a box opens")
    assert "nothing" in person.messages[-1]


def test_a_recipe_is_edited_checked_estimated_and_used(
    farm: Ffx, open_window: OpenWindow, films: list[Path], pictures: Path
) -> None:
    person = open_window()
    person.until(lambda: bool(person.main.files.profile.get()) and len(person.main.servers) == 2, "all is known")
    person.main.files.profile.set("h264-fast")
    person.main.files.folder.set(str(films[0].parent / "encoded"))
    person.main.files.add(films[:1])
    window = person.main.files.edit_recipe()

    def says(words: str) -> bool:
        return words in window.answer.get("1.0", "end")

    window.set_field("encoder", "hevc_nvenc")
    person.click(window.buttons["check"])
    person.until(lambda: says("✖ studio: not compatible: hevc_nvenc"), "the server lacks it")
    window.set_field("encoder", "libx264")
    window.set_field("quality", "99")
    person.click(window.buttons["check"])
    person.until(lambda: says("quality 99 is impossible for libx264"), "the quality is impossible")
    window.set_field("quality", "30")
    window.set_field("scale", "160:")
    window.set_field("audio", "codec=aac bitrate=64k downmix=mono")
    window.server.set("studio")
    person.click(window.buttons["check"])
    person.until(lambda: says("✔ studio: libx264 (software)"), "the server can do it")
    assert says("scale=160:120")
    assert not says("attic")
    person.picture(pictures / "recipe.png")
    person.click(window.buttons["estimate"])
    person.until(lambda: says("studio: libx264, "), "the estimate is there")
    person.click(window.buttons["preview"])
    person.until(lambda: window.picture is not None, "the preview is there")
    assert window.picture is not None
    assert (window.picture.width(), window.picture.height()) == (160 + 4 + 160, 120)
    person.close("Before and after")
    person.click(window.buttons["done"])
    assert not window.is_open
    person.click(person.main.files.start_button)
    result = films[0].parent / "encoded" / "one.mp4"
    person.until(result.exists, "it is encoded")
    media = probe(result)
    assert media.video is not None
    assert (media.video.width, media.video.height) == (160, 120)
    assert [sound.channels for sound in media.audio] == [1]


def test_without_a_file_a_recipe_is_edited_all_the_same(open_window: OpenWindow) -> None:
    person = open_window(LANG="fr_FR.UTF-8")
    window = person.main.files.edit_recipe()
    person.look()
    assert window.buttons["check"].instate(["disabled"])
    assert window.buttons["check"].cget("text") == "Tester Compatibilité"
    assert window.server.get() == "Sélection automatique"
    window.set_field("quality", "30")
    person.click(window.buttons["done"])
    assert person.main.files.wishes.options == {"quality": "30"}


def test_the_recipe_of_a_job_that_waits_is_edited(
    farm: Ffx, open_window: OpenWindow, films: list[Path], tmp_path: Path, pictures: Path
) -> None:
    person = open_window()
    film, output = films[0], tmp_path / "out.m4v"
    person.click(person.main.queue.pause_button)
    person.until(lambda: person.main.totals.paused, "the queue is paused")
    fast = ("--encoder", "libx264", "--preset", "ultrafast", "--quality", "30", "--priority", "7", "--detach")
    farm.ok("submit", film, "-o", output, *fast)
    person.until(lambda: bool(person.jobs()) and person.jobs()[0].output == str(output), "the job is seen")
    number = person.jobs()[0].number
    person.click_job(number)
    person.press(person.main.queue.table.tree, "<F2>")
    person.until(lambda: person.main.queue.editor is not None, "the editor opens")
    editor = person.main.queue.editor
    assert editor is not None
    assert editor.wishes().options["quality"] == "30"
    assert editor.wishes().options["preset"] == "ultrafast"

    def says(words: str) -> bool:
        return words in editor.answer.get("1.0", "end")

    person.until(lambda: says("✔ studio: libx264 (software)"), "it is checked unasked")
    editor.book.select(2)
    sounds = editor.tracks["audio"]
    person.until(lambda: bool(sounds.tree.get_children()), "its sounds are listed")
    assert sounds.tree.set(sounds.tree.get_children()[0], "track") == "aac, stereo, default"
    person.click(sounds.tree, 200, 30 + 12)
    sounds.words.set("codec=libopus bitrate=64k")
    person.click(sounds.buttons["say"])
    assert editor.wishes().options["audio"] == ("index=1 codec=libopus bitrate=64k",)
    person.until(lambda: says("✖ attic: not compatible: libopus"), "no server has that encoder")
    sounds.words.set("codec=aac bitrate=64k downmix=mono")
    person.click(sounds.buttons["say"])
    editor.set_field("scale", "160:")
    editor.server.set("attic")
    person.until(lambda: says("✔ attic: libx264 (software)") and not says("studio"), "it is checked again")
    person.picture(pictures / "tracks.png")
    person.click(editor.buttons["done"])
    person.until(lambda: person.jobs()[0].number > number, "another job takes its place")
    assert next(row.state for row in person.jobs() if row.number == number) is JobState.CANCELLED
    assert (person.jobs()[0].output, person.jobs()[0].priority) == (str(output), 7)
    person.click(person.main.queue.pause_button)
    person.until(output.exists, "it is encoded")
    media = probe(output)
    assert media.video is not None
    assert (media.video.width, [(sound.codec, sound.channels) for sound in media.audio]) == (160, [("aac", 1)])
    person.until(lambda: person.jobs()[0].server == "attic", "by the server that was chosen")


def test_the_keyboard_alone_reaches_what_is_out_of_sight(farm: Ffx, open_window: OpenWindow, films: list[Path]) -> None:
    person = open_window()
    person.click(person.main.queue.pause_button)
    person.until(lambda: person.main.totals.paused, "the queue is paused")
    for round_ in range(3):
        farm.ok("submit", *films, "--out-dir", f"many-{round_}", "--encoder", "libx264", "--detach")
    person.until(lambda: person.main.queue.view.total >= 9, "many jobs are seen")
    view, tree = person.main.queue.view, person.main.queue.table.tree
    last = person.window.desk.page((), number=1, size=1000).rows[-1].number
    person.press(person.window.root, "<F4>")
    assert len(view.selected) == 1
    view.height = 5  # as in a small window
    person.main.queue.table.show()
    for _ in range(view.total):
        person.press(tree, "<Down>")
        person.until(lambda: None not in view.visible(), "the rows are there")
    assert view.selected == {last}
    assert view.first > 0
    person.press(tree, "<Up>")
    assert min(view.selected) > last
    person.click(person.main.queue.stop_button)
    person.until(lambda: not any(row.state is JobState.PENDING for row in person.jobs()), "all are cancelled")
    person.click(person.main.queue.pause_button)
    person.until(lambda: not person.main.totals.paused, "the queue goes on")
    person.press(person.window.root, "<F3>")
    assert person.main.servers_pane.chosen is not None


def test_everything_is_stopped_after_a_question(farm: Ffx, open_window: OpenWindow, films: list[Path]) -> None:
    person = open_window()
    person.click(person.main.queue.pause_button)
    person.until(lambda: person.main.totals.paused, "the queue is paused")
    farm.ok("submit", *films, "--out-dir", "stopped", "--encoder", "libx264", "--detach")
    person.until(lambda: sum(row.state is JobState.PENDING for row in person.jobs()) == 3, "three jobs wait")
    person.click(person.main.queue.stop_button)
    person.until(lambda: not any(row.state is JobState.PENDING for row in person.jobs()), "all are cancelled")
    assert person.messages[-1] == "ffx: Cancel all jobs that are not done?"
    person.click(person.main.queue.pause_button)
    person.until(lambda: not person.main.totals.paused, "the queue goes on")


def test_the_log_is_filtered_and_files_are_merged(
    farm: Ffx, open_window: OpenWindow, films: list[Path], tmp_path: Path
) -> None:
    person = open_window()
    log = LogWindow(person.window)
    person.look()
    merge = MergeWindow(person.window, films)
    merge.tree.selection_set(merge.tree.get_children()[2])
    person.click(merge.buttons["up"])
    assert [path.stem for path in merge.files] == ["one", "three", "two"]
    merge.output.set(str(tmp_path / "all.mp4"))
    person.click(merge.start_button)
    person.until((tmp_path / "all.mp4").exists, "the one is there")
    assert "copied: all files have the same streams" in person.messages[-1]
    assert count_packets(tmp_path / "all.mp4").streams[0].packets == 3 * 234

    def lines() -> list[str]:
        return [str(log.tree.set(item, "text")) for item in log.tree.get_children()]

    person.until(lambda: any("one.mp4: done on " in line for line in lines()), "the log tells of it")
    log.level.set("error")
    log._choose()
    assert lines() == []
    log.level.set("all")
    person.type(log.entry, "done")
    person.until(lambda: bool(lines()) and all("done" in line for line in lines()), "only its end is shown")


def test_a_server_is_preferred_drained_and_forgotten(farm: Ffx, open_window: OpenWindow) -> None:
    person = open_window()
    pane = person.main.servers_pane
    person.until(lambda: "attic" in person.servers(), "the servers are seen")
    (attic,) = (row for row in person.main.servers if row.name == "attic")
    person.type(pane.entry, attic.address.partition("//")[2])
    person.press(pane.entry, "<Return>")
    person.until(lambda: any(row.name == "attic" and row.remembered for row in pane.rows), "it was added")
    pane.tree.selection_set("attic")
    person.look()
    assert "it answers after " in pane.details.get()
    assert pane.tree.set("attic", "disk").endswith(" GB")
    pane.fill_menu()
    pane.menu.invoke(0)
    person.until(lambda: bool(person.messages), "it is tried")
    assert person.messages[-1].startswith("attic: ✔ connected\nit answers after ")
    pane.menu.invoke(3)
    person.until(lambda: "preferred for hevc" in pane.details.get(), "it is preferred")
    person.click(pane.drain_button)
    person.until(lambda: person.servers()["attic"] == "⏸ draining", "it is drained")
    assert pane.drain_button.cget("text") == "Take jobs again"
    person.click(pane.drain_button)
    person.until(lambda: person.servers()["attic"] == "✔ connected", "it takes jobs again")
    person.click(pane.remove_button)
    person.until(lambda: any(row.name == "attic" and not row.remembered for row in pane.rows), "it was forgotten")


def test_settings_are_kept(open_window: OpenWindow, farm: Ffx, tmp_path: Path) -> None:
    file = tmp_path / "ffx.toml"
    file.write_text("# mine\n[submit]\nlocal = 'auto'  # here too\n")
    mine = Ffx(farm.folder, farm.home, FFX_CONFIG=str(file), FFX_POLICY="weighted")
    person = open_window(mine)
    settings = SettingsWindow(person.window)
    person.until(lambda: "submit.local" in settings.values, "the settings are known")
    assert settings.note.get() == "FFX_POLICY decides what is grey."
    settings.theme.set("Light")
    settings.language.set("Français")
    person.look()
    assert person.window.theme == "light"
    assert settings.note.get() == "The language changes with the next start."
    settings.values["notify.webhook"].set("gopher://here")
    settings.values["submit.local"].set("never")
    person.click(settings.save_button)
    person.until(lambda: "notify.webhook begins with https:// or http://" in settings.note.get(), "it is refused")
    assert "never" not in file.read_text()
    settings.values["notify.webhook"].set("")
    settings.values["notify.command"].set("notify-send 'a job'")
    person.click(settings.save_button)
    person.until(lambda: settings.note.get() == "Saved; it counts from the next start.", "it is saved")
    assert file.read_text() == (
        '# mine\n[submit]\nlocal = "never"  # here too\n\n[notify]\ncommand = ["notify-send", "a job"]\n'
    )
    person.leave()
    again = open_window(mine)
    assert again.window.words.texts.language == "fr"
    again.window.remember(language="en")
    values = {setting.name: setting for setting in again.window.desk.settings()}
    assert (values["submit.local"].value, values["notify.command"].value) == ("never", "notify-send 'a job'")
    assert (values["policy.name"].fixed_by, values["policy.name"].choices) == ("FFX_POLICY", ("weighted",))


def test_a_window_that_is_closed_during_an_encode_loses_nothing(
    farm: Ffx, open_window: OpenWindow, films: list[Path], tmp_path: Path
) -> None:
    person = open_window()
    output = tmp_path / "slow.mp4"
    slow = ("--encoder", "libx264", "--preset", "ultrafast", "--filter", "realtime=speed=2", "--server", "studio")
    farm.ok("submit", films[0], "-o", output, *slow, "--detach")
    person.until(
        lambda: any((row.progress or 0) > 0.1 and row.phase == "encode" for row in person.jobs()), "it encodes"
    )
    number = person.jobs()[0].number
    person.leave()
    again = open_window()
    again.until(output.exists, "it is there")
    again.until(lambda: again.jobs()[0].state is JobState.COMPLETED, "it is seen to be done")
    assert farm.json("queue", "show", str(number))["attempts"] == 1
    assert count_packets(output).streams[0].packets == 234


def test_a_server_that_vanishes_is_shown_and_comes_back_by_itself(farm: Ffx, open_window: OpenWindow) -> None:
    person = open_window()
    with farm.serving("--name", "guest") as guest:
        port = guest.port
        farm.ok("servers", "add", f"127.0.0.1:{port}")
        person.until(lambda: person.servers().get("guest") == "✔ connected", "it is seen")
    person.until(lambda: person.servers()["guest"] == "✖ disconnected", "it is gone")
    person.main.servers_pane.tree.selection_set("guest")
    person.look()
    assert "refused the connection" in person.main.servers_pane.details.get()
    with farm.serving("--name", "guest", "--port", port):
        person.until(lambda: person.servers()["guest"] == "✔ connected", "it is back")
    farm.ok("servers", "remove", "guest")
    person.until(lambda: "guest" not in person.servers(), "it was forgotten")


@pytest.mark.parametrize(
    ("remembered", "geometry"),
    [
        ("", "1272x656"),
        ("nonsense", "1272x656"),
        ("900x500+100+50", "900x500+100+50"),
        ("4000x3000+10+10", "1272x656+0+0"),
        ("900x500+5000+-70", "900x500+372+0"),
        ("900x500-20-20", "900x500+0+0"),
    ],
)
def test_a_window_opens_where_it_was_and_never_beside_the_screen(remembered: str, geometry: str) -> None:
    assert geometry_on((1280, 720), remembered) == geometry
