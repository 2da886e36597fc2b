"""The window with 100,000 jobs and 50 servers: how long it is deaf while a person scrolls, filters and selects; how
soon it is there; what it costs while nothing happens.

On a display of its own (Xvfb). A heartbeat in the thread that draws beats every 5 ms: while it is late, the window is
deaf.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import tkinter as tk
from collections.abc import Callable, Iterator
from functools import partial

import psutil

from benchmarks.harness import ROOT, Figure, place, report
from benchmarks.queue_page import fill
from ffx.cli.assembly import assemble
from ffx.cli.desk import ProgramDesk
from ffx.core.desk import ServerRow
from ffx.core.folders import folders
from ffx.core.model import ServerInfo
from ffx.gui_tk.queue_pane import QueuePane
from tests.gui_tk.displays import virtual_display

JOBS = 100_000
SERVERS = 50
DEAF = 50.0
"""Milliseconds that the window may be at the most."""
OPEN = 1.0
"""Seconds from the end of the imports to a window that is drawn."""
IDLE = 1.0
"""Per cent of a core."""
IDLE_SECONDS = 15.0
BEAT = 5
"""Milliseconds."""


class CrowdedDesk(ProgramDesk):
    """With more servers than there are machines here."""

    def servers(self) -> Iterator[ServerRow]:
        for number in range(SERVERS):
            info = ServerInfo(f"id-{number}", f"server-{number:02}", current_jobs=int(time.time() + number) % 3)
            yield ServerRow(info.name, f"ws://10.0.0.{number}:8765", info, 0.001)


def main() -> None:
    with place() as here, virtual_display() as display:
        environment = {"FFX_HOME": str(here.folder / "home"), "DISPLAY": display}
        fill(folders(environment).queue_file, JOBS)
        command = [sys.executable, "-m", "benchmarks.window", "open"]
        done = subprocess.run(
            command, env=here.environment | environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
        )
        figures = json.loads(done.stdout)
        report(
            Figure(f"longest silence with {JOBS:,} jobs and {SERVERS} servers", figures["deaf"], DEAF, " ms"),
            Figure("from the imports to a window", figures["open"], OPEN, " s"),
            Figure("a window where nothing happens", figures["idle"], IDLE, " % of a core"),
        )


class Heart:
    """Beats in the thread that draws, as long as it is told to."""

    def __init__(self, root: tk.Tk) -> None:
        self.silences: list[float] = []
        """Milliseconds that each beat was late."""
        self._root = root
        self._last = time.perf_counter()
        self._beats = False

    def start(self) -> None:
        self._beats, self._last = True, time.perf_counter()
        self._root.after(BEAT, self._beat)

    def stop(self) -> None:
        self._beats = False

    def _beat(self) -> None:
        now = time.perf_counter()
        self.silences.append((now - self._last) * 1000 - BEAT)
        self._last = now
        if self._beats:
            self._root.after(BEAT, self._beat)


def open_window() -> None:
    """In a process of its own: what ``main`` reports, as JSON."""
    from ffx.gui_tk.application import Application

    began = time.perf_counter()
    desk = CrowdedDesk(assemble(os.environ))
    application = Application(desk)
    root = application.root
    root.update()
    figures = {"open": time.perf_counter() - began}
    wait(root, 1.5)  # what it shows first has come by then
    heart = Heart(root)
    heart.start()
    for step in script(application.main.queue):
        step()
        wait(root, 0.04)
    heart.stop()
    figures["deaf"] = max(heart.silences)
    wait(root, 1.0)
    process = psutil.Process()
    before, began = process.cpu_times(), time.monotonic()
    wait(root, IDLE_SECONDS)
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    figures["idle"] = 100 * used / (time.monotonic() - began)
    application.close()
    application.bridge.close()
    desk.close()
    print(json.dumps(figures))


def wait(root: tk.Tk, seconds: float) -> None:
    """Let the window live for a while."""
    over = tk.BooleanVar(root, False)
    root.after(round(seconds * 1000), lambda: over.set(True))
    root.wait_variable(over)


def script(queue: QueuePane) -> Iterator[Callable[[], object]]:
    """What a person does who is in a hurry: scrolls to and fro, chooses filters, selects rows."""
    tree = queue.table.tree
    for row in range(40):
        yield partial(queue.table._scroll, "moveto", f"{(row * 37 % 41) / 41}")
    for event in ("<Next>", "<Prior>", "<End>", "<Home>", "<Button-5>", "<Button-4>") * 8:
        yield partial(tree.event_generate, event)
    for button, _, _ in [*queue._filters.values()] * 3:
        yield button.invoke
    for _ in range(20):  # until the rows of the last filter have come
        yield lambda: None
    for row in range(20):
        yield partial(tree.selection_set, str(row % 10))


if __name__ == "__main__":
    open_window() if sys.argv[1:] == ["open"] else main()
