"""What the window says of jobs, servers and the whole, in the words of its language. Without Tk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from attrs import frozen

from ffx.core.desk import JobRow, ServerRow, Totals
from ffx.core.figures import duration_text, size_text
from ffx.core.model import JobState, ServerStatus
from ffx.core.text import one_line
from ffx.gui_tk.texts import Texts

WAITING = (JobState.PENDING, JobState.QUEUED)
RUNNING = (JobState.RUNNING,)
DONE = (JobState.COMPLETED,)
FAILED = (JobState.FAILED, JobState.CANCELLED)


@frozen
class Words:
    """Everything that is said."""

    texts: Texts

    # -- Jobs -----------------------------------------------------------------------------------------------

    def job(self, row: JobRow) -> tuple[str, ...]:
        """The cells of a job: number, file, state, server, encoder, progress, size, reason."""
        return (
            str(row.number),
            PurePath(row.input).name,
            self.job_state(row),
            row.server,
            row.encoder,
            self.progress(row),
            self._sizes(row),
            one_line(row.reason),
        )

    def job_state(self, row: JobRow) -> str:
        """In words and a sign: colours alone say nothing to some."""
        if row.paused and not row.state.is_final:
            return f"⏸ {self.texts('paused')}"
        signs = {
            JobState.PENDING: "○",
            JobState.QUEUED: "◔",
            JobState.RUNNING: "▶",
            JobState.COMPLETED: "✔",
            JobState.FAILED: "✖",
            JobState.CANCELLED: "⊘",
        }
        names = {
            JobState.PENDING: self.texts("waiting"),
            JobState.QUEUED: self.texts("on its way"),
            JobState.RUNNING: self.texts("running"),
            JobState.COMPLETED: self.texts("done"),
            JobState.FAILED: self.texts("failed"),
            JobState.CANCELLED: self.texts("cancelled"),
        }
        return f"{signs[row.state]} {names[row.state]}"

    def progress(self, row: JobRow) -> str:
        """``encode 43 %, 24 fps, 0:12 left``; empty for what stands."""
        if row.progress is None or row.state.is_final:
            return ""
        phases = {
            "upload": self.texts("upload"),
            "encode": self.texts("encode"),
            "download": self.texts("download"),
            "check": self.texts("check"),
        }
        words = [f"{phases.get(row.phase, row.phase)} {row.progress:.0%}".replace("%", " %")]
        if row.fps > 0:
            words.append(f"{row.fps:.0f} fps")
        if row.eta is not None:
            words.append(self.texts("{time} left", time=duration_text(row.eta)))
        return ", ".join(words)

    def _sizes(self, row: JobRow) -> str:
        return size_text(row.size_in) + (f" → {size_text(row.size_out)}" if row.size_out else "")

    # -- Servers --------------------------------------------------------------------------------------------

    def server(self, row: ServerRow) -> tuple[str, ...]:
        """The cells of a server: name, address, state, jobs, load, memory, free disk."""
        if row.info is None:
            return row.name, row.address, self.server_state(row), "", "", "", ""
        info, able = row.info, row.info.capabilities
        return (
            row.name,
            row.address,
            self.server_state(row),
            f"{info.current_jobs}/{info.max_jobs}",
            f"{able.current_load * 100:.0f} %",
            f"{able.memory_gb:.0f} GB",
            f"{able.disk_space_gb:.0f} GB",
        )

    def server_state(self, row: ServerRow) -> str:
        if row.info is None:
            lost = any(word in row.error for word in ("refused", "reached", "time"))
            return f"✖ {self.texts('disconnected') if lost else self.texts('error')}"
        if row.info.status is ServerStatus.MAINTENANCE:
            return f"⏸ {self.texts('draining')}"
        return f"✔ {self.texts('connected')}"

    def server_details(self, row: ServerRow) -> str:
        """One line of what the list has no room for."""
        if row.info is None:
            return one_line(row.error)
        words = [self.texts("it answers after {time} ms", time=f"{row.round_trip * 1000:.0f}")]
        if row.preferred_for:
            words.append(self.texts("preferred for {kinds}", kinds=", ".join(row.preferred_for)))
        return ", ".join(words)

    # -- The whole ------------------------------------------------------------------------------------------

    def status(self, totals: Totals, servers: Sequence[ServerRow]) -> tuple[str, str]:
        """The left and the right of the status bar."""
        left = self.texts("Ready")
        if totals.paused:
            left = self.texts("The queue is paused")
        elif totals.counts.get(JobState.RUNNING, 0):
            left = self.texts("Encoding")
        return left, ", ".join(self._farm(totals, servers))

    def _farm(self, totals: Totals, servers: Sequence[ServerRow]) -> list[str]:
        there = sum(server.info is not None for server in servers)
        if not servers:
            words = [self.texts("No server")]
        else:
            words = [self.texts.count("{number} server", "{number} servers", there)]
        jobs = sum(number for state, number in totals.counts.items() if not state.is_final)
        words.append(self.texts.count("{number} job", "{number} jobs", jobs))
        if totals.fps > 0:
            words.append(f"{totals.fps:.0f} fps")
        if totals.eta is not None:
            words.append(self.texts("{time} left", time=duration_text(totals.eta)))
        return words
