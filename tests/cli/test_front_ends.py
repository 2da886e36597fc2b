"""Front ends and listeners of plugins: they see every job, and a broken one stops none."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.cli.conftest import Ffx

FAST = ("--encoder", "libx264", "--preset", "ultrafast", "--server", "studio")

PLUGIN = """
import json
from pathlib import Path
from ffx import hookimpl
from ffx.core.ui import UserInterface

class Diary(UserInterface):
    name = "diary"
    async def follow(self, jobs, events):
        async for event in events:
            print(len(jobs), event.state.value, event.phase.value, event.message or "-", flush=True)

class Fragile(UserInterface):
    name = "fragile"
    async def follow(self, jobs, events):
        async for event in events:
            raise RuntimeError("I broke")

@hookimpl
def ffx_register_uis():
    return [Diary(), Fragile()]

@hookimpl
def ffx_job_event(event):
    with Path("heard.txt").open("a") as file:
        file.write(event.state.value + "\\n")
"""


@pytest.fixture
def with_plugin(farm: Ffx, clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Ffx:
    """The farm, a clip ``in.mp4``, and a plugin with two front ends."""
    site = tmp_path_factory.mktemp("site")
    information = site / "fronts-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: fronts\nVersion: 1.0\n", encoding="utf-8")
    (information / "entry_points.txt").write_text("[ffx]\nfronts = fronts\n", encoding="utf-8")
    (site / "fronts.py").write_text(PLUGIN, encoding="utf-8")
    shutil.copy(clip, farm.folder / "in.mp4")
    farm.environment = farm.environment | {"PYTHONPATH": os.pathsep.join((str(site), os.environ.get("PYTHONPATH", "")))}
    return farm


def test_a_plugins_front_end_sees_all_jobs_even_refused_ones(with_plugin: Ffx) -> None:
    done = with_plugin.run("submit", "in.mp4", "gone.mp4", "--out-dir", "out", *FAST, "--ui", "diary")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0] == "1 failed done gone.mp4: there is no such file"
    assert lines[-1] == "1 completed done -"
    assert any(line.startswith("1 running encode") for line in lines)


def test_a_front_end_that_breaks_stops_no_job(with_plugin: Ffx) -> None:
    done = with_plugin.run("submit", "in.mp4", "-o", "out.mp4", *FAST, "--ui", "fragile")
    assert done.returncode == 0
    assert (with_plugin.folder / "out.mp4").stat().st_size > 10_000
    assert "the front end fragile failed; the jobs go on" in done.stderr


def test_plugins_hear_what_happens_to_jobs(with_plugin: Ffx) -> None:
    with_plugin.ok("submit", "in.mp4", "-o", "out.mp4", *FAST, "--json")
    heard = (with_plugin.folder / "heard.txt").read_text(encoding="utf-8").split()
    assert heard[0] == "queued"
    assert heard[-1] == "completed"


def test_a_reader_that_goes_away_does_not_lose_the_job(with_plugin: Ffx) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        with_plugin.command("submit", "in.mp4", "-o", "out.mp4", *FAST, "--json"),
        cwd=with_plugin.folder,
        env=with_plugin.environment,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert (with_plugin.folder / "out.mp4").stat().st_size > 10_000
    assert "Traceback" not in done.stderr
    assert json.dumps(done.returncode) == "1"


def test_a_command_and_a_webhook_hear_of_a_job_before_submit_ends(farm: Ffx, clip: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def listen() -> None:
        connection, _ = listener.accept()
        with connection:
            heard.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    thread = threading.Thread(target=listen)
    thread.start()
    note = farm.folder / "note.txt"
    program = [sys.executable, "-c", f"import os; open({str(note)!r}, 'w').write(os.environ['FFX_STATE'])"]
    (farm.folder / "ffx.toml").write_text(f"[notify]\ncommand = {json.dumps(program)}\n", encoding="utf-8")
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    fast = ("--encoder", "libx264", "--preset", "ultrafast", "--config", "ffx.toml")
    farm.ok("submit", clip, "-o", "told.mp4", *fast, environment={"FFX_NOTIFY_WEBHOOK": url})
    assert note.read_text() == "completed"
    thread.join(10)
    listener.close()
    assert heard[0].startswith(b"POST / HTTP/1.1")
    assert b"X-Ffx-Event: job_completed" in heard[0]
