"""Tells others when a job has ended: a webhook, a command, or both, as the table ``[notify]`` says.

The hook returns at once: each delivery has a thread of its own, which the interpreter waits for before it ends. A
webhook is signed as Stripe's are: HMAC-SHA-256 over the time and the body, so that an old delivery cannot be played
again.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from ffx import hookimpl
from ffx.core.configuration import Configuration, NotifyTable
from ffx.core.events import JobEvent
from ffx.core.plain import to_plain

ANSWER_LIMIT = 10.0
"""Seconds that a webhook has to answer."""
PAUSES = (1.0, 3.0, 9.0)
"""Seconds before each further try: about a quarter of a minute in all, which a restart takes."""
COMMAND_LIMIT = 60.0
"""Seconds that a command may take."""
_TRY_AGAIN = frozenset({408, 425, 429})
"""Statuses of a webhook that a later try may change, beside those of 500 and above."""

_FACTS = ("job_id", "state", "input", "output", "server", "error")

_log = logging.getLogger(__name__)


@hookimpl
def ffx_job_event(event: JobEvent, configuration: Configuration) -> None:
    settings = configuration.notify
    if not event.state.is_final or event.state.value not in settings.states:
        return
    body = plain_event(event)
    if settings.webhook:
        _in_thread(lambda: post(settings, body))
    if settings.command:
        _in_thread(lambda: run(settings.command, body))


def plain_event(event: JobEvent) -> dict[str, Any]:
    """What is told of a job that ended."""
    result = event.result
    return {
        "event": f"job_{event.state.value}",
        "time": event.time,
        "job_id": event.job.job_id,
        "state": event.state.value,
        "input": event.job.input_file,
        "output": event.job.output_file,
        "server": event.server,
        "attempts": event.attempt,
        "bytes_in": event.job.file_size,
        "bytes_out": result.file_size if result is not None else 0,
        "frames": result.frames if result is not None else 0,
        "seconds": result.duration if result is not None else 0.0,
        "likeness": to_plain(result.likeness) if result is not None and result.likeness is not None else None,
        "warnings": list(result.warnings) if result is not None else [],
        "error": "" if event.state.value == "completed" else event.message,
    }


def _in_thread(deliver: Callable[[], None]) -> None:
    threading.Thread(target=deliver, name="notification").start()


# -- Webhook ------------------------------------------------------------------------------------------------------


def post(settings: NotifyTable, body: Mapping[str, Any], *, pause: Callable[[float], None] = time.sleep) -> None:
    """Send it, again after a while where that may help. What cannot be delivered is logged."""
    content, delivery = json.dumps(body, allow_nan=False).encode(), str(uuid.uuid4())
    for rest in (*PAUSES, None):
        failure, is_final = _post_once(settings, content, delivery, str(body["event"]))
        if not failure:
            return
        if is_final or rest is None:
            _log.warning("the webhook was not told that %s: %s", _what(body), failure)
            return
        pause(rest)


def _post_once(settings: NotifyTable, content: bytes, delivery: str, name: str) -> tuple[str, bool]:
    """Why it was not taken, or nothing; and whether another try would be in vain."""
    import http.client
    import urllib.error
    import urllib.request

    moment = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "ffx",
        "X-FFX-Event": name,
        "X-FFX-Delivery": delivery,
        "X-FFX-Timestamp": moment,
    }
    if settings.secret:
        headers["X-FFX-Signature"] = signature(settings.secret, moment, content)
    request = urllib.request.Request(settings.webhook, data=content, headers=headers, method="POST")
    try:
        with _opener().open(request, timeout=ANSWER_LIMIT):
            return "", True
    except urllib.error.HTTPError as error:
        with error:
            return f"it answered with {error.code}", not (error.code >= 500 or error.code in _TRY_AGAIN)
    except (urllib.error.URLError, OSError, http.client.HTTPException) as error:
        return str(getattr(error, "reason", "") or error) or type(error).__name__, False


def signature(secret: str, moment: str, content: bytes) -> str:
    """``sha256=...``: HMAC-SHA-256 over the time stamp, a dot and the body, in hexadecimal."""
    import hashlib
    import hmac

    return f"sha256={hmac.new(secret.encode(), moment.encode() + b'.' + content, hashlib.sha256).hexdigest()}"


def _opener() -> Any:
    """Follows no redirection: what is signed for one place is not sent to another."""
    import urllib.request

    class NoRedirection(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args: Any, **kwargs: Any) -> None:
            return None

    return urllib.request.build_opener(NoRedirection)


# -- Command ------------------------------------------------------------------------------------------------------


def run(command: tuple[str, ...], body: Mapping[str, Any]) -> None:
    """Run it, with the body as JSON on its input and the most asked-for facts in its environment."""
    import os
    import subprocess

    facts = {f"FFX_{name.upper()}": str(body[name]) for name in _FACTS}
    try:
        done = subprocess.run(
            command,
            input=json.dumps(body, allow_nan=False),
            env=os.environ | facts,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            timeout=COMMAND_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        _log.warning("the command that was told that %s was ended after %.0f s", _what(body), COMMAND_LIMIT)
        return
    except OSError as error:
        _log.warning("the command was not told that %s: %s", _what(body), error)
        return
    if done.returncode:
        last = next(iter(reversed(done.stderr.strip().splitlines())), "it said nothing")
        _log.warning("the command that was told that %s ended with %d: %s", _what(body), done.returncode, last)


def _what(body: Mapping[str, Any]) -> str:
    return f"{body['input']} {body['state']}"
