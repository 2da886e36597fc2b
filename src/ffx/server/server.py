"""The server: what stands behind a listener, from the first hello to a clean stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ffx.core.addressing import Address
from ffx.core.identity import Identity, Role
from ffx.core.messages import (
    CapabilityRequest,
    CapabilityResponse,
    ErrorMessage,
    FileDownloadRequest,
    FileUploadComplete,
    FileUploadStart,
    JobCancel,
    JobCommitted,
    JobPause,
    JobReassign,
    JobSubmit,
    Message,
    Pong,
    ServerDrain,
    ServerInfoMessage,
    ValidationErrorMessage,
)
from ffx.core.model import JobConfiguration, JobStage, ServerInfo, ServerStatus
from ffx.core.transport import Connection, Service
from ffx.server.background import Background
from ffx.server.clients import Clients
from ffx.server.files import FileStore
from ffx.server.job import Job, Way, WorkEnd
from ffx.server.jobs import Jobs
from ffx.server.keyring import Keyring
from ffx.server.news import News
from ffx.server.options import ServerOptions
from ffx.server.permissions import OF_ANYBODY, check_role
from ffx.server.room import DiskRoom
from ffx.server.session import Refused, Session, conversation
from ffx.server.spool import Spool
from ffx.server.upkeep import clean_up, watch_disk, watch_load

if TYPE_CHECKING:
    from ffx.media.inspector import Inspector
    from ffx.server.capabilities import CapabilityService
    from ffx.server.probe_cache import ProbeCache

KEYS_PERIOD = 1.0
"""Seconds after which a token that was revoked or has expired ends its conversations, at the latest."""
NO_LONGER_GOOD = "the token is no longer good: it was revoked or made anew, or it has expired"

log = logging.getLogger(__name__)


class Server(Service):
    """One server. Between ``async with`` and its end it takes jobs; the end stops them and removes their files.

    A caller that stops it in peace calls ``finish``; then, or in a hurry, ``stop``, before it closes the listener: so
    clients hear what becomes of their jobs.
    """

    def __init__(
        self,
        options: ServerOptions,
        *,
        capabilities: CapabilityService,
        keys: Keyring,
        server_id: str,
        version: str,
        modify_command: Callable[[JobConfiguration, tuple[str, ...]], tuple[str, ...]],
    ) -> None:
        """``capabilities`` are prepared already; ``keys`` say who is let in; ``modify_command`` lets plugins change an
        argv before it runs.
        """
        self.epoch = secrets.token_hex(16)
        """One life of this server."""
        self._options = options
        self._capabilities = capabilities
        self._keys = keys
        self._server_id = server_id
        self._version = version
        self._modify_command = modify_command
        self._address = Address(options.host, options.port)
        self._started = time.monotonic()
        self._stopping = False
        self._inspector: Inspector | None = None
        self._probes: ProbeCache | None = None
        self._background = Background()
        self._spool = Spool(options.temp_dir, server_id, keep=options.keep_results if options.durable else None)
        room = DiskRoom(self._spool, options.disk_reserve)
        self.bulk = self._files = FileStore(room.check_upload)
        self._clients = Clients(self._background, absence_limit=options.absence_limit, on_absent=self._abandon)
        self._news = News(self._clients, self.info)
        self._jobs = Jobs(
            options,
            capabilities,
            background=self._background,
            spool=self._spool,
            files=self._files,
            room=room,
            worker=self._work,
            tell=self._clients.tell,
            on_slots=self._news.slots_changed,
        )
        self._handlers: Mapping[type, Callable[[str, Any], Awaitable[Message | None]]] = {
            CapabilityRequest: self._answer_capabilities,
            JobSubmit: self._jobs.intake.submit,
            JobCancel: self._jobs.outcomes.cancel,
            JobReassign: self._jobs.outcomes.cancel,
            JobPause: self._jobs.pause,
            JobCommitted: self._jobs.outcomes.commit,
            FileUploadStart: self._jobs.intake.start_upload,
            FileUploadComplete: self._jobs.intake.complete_upload,
            FileDownloadRequest: self._jobs.outcomes.start_download,
            ServerDrain: self._answer_drain,
            Pong: _pass_over,
            ErrorMessage: _pass_over,
            ValidationErrorMessage: _pass_over,
        }

    # -- One life -----------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._spool.open)
        await self._jobs.adopt()
        self._background.start(self._news.tell_slots(), "news of slots")
        self._background.start(self._news.tell_news(), "news")
        self._background.start(watch_load(self._capabilities, self._news.load_changed), "watch on the load")
        self._background.start(clean_up(self._spool, lambda: self._jobs.expire(self._clients.is_here)), "clean-up")
        self._background.start(watch_disk(self._jobs.watch_disk), "watch on the disk")
        self._background.start(self._capabilities.complete(self.idle), "detection")
        self._background.start(self._watch_keys(), "watch on the tokens")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        if self._inspector is not None:
            await self._inspector.close()
        await asyncio.to_thread(lambda: self._spool.close(keep=bool(self._jobs.all())))

    async def drain(self, drain: bool = True) -> None:
        """Take nothing new from now on, and tell every client; what is here goes on. Or take jobs again."""
        self._jobs.intake.closed = drain or self._stopping
        self._news.tell()

    async def finish(self, limit: float) -> None:
        """Come to an end in peace: take nothing new, hand back what waits for a slot, and give what encodes, and
        clients that are here and fetch what they have, so many seconds. ``stop`` follows.
        """
        self._stopping = True
        self._jobs.course.slots.close()
        await self.drain()
        waiting = [job for job in self._jobs.all() if job.waits and job.stage is JobStage.WAITING]
        await self._hand_back(waiting)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await self._jobs.until(lambda: not any(map(self._is_worth_waiting, self._jobs.all())))

    async def idle(self) -> None:
        """Wait until no job is on its way: what is here waits to be fetched."""
        await self._jobs.until(lambda: all(job.outcome for job in self._jobs.all()))

    async def empty(self) -> None:
        """Wait until no job is here, results that wait to be fetched included."""
        await self._jobs.until(lambda: not self._jobs.all())

    async def stop(self) -> None:
        """Give every job back to its client, say goodbye, and end all that runs. Twice is fine.

        Outcomes stay on the disk of a server that comes back under its id.
        """
        self._stopping = self._jobs.intake.closed = True
        for job in self._given_back():
            self._clients.tell(job.client_id, self._reassign(job))
        await self._clients.dismiss("the server stops")
        await self._background.stop()
        await self._jobs.outcomes.end_all(self._given_back())

    def listening_at(self, address: Address) -> None:
        """Where it can be reached, as it tells its clients."""
        self._address = address

    def capabilities_changed(self) -> None:
        """To be called when more is known of the encoders; clients hear of it within a second."""
        self._news.changed()

    def info(self) -> ServerInfo:
        """This server as its clients see it."""
        capabilities = self._capabilities.snapshot()
        return ServerInfo(
            server_id=self._server_id,
            name=self._options.name or capabilities.hostname,
            ip=self._address.host,
            port=self._address.port,
            status=self._status,
            capabilities=capabilities,
            max_jobs=self._options.max_jobs,
            current_jobs=self._jobs.encoding,
            max_waiting=self._options.max_waiting,
            waiting_jobs=self._jobs.waiting,
            uptime=time.monotonic() - self._started,
            last_seen=time.time(),
            version=self._version,
            completed_jobs=self._jobs.outcomes.completed,
            failed_jobs=self._jobs.outcomes.failed,
            sandbox=self._options.sandbox.level,
        )

    async def _hand_back(self, jobs: Sequence[Job]) -> None:
        """Give jobs to their clients again, while the conversations go on."""
        for job in jobs:
            self._clients.tell(job.client_id, self._reassign(job))
        await self._jobs.outcomes.end_all(jobs)

    def _reassign(self, job: Job) -> JobReassign:
        return JobReassign(job.job_id, job.attempt, f"the server {self._name} stops")

    def _is_worth_waiting(self, job: Job) -> bool:
        """Whether a server that stops in peace waits for this job: it is worked on, or its client may fetch it."""
        return not job.waits if job.outcome is None else self._clients.is_here(job.client_id)

    def _given_back(self) -> list[Job]:
        """The jobs that do not outlive this process."""
        return [job for job in self._jobs.all() if not (self._spool.durable and job.outcome)]

    @property
    def _name(self) -> str:
        return self._options.name or self._capabilities.snapshot().hostname

    @property
    def _status(self) -> ServerStatus:
        if self._jobs.intake.closed:
            return ServerStatus.MAINTENANCE
        return ServerStatus.BUSY if self._jobs.encoding >= self._options.max_jobs else ServerStatus.ONLINE

    # -- Conversations ------------------------------------------------------------------------------------------

    def authenticate(self, token: str) -> Identity | None:
        return self._keys.identify(token)

    async def converse(self, connection: Connection, identity: Identity) -> None:
        async with conversation(connection, identity) as session:
            if await session.introduce(self._welcome, time_limit=self._options.hello_limit):
                self._clients.arrive(session)
                await self._jobs.repeat_words(session.client_id)
                try:
                    await session.listen(self._handle)
                finally:
                    self._clients.leave(session)
                    self._jobs.changed()
                    if self._clients.is_here(session.client_id):
                        # What was said last may have gone to this connection and nowhere.
                        await self._jobs.repeat_words(session.client_id)

    def _welcome(self, session: Session) -> Message:
        self._news.welcomed()
        return ServerInfoMessage(self.info(), session.protocol, self.epoch)

    async def _handle(self, session: Session, message: Message) -> Message | None:
        handler = self._handlers.get(type(message))
        if handler is None:
            raise Refused("unexpected_message", f"a client does not send {message.type} here")
        if not self._keys.admits(session.identity):
            raise Refused("forbidden", NO_LONGER_GOOD)
        check_role(session.identity, message)
        owner = self._whose(session, message)
        answer = await handler(owner, message)
        if owner != session.client_id and isinstance(message, JobCancel | JobReassign):
            taken = f"an administrator took it from the server {self._name}"
            self._clients.tell(owner, JobReassign(message.job_id, message.attempt, taken))
        return answer

    def _whose(self, session: Session, message: Message) -> str:
        """The client whose job a message is about: an administrator speaks of everybody's."""
        if session.identity.role is Role.ADMIN and isinstance(message, OF_ANYBODY):
            return self._jobs.owner(message.job_id, message.attempt, first=session.client_id)
        return session.client_id

    async def _answer_drain(self, client_id: str, message: ServerDrain) -> ServerDrain:
        await self.drain(message.drain)
        return message

    async def _answer_capabilities(self, client_id: str, message: CapabilityRequest) -> CapabilityResponse:
        await self._capabilities.ensure(message.encoders)
        capabilities = self._capabilities.snapshot()
        asked = tuple(dict.fromkeys(message.encoders))
        compatible = tuple(name for name in asked if capabilities.supports(name))
        return CapabilityResponse(
            compatible=compatible,
            missing=tuple(name for name in asked if name not in compatible),
            compatibility_score=len(compatible) / len(asked) if asked else 1.0,
            load=self._jobs.encoding / self._options.max_jobs,
            estimated_performance=capabilities.estimated_performance,
            capabilities=capabilities,
        )

    # -- Beside them --------------------------------------------------------------------------------------------

    async def _work(self, job: Job, way: Way) -> WorkEnd:
        # Imported with the first job: PyAV is a third of the memory of a server at rest.
        from ffx.media.inspector import Inspector
        from ffx.server.probe_cache import ProbeCache
        from ffx.server.runs import Runner
        from ffx.server.work import Workbench

        self._inspector = self._inspector or Inspector(self._options.sandbox)
        self._probes = self._probes or ProbeCache(self._capabilities.cache_folder)
        runner = Runner(
            self._capabilities,
            self._modify_command,
            self._options.argument_policy,
            self._options.sandbox,
            self._probes,
            self._server_id,
        )
        bench = Workbench(runner, self._inspector, self._name)
        return await bench.work(job, way)

    async def _watch_keys(self) -> None:
        """Hang up on those whose token was revoked, made anew or has expired."""
        while True:
            await asyncio.sleep(KEYS_PERIOD)
            if not self._clients.sessions():
                continue
            await asyncio.to_thread(self._keys.refresh)
            gone = [session for session in self._clients.sessions() if not self._keys.admits(session.identity)]
            for session in gone:
                log.info("%s is let go: the token %r is no longer good", session.peer, session.identity.token)
            await self._clients.part(gone, NO_LONGER_GOOD)

    async def _abandon(self, client_id: str) -> None:
        await self._jobs.outcomes.give_up_uploads(client_id)


async def _pass_over(client_id: str, message: Message) -> None:
    """An answer that nobody waits for."""
