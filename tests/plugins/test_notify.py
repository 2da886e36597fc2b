"""Notifications: what a real web server and real programs are told, how often, and what is logged instead."""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import threading
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from attrs import define, evolve, field

from ffx.core.configuration import Configuration, NotifyTable
from ffx.core.events import JobEvent, Phase
from ffx.core.model import JobConfiguration, JobResult, JobState
from ffx.core.recipe import Recipe
from ffx.plugins import notify

JOB = JobConfiguration("job-1", "/films/in.mkv", "/films/out.mp4", Recipe("libx264"), file_size=1000)
DONE = JobEvent(
    JOB, JobState.COMPLETED, Phase.DONE, 1e9, 1, "studio", result=JobResult("job-1", JobState.COMPLETED, file_size=400)
)
FAILED = evolve(DONE, state=JobState.FAILED, message="FFmpeg failed: no", result=None)


@define
class Site:
    """A web server that remembers what it was sent, and answers as it is told to."""

    answers: list[int]
    seen: list[tuple[Message, bytes]] = field(factory=list)
    address: str = ""


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site([])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            site.seen.append((self.headers, body))
            self.send_response(site.answers.pop(0) if site.answers else 200)
            self.send_header("Location", f"{site.address}/elsewhere")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    site.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


def told(settings: NotifyTable, event: JobEvent = DONE) -> list[float]:
    """Post an event; returns the pauses that were made."""
    pauses: list[float] = []
    notify.post(settings, notify.plain_event(event), pause=pauses.append)
    return pauses


def test_a_webhook_is_told_what_happened_and_can_check_who_says_it(site: Site) -> None:
    assert told(NotifyTable(webhook=site.address, secret="between us")) == []
    ((headers, body),) = site.seen
    plain = json.loads(body)
    assert (plain["event"], plain["job_id"], plain["server"]) == ("job_completed", "job-1", "studio")
    assert (plain["bytes_in"], plain["bytes_out"], plain["error"]) == (1000, 400, "")
    assert headers["Content-Type"] == "application/json"
    assert headers["X-FFX-Event"] == "job_completed"
    signed = headers["X-FFX-Timestamp"].encode() + b"." + body
    assert headers["X-FFX-Signature"] == f"sha256={hmac.new(b'between us', signed, hashlib.sha256).hexdigest()}"


def test_without_a_secret_nothing_is_signed(site: Site) -> None:
    told(NotifyTable(webhook=site.address), FAILED)
    ((headers, body),) = site.seen
    assert "X-FFX-Signature" not in headers
    assert json.loads(body)["error"] == "FFmpeg failed: no"


@pytest.mark.parametrize("answer", [500, 503, 429, 408])
def test_what_passes_is_tried_again_as_the_same_delivery(site: Site, answer: int) -> None:
    site.answers = [answer, answer]
    assert told(NotifyTable(webhook=site.address)) == [1.0, 3.0]
    assert len({headers["X-FFX-Delivery"] for headers, _ in site.seen}) == 1
    assert len({body for _, body in site.seen}) == 1


@pytest.mark.parametrize("answer", [400, 404, 301, 307])
def test_what_does_not_pass_is_logged_at_once(site: Site, answer: int, caplog: pytest.LogCaptureFixture) -> None:
    site.answers = [answer]
    assert told(NotifyTable(webhook=site.address)) == []
    assert len(site.seen) == 1
    assert f"the webhook was not told that /films/in.mkv completed: it answered with {answer}" in caplog.text


def test_it_gives_up_in_the_end(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.answers = [503] * 9
    assert told(NotifyTable(webhook=site.address)) == list(notify.PAUSES)
    assert len(site.seen) == 1 + len(notify.PAUSES)
    assert "it answered with 503" in caplog.text


def test_nobody_listens(caplog: pytest.LogCaptureFixture) -> None:
    assert told(NotifyTable(webhook="http://127.0.0.1:1/")) == list(notify.PAUSES)
    assert "refused" in caplog.text


WRITER = """
import json, os, sys
facts = {name: value for name, value in os.environ.items() if name.startswith("FFX_")}
open(sys.argv[1], "w").write(json.dumps([facts, json.load(sys.stdin)]))
"""


def test_a_command_has_the_facts_in_its_environment_and_all_of_it_on_its_input(tmp_path: Path) -> None:
    file = tmp_path / "told.json"
    notify.run((sys.executable, "-c", WRITER, str(file)), notify.plain_event(FAILED))
    facts, body = json.loads(file.read_text())
    assert facts["FFX_INPUT"] == "/films/in.mkv"
    assert (facts["FFX_STATE"], facts["FFX_ERROR"]) == ("failed", "FFmpeg failed: no")
    assert body == notify.plain_event(FAILED)


@pytest.mark.parametrize(
    ("command", "logged"),
    [
        (("/nowhere/program",), "the command was not told that /films/in.mkv completed"),
        (("PYTHON", "-c", "import sys; sys.exit('no such room')"), "completed ended with 1: no such room"),
        (("PYTHON", "-c", "import time; time.sleep(30)"), "completed was ended after 0 s"),
    ],
)
def test_a_command_that_fails_is_logged(
    command: tuple[str, ...], logged: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "time.sleep" in command[-1]:
        monkeypatch.setattr(notify, "COMMAND_LIMIT", 0.3)
    notify.run(tuple(sys.executable if word == "PYTHON" else word for word in command), notify.plain_event(DONE))
    assert logged in caplog.text


@pytest.mark.parametrize(
    ("event", "states", "expected"),
    [
        (DONE, ("completed",), 1),
        (FAILED, ("completed",), 0),
        (evolve(DONE, state=JobState.RUNNING, result=None), ("completed", "failed"), 0),
    ],
)
def test_only_the_ends_that_are_wanted_are_told(
    site: Site, event: JobEvent, states: tuple[str, ...], expected: int
) -> None:
    notify.ffx_job_event(event, Configuration(notify=NotifyTable(webhook=site.address, states=states)))
    for thread in threading.enumerate():
        if thread.name == "notification":
            thread.join()
    assert len(site.seen) == expected
