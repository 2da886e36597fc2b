"""Where values come from: option, then environment, then file, then default; and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.cli.settings import (
    Source,
    effective,
    load_configuration,
    plugin_settings,
    policy_settings,
    serve_settings,
    submit_settings,
)
from ffx.core.configuration import Configuration, read_configuration
from ffx.core.errors import ConfigurationError
from ffx.core.folders import folders
from ffx.core.plain import to_plain
from tests.cli.conftest import Ffx

PLACES = [
    # table, key, option, variable, and for each place a text with its value
    ("serve", "host", "--host", "FFX_HOST", "10.0.0.1", "10.0.0.2", "10.0.0.3"),
    ("serve", "port", "--port", "FFX_PORT", 1001, 1002, 1003),
    ("serve", "max_jobs", "--max-jobs", "FFX_MAX_JOBS", 3, 4, 5),
    ("serve", "max_waiting", "--max-waiting", "FFX_MAX_WAITING", 0, 4, 5),
    ("serve", "disk_reserve", "--disk-reserve", "FFX_DISK_RESERVE", "0", "2GB", "3GB"),
    ("serve", "keep_results", "--keep-results", "FFX_KEEP_RESULTS", 0.5, 4.0, 5.0),
    ("serve", "drain_limit", "--drain-limit", "FFX_DRAIN_LIMIT", 0.0, 4.0, 5.0),
    ("serve", "sandbox", "--sandbox", "FFX_SANDBOX", "off", "require", "auto"),
    ("serve", "max_token_jobs", "", "FFX_MAX_TOKEN_JOBS", None, 4, 5),
    ("serve", "max_token_size", "", "FFX_MAX_TOKEN_SIZE", None, "2GB", "3GB"),
    ("serve", "max_file_size", "--max-file-size", "FFX_MAX_FILE_SIZE", "1GB", "2GB", "3GB"),
    ("serve", "name", "--name", "FFX_NAME", "one", "two", "three"),
    ("serve", "temp_dir", "--temp-dir", "FFX_TEMP_DIR", "/one", "/two", "/three"),
    ("serve", "log_level", "--log-level", "FFX_LOG_LEVEL", "DEBUG", "ERROR", "WARNING"),
    ("serve", "log_file", "--log-file", "FFX_LOG_FILE", "/log/1", "/log/2", "/log/3"),
    ("serve", "tls", "--tls", "FFX_TLS", "on", "off", "auto"),
    ("serve", "certificate", "--certificate", "FFX_CERTIFICATE", "1.pem", "2.pem", "3.pem"),
    ("serve", "key", "--key", "FFX_KEY", "1.key", "2.key", "3.key"),
    ("submit", "local", "--local", "FFX_LOCAL", "only", "never", "auto"),
    ("arguments", "policy", "", "FFX_ARGUMENTS_POLICY", None, "none", "any"),
    ("farm", "heartbeat", "", "FFX_FARM_HEARTBEAT", None, 0.5, 1.5),
    ("farm", "suspect_after", "", "FFX_FARM_SUSPECT_AFTER", None, 3, 4),
    ("farm", "lost_after", "", "FFX_FARM_LOST_AFTER", None, 8, 9),
    ("farm", "patience", "", "FFX_FARM_PATIENCE", None, 0.0, 60.0),
    ("policy", "name", "--policy", "FFX_POLICY", "mine", "yours", "ours"),
    ("policy", "weights", "", "FFX_POLICY_WEIGHTS", None, {"load": 0.5}, {"load": 0.1}),
    ("policy", "preferences", "", "FFX_POLICY_PREFERENCES", None, {"libx264": 0.5, "libx265": 1}, {"ffv1": 0.1}),
    ("notify", "webhook", "", "FFX_NOTIFY_WEBHOOK", None, "http://a", "https://b/c"),
    ("notify", "secret", "", "FFX_NOTIFY_SECRET", None, "one", "two"),
    ("notify", "command", "", "FFX_NOTIFY_COMMAND", None, ("one",), ("two", "three four")),
    ("notify", "states", "", "FFX_NOTIFY_STATES", None, ("failed", "cancelled"), ("completed",)),
    ("plugins", "disabled", "", "FFX_DISABLED_PLUGINS", None, ("a", "b"), ("c",)),
]


def as_text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={number}" for name, number in value.items())
    return ",".join(value) if isinstance(value, tuple) else str(value)


@pytest.mark.parametrize(("table", "key", "option", "variable", "given_", "set_", "written"), PLACES)
def test_the_nearest_place_wins(
    table: str, key: str, option: str, variable: str, given_: Any, set_: Any, written: Any
) -> None:
    plain = {table: {key: list(written) if isinstance(written, tuple) else written}}
    file = read_configuration(plain, origin="ffx.toml")
    in_environment = {variable: as_text(set_)}

    def value(options: dict[str, str | None], environment: dict[str, str], configuration: Configuration) -> Any:
        return getattr(getattr(effective(Source(options, environment, configuration)), table), key)

    default = getattr(getattr(Configuration(), table), key)
    assert value({}, {}, Configuration()) == default
    assert value({}, {}, file) == written
    assert value({}, in_environment, file) == set_
    assert value({option: None}, {variable: ""}, file) == written, "an empty variable is one that is not set"
    if option:
        assert value({option: as_text(given_)}, in_environment, file) == given_
        assert value({option: None}, in_environment, file) == set_


def test_every_value_of_the_configuration_has_a_variable() -> None:
    known = {(table, key) for table, key, *_ in PLACES}
    assert {
        (table, key) for table, values in to_plain(Configuration()).items() for key in values if table != "ffmpeg"
    } == known


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("FFX_PORT", "abc", "'abc' is not a number from 0 to 65535"),
        ("FFX_PORT", "65536", "'65536' is not a number from 0 to 65535"),
        ("FFX_PORT", "-1", "'-1' is not a number from 0 to 65535"),
        ("FFX_PORT", "9" * 5000, "is not a number from 0 to 65535"),
        ("FFX_PORT", "٣", "is not a number"),
        ("FFX_MAX_JOBS", "0", "'0' is not a number from 1 up"),
        ("FFX_MAX_FILE_SIZE", "ten", "'ten' is not a size"),
        ("FFX_MAX_FILE_SIZE", "0", "leaves no room"),
        ("FFX_LOG_LEVEL", "LOUD", "'LOUD' is not one of DEBUG, INFO, WARNING, ERROR"),
        ("FFX_NAME", "  ", "is empty"),
        ("FFX_LOCAL", "sometimes", "'sometimes' is not one of auto, never, only"),
        ("FFX_ARGUMENTS_POLICY", "all", "'all' is not one of none, checked, any"),
        ("FFX_NOTIFY_WEBHOOK", "example.org", "'example.org' begins neither with https:// nor with http://"),
        ("FFX_NOTIFY_COMMAND", "say 'it", '"say \'it" is no command line: No closing quotation'),
        ("FFX_NOTIFY_STATES", "completed,running", "'running' is not one of completed, failed, cancelled"),
        ("FFX_POLICY_WEIGHTS", "load", "'load' is not NAME=NUMBER"),
        ("FFX_POLICY_WEIGHTS", "load=much", "'load=much' is not NAME=NUMBER"),
        ("FFX_POLICY_WEIGHTS", "load=nan", "'load=nan' is not NAME=NUMBER"),
        ("FFX_POLICY_PREFERENCES", "libx264=-1", "'libx264=-1' is not NAME=NUMBER"),
    ],
)
def test_a_wrong_variable_is_named(name: str, text: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        effective(Source({}, {name: text}, Configuration()))
    assert str(caught.value).startswith(f"{name}: ")
    assert words in str(caught.value)


@given(st.text(), st.sampled_from([place[3] for place in PLACES]))
def test_any_text_is_a_value_or_an_error_that_names_its_place(text: str, variable: str) -> None:
    try:
        effective(Source({}, {variable: text}, Configuration()))
    except ConfigurationError as error:
        assert str(error).startswith(f"{variable}: ")


def test_a_wrong_value_that_a_command_does_not_use_is_no_fault() -> None:
    source = Source({}, {"FFX_PORT": "abc"}, Configuration())
    assert submit_settings(source).local == "auto"
    assert policy_settings(source).name == "weighted"
    assert plugin_settings(source).disabled == ()
    with pytest.raises(ConfigurationError):
        serve_settings(source)


# -- Which file -------------------------------------------------------------------------------------------------


def test_the_named_file_comes_before_the_users_own(tmp_path: Path) -> None:
    environment = {"FFX_HOME": str(tmp_path)}
    own = folders(environment)
    own.configuration.mkdir()
    own.configuration_file.write_text("[serve]\nport = 1\n", encoding="utf-8")
    for name, port in (("named", 2), ("given", 3)):
        (tmp_path / f"{name}.toml").write_text(f"[serve]\nport = {port}\n", encoding="utf-8")
    assert load_configuration(None, environment, own).serve.port == 1
    environment["FFX_CONFIG"] = str(tmp_path / "named.toml")
    assert load_configuration(None, environment, own).serve.port == 2
    assert load_configuration(str(tmp_path / "given.toml"), environment, own).serve.port == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "--config: {file}: there is no such file"),
        (b"[serve", "--config: {file}: is not TOML: "),
        (b"\xff\xfe", "--config: {file}: is not UTF-8 text"),
        (b"[serve]\nport = 99999\n", "{file}: serve.port is a number from 0 to 65535"),
        (b"[serve]\nport = '1'\n", "{file}: serve.port: "),
        (b"[serv]\nport = 1\n", "{file}: serv: unknown key; did you mean 'serve'?"),
    ],
)
def test_a_file_that_does_not_fit_is_named_with_the_place(content: bytes | None, words: str, tmp_path: Path) -> None:
    file = tmp_path / "ffx.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(str(file), {}, folders({"FFX_HOME": str(tmp_path)}))
    assert str(caught.value).startswith(words.format(file=file))
    assert "\n" not in str(caught.value)


# -- Through the command ----------------------------------------------------------------------------------------


def test_validate_config_prints_what_is_in_force(ffx: Ffx, tmp_path: Path) -> None:
    file = tmp_path / "ffx.toml"
    file.write_text('[serve]\nport = 1234\nname = "studio"\n[policy.weights]\nload = 0.5\n', encoding="utf-8")
    arguments = ("serve", "--validate-config", "--config", file, "--port", "4321")
    valid = ffx.json(*arguments, FFX_MAX_JOBS="7")
    assert valid["valid"] is True
    serve = valid["configuration"]["serve"]
    assert (serve["port"], serve["name"], serve["max_jobs"]) == (4321, "studio", 7)
    page = ffx.ok(*arguments)
    assert "  serve.port = 4321\n" in page
    assert "  policy.weights = {load = 0.5}\n" in page


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('[policy]\nname = "weihgted"\n', "unknown policy 'weihgted'; did you mean 'weighted'?"),
        ("[policy.weights]\nlaod = 1\n", "policy.weights.laod: unknown weight; did you mean 'load'?"),
        ('[plugins]\ndisabled = ["nvdia"]\n', "plugins.disabled: there is no plugin 'nvdia'; did you mean 'nvidia'?"),
        ("[serve]\nmax_jobs = 0\n", "ffx.toml: serve.max_jobs is at least 1"),
    ],
)
def test_validate_config_finds_what_only_plugins_know(content: str, words: str, ffx: Ffx, tmp_path: Path) -> None:
    (tmp_path / "ffx.toml").write_text(content, encoding="utf-8")
    assert words in ffx.refused(2, "serve", "--validate-config", "--config", "ffx.toml")


def test_validate_config_finds_an_ffmpeg_that_is_not_there(ffx: Ffx, tmp_path: Path) -> None:
    (tmp_path / "ffx.toml").write_text('[ffmpeg]\npath = "/nowhere/ffmpeg"\n', encoding="utf-8")
    assert "/nowhere/ffmpeg" in ffx.refused(1, "serve", "--validate-config", "--config", "ffx.toml")


def test_a_wrong_option_is_named_and_ends_with_2(ffx: Ffx) -> None:
    assert ffx.refused(2, "serve", "--port", "x") == "--port: 'x' is not a number from 0 to 65535"
    assert ffx.refused(2, "serve", FFX_PORT="x") == "FFX_PORT: 'x' is not a number from 0 to 65535"
