"""The wire: every message survives the way, and nothing that a network may send does harm."""

from __future__ import annotations

import json
import math
import types
import typing
from enum import Enum
from fractions import Fraction
from typing import Any, get_args, get_origin

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.edits import LARGEST_SIDE, ROTATIONS, Crop, PictureEdits, Scale, Watermark
from ffx.core.errors import DecodeError
from ffx.core.messages import Envelope, Message, Ping, Unknown
from ffx.core.model import EncoderReport, EncoderType, JobConfiguration, ServerCapabilities
from ffx.core.plain import from_plain, to_plain
from ffx.core.recipe import FASTEST, SLOWEST, Recipe, Trim
from ffx.core.targets import Target
from ffx.core.tracks import LONGEST_DELAY, SoundChoice, SubtitleChoice
from ffx.core.wire import MAX_MESSAGE_BYTES, decode, encode

KINDS = [kind for kind in get_args(Message) if kind is not Unknown]

# -- Every message there and back ---------------------------------------------------------------------------

SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=12),
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    type(None): st.none(),
    Fraction: st.fractions(1, 1000, max_denominator=100_000),
}
PLAIN = st.recursive(
    st.one_of(*(strategy for kind, strategy in SIMPLE.items() if kind is not Fraction)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


SIDES = st.integers(1, LARGEST_SIDE)
LANGUAGES = st.sampled_from(["", "fra", "en", "pt-BR"])
TITLES = st.text("abc é", max_size=12)
BOUNDED: dict[Any, dict[str, st.SearchStrategy[Any]]] = {
    JobConfiguration: {"priority": st.integers(1, 10)},
    Recipe: {"speed": st.floats(SLOWEST, FASTEST), "gop": st.none() | st.floats(0.1, 600)},
    Target: {
        "value": st.none() | st.floats(0.01, 1),
        "max_size": st.none() | st.integers(1, 2**53),
        "max_ratio": st.none() | st.floats(0.01, 100),
    },
    Trim: {"start": st.floats(0, 100), "end": st.none() | st.floats(101, 200)},
    Crop: {"width": SIDES, "height": SIDES, "left": SIDES, "top": SIDES},
    Scale: {"width": SIDES, "height": SIDES},
    Watermark: {"margin": SIDES},
    PictureEdits: {
        "rotate": st.sampled_from(ROTATIONS),
        "frame_rate": st.none() | st.fractions(1, 1000, max_denominator=100_000),
    },
    SoundChoice: {
        "languages": st.lists(LANGUAGES, max_size=2).map(tuple),
        "language": LANGUAGES,
        "title": TITLES,
        "loudness": st.none() | st.floats(-70, -5),
        "delay": st.floats(-LONGEST_DELAY, LONGEST_DELAY),
    },
    SubtitleChoice: {
        "languages": st.lists(LANGUAGES, max_size=2).map(tuple),
        "language": LANGUAGES,
        "title": TITLES,
        "charset": st.sampled_from(["", "UTF-16LE", "cp1252"]),
    },
}
"""Fields that take less than their types do."""


def of_type(kind: Any) -> st.SearchStrategy[Any]:
    if kind in SIMPLE:
        return SIMPLE[kind]
    if get_origin(kind) is types.UnionType:
        return st.one_of(*(of_type(member) for member in get_args(kind)))
    if get_origin(kind) is tuple:
        return st.lists(of_type(get_args(kind)[0]), max_size=3).map(tuple)
    if attrs.has(kind):
        return of_class(kind)
    if issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    raise AssertionError(f"no strategy for {kind}")


def of_class(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Values of a frozen class, every field drawn by its annotation."""
    hints = typing.get_type_hints(kind)
    fields = {field.name: of_type(hints[field.name]) for field in attrs.fields(kind)}
    return st.builds(kind, **fields | BOUNDED.get(kind, {}))


UNKNOWN = st.builds(
    Unknown,
    original_type=st.text().filter(lambda word: word not in {kind.type for kind in KINDS}),
    data=st.dictionaries(st.text(max_size=5), PLAIN, max_size=3),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.type))
def test_every_message_type_survives_the_way(kind: type[Any]) -> None:
    @given(st.builds(Envelope, of_class(kind), st.text(), SIMPLE[float], st.none() | st.text()))
    def round_trip(envelope: Envelope) -> None:
        assert decode(encode(envelope)) == envelope

    round_trip()


@given(UNKNOWN)
def test_an_unknown_message_survives_the_way(message: Unknown) -> None:
    envelope = Envelope(message)
    assert decode(encode(envelope)) == envelope


def test_message_types_are_unique_and_the_issue_s_own() -> None:
    names = [kind.type for kind in KINDS]
    assert len(set(names)) == len(names)
    assert set(names) == {
        "hello", "server_info", "ping", "pong", "disconnect",
        "capability_request", "capability_response", "capability_update",
        "job_submit", "job_accepted", "job_rejected", "job_progress", "job_completed", "job_failed",
        "job_cancel", "job_pause", "job_reassign", "job_committed",
        "file_upload_start", "file_chunk", "file_upload_complete", "file_download_request", "file_download_start",
        "server_drain", "error", "validation_error",
    }  # fmt: skip


def test_the_envelope_on_the_wire() -> None:
    text = encode(Envelope(Ping("x"), message_id="m1", timestamp=12.5, reply_to="m0"))
    assert json.loads(text) == {
        "type": "ping",
        "data": {"data": "x"},
        "message_id": "m1",
        "timestamp": 12.5,
        "reply_to": "m0",
    }


def test_an_answer_names_what_it_answers() -> None:
    question = Envelope(Ping("x"))
    answer = question.reply(Ping("y"))
    assert answer.reply_to == question.message_id
    assert answer.message_id != question.message_id


def test_derived_fields_are_written_and_passed_over_when_read() -> None:
    capabilities = ServerCapabilities(
        encoders=(
            EncoderReport("libx264", "h264", works=True),
            EncoderReport("hevc_nvenc", "hevc", encoder_type=EncoderType.HARDWARE_NVIDIA, works=True),
            EncoderReport("hevc_qsv", "hevc", encoder_type=EncoderType.HARDWARE_INTEL, reason="no_device"),
        )
    )
    plain = to_plain(capabilities)
    assert plain["software_encoders"] == ["libx264"]
    assert plain["hardware_encoders"] == {"nvidia": ["hevc_nvenc"]}
    assert [encoder["vendor"] for encoder in plain["encoders"]] == ["software", "nvidia", "intel"]
    lying = plain | {"software_encoders": ["invented"]}
    assert from_plain(lying, ServerCapabilities) == capabilities


def test_fields_of_a_newer_peer_are_passed_over() -> None:
    assert decode(message("ping", {"data": "x", "colour": "blue"}, hue=3)).message == Ping("x")


def test_nan_is_not_sent() -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        encode(Envelope(Ping(), timestamp=math.nan))


# -- What does not fit --------------------------------------------------------------------------------------


def message(message_type: Any, data: Any, **others: Any) -> str:
    return json.dumps({"type": message_type, "data": data, "message_id": "m1", "timestamp": 1.0, **others})


def submit(**changes: Any) -> str:
    configuration = {"job_id": "1", "input_file": "a", "output_file": "b", "recipe": {}} | changes
    return message("job_submit", {"configuration": configuration})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a JSON message"),
        ("ping", "not a JSON message"),
        ("[]", "a JSON object"),
        ("3", "a JSON object"),
        ("[" * 200_000, "nested too deep"),
        ('{"a":' * 200_000, "nested too deep"),
        (f'{{"type":"ping","message_id":"m","timestamp":{"9" * 5000}}}', "not a JSON message"),
        ('{"type":"ping","message_id":"m","timestamp":NaN}', "NaN is not a number"),
        ('{"type":"ping","message_id":"m","timestamp":-Infinity}', "-Infinity is not a number"),
        ('{"type":"ping","type":"pong","message_id":"m","timestamp":1}', "a key stands twice"),
        ('{"type":"ping","data":{"data":"a","data":"b"},"message_id":"m","timestamp":1}', "a key stands twice"),
        ('"' + "x" * MAX_MESSAGE_BYTES, "4194304 bytes"),
        ("€" * (MAX_MESSAGE_BYTES // 3 + 1), "4194304 bytes"),
        (b"\xff\xfe\xfd{}", "not a JSON message"),
        (b"\x80abc", "not a JSON message"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_what_is_not_a_message_is_refused(text: str | bytes, words: str) -> None:
    with pytest.raises(DecodeError, match=words) as caught:
        decode(text)
    assert caught.value.message_id == ""
    assert "\n" not in str(caught.value)


def test_the_longest_message_is_read() -> None:
    frame = message("ping", {"data": ""})
    longest = message("ping", {"data": "x" * (MAX_MESSAGE_BYTES - len(frame))})
    assert len(longest) == MAX_MESSAGE_BYTES
    assert isinstance(decode(longest).message, Ping)
    with pytest.raises(DecodeError, match="this one has 4194305"):
        decode(longest.replace("xx", "xxx", 1))


@pytest.mark.parametrize(
    ("text", "path", "detail"),
    [
        ('{"message_id":"m1","timestamp":1}', "type", "required field missing"),
        ('{"type":"ping","message_id":"m1"}', "timestamp", "required field missing"),
        (message(["ping"], {}), "type", "must be text"),
        (message("ping", {}, timestamp="now"), "timestamp", "must be a number"),
        (message("ping", {}, timestamp=True), "timestamp", "must be a number"),
        (message("ping", {}, timestamp=10**400), "timestamp", "must be a number"),
        (message("ping", {}).replace("1.0", "1e999"), "timestamp", "must be a number"),
        (message("ping", {}, reply_to=5), "reply_to", "must be text or null"),
        (message("ping", []), "data", "must be an object"),
        (message("ping", {"data": 5}), "data.data", "must be text"),
        (message("ping", {"data": None}), "data.data", "must be text"),
        (message("job_cancel", {"attempt": 1}), "data.job_id", "required field missing"),
        (message("job_cancel", {"job_id": "1", "attempt": "1"}), "data.attempt", "must be a whole number"),
        (message("job_cancel", {"job_id": "1", "attempt": 1.0}), "data.attempt", "must be a whole number"),
        (message("job_cancel", {"job_id": "1", "attempt": True}), "data.attempt", "must be a whole number"),
        (message("job_cancel", {"job_id": "1", "attempt": 2**63}), "data.attempt", "within 64 bits"),
        (message("capability_request", {"encoders": "libx264"}), "data.encoders", "must be a list"),
        (message("capability_request", {"encoders": {"libx264": 1}}), "data.encoders", "must be a list"),
        (message("capability_request", {"encoders": ["a", 5]}), "data.encoders[1]", "must be text"),
        (submit(recipe=None), "data.configuration.recipe", "must be an object"),
        (submit(recipe=[]), "data.configuration.recipe", "must be an object"),
        (submit(recipe="copy"), "data.configuration.recipe", "must be an object"),
        (submit(recipe={"encoder": 5}), "data.configuration.recipe.encoder", "must be text"),
        (submit(recipe={"filters": ["a", None]}), "data.configuration.recipe.filters[1]", "must be text"),
        (submit(recipe={"two_pass": 1}), "data.configuration.recipe.two_pass", "must be true or false"),
        (submit(recipe={"quality_value": "26"}), "data.configuration.recipe.quality_value", "must be a number"),
        (submit(recipe={"quality_mode": "cq"}), "data.configuration.recipe.quality_mode", "'cq' is not a valid"),
        (submit(encoder_type=[]), "data.configuration.encoder_type", "is not a valid"),
        (submit(duration=10**400), "data.configuration.duration", "within 64 bits"),
        (submit(priority=11), "data.configuration", "priority is 1 to 10, not 11"),
    ],
)
def test_what_does_not_fit_is_told_with_its_path(text: str, path: str, detail: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(text)
    assert caught.value.path == path
    assert detail in caught.value.detail
    assert caught.value.message_id == "m1"


def test_a_fault_in_a_known_type_names_the_type() -> None:
    with pytest.raises(DecodeError) as caught:
        decode(message("job_cancel", {}))
    assert caught.value.message_type == "job_cancel"


def test_a_fault_deep_inside_names_every_step() -> None:
    report = {"name": "libx264", "codec": "h264", "setup": {"input_options": ["-a", 1]}}
    capabilities = {"encoders": [{"name": "libx265", "codec": "hevc"}, report]}
    text = message("capability_update", {"server": {"server_id": "s", "name": "n", "capabilities": capabilities}})
    with pytest.raises(DecodeError) as caught:
        decode(text)
    assert caught.value.path == "data.server.capabilities.encoders[1].setup.input_options[1]"


def test_a_fault_quotes_only_the_beginning_of_a_long_text() -> None:
    with pytest.raises(DecodeError) as caught:
        decode(submit(encoder_type="x" * 1_000_000))
    assert len(str(caught.value)) < 300


@given(st.text() | st.binary() | PLAIN.map(json.dumps))
def test_anything_is_a_message_or_a_decode_error(text: str | bytes) -> None:
    try:
        assert isinstance(decode(text), Envelope)
    except DecodeError as error:
        assert "\n" not in str(error)


@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(["job_id", "attempt", "server", "data", "code"]), PLAIN))
def test_any_data_of_any_type_is_a_message_or_a_decode_error(kind: type[Any], data: dict[str, Any]) -> None:
    try:
        assert isinstance(decode(message(kind.type, data)).message, kind)
    except DecodeError as error:
        assert error.path.startswith("data")
