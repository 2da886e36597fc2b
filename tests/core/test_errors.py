"""The tree of errors in the docstring is the tree in the code."""

from __future__ import annotations

import inspect
import re

import pytest

from ffx.core import errors
from ffx.core.errors import DecodeError, EncodeError, FfxError
from ffx.core.model import Evidence


def drawn_tree() -> dict[str, tuple[str, int]]:
    """Name -> (parent, exit status), as the docstring draws them."""
    tree: dict[str, tuple[str, int]] = {}
    parents: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        drawn = re.fullmatch(r"    ([│├└─ ]*)([A-Z]\w+) +(\d+)(?: +\S.*)?", line)
        if drawn:
            depth = len(drawn[1]) // 4
            parents[depth:] = [drawn[2]]
            tree[drawn[2]] = (parents[depth - 1] if depth else "Exception", int(drawn[3]))
    return tree


def test_the_drawn_tree_is_the_real_one() -> None:
    real = {
        name: (kind.__bases__[0].__name__, kind.exit_status)
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, FfxError)
    }
    assert len(real) > 15
    assert drawn_tree() == real


@pytest.mark.parametrize("kind", [kind for _, kind in inspect.getmembers(errors, inspect.isclass)])
def test_every_error_is_an_ffx_error_and_says_what_it_is(kind: type[BaseException]) -> None:
    assert issubclass(kind, FfxError)
    assert kind.__doc__ or kind is errors.UsageError


def test_a_decode_error_begins_with_its_path() -> None:
    error = DecodeError("must be text", path="data.name", message_type="ping", message_id="m")
    assert str(error) == "data.name: must be text"
    assert (error.detail, error.path, error.message_type, error.message_id) == (
        "must be text",
        "data.name",
        "ping",
        "m",
    )
    assert str(DecodeError("not JSON")) == "not JSON"


def test_an_encode_error_carries_its_evidence() -> None:
    error = EncodeError("FFmpeg failed", evidence=Evidence(argv=("ffmpeg",), exit_status=1))
    assert error.evidence.exit_status == 1
    assert error.code == "encode_failed"
