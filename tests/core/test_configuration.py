"""The configuration file as a value: what it takes, and one clear line for what it does not."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from ffx.core import configuration
from ffx.core.configuration import Configuration, parse_size, read_configuration, read_toml
from ffx.core.errors import ConfigurationError


def read(text: str) -> Configuration:
    return read_configuration(tomllib.loads(text), origin="ffx.toml")


def test_nothing_given_is_every_default() -> None:
    assert read("") == Configuration()
    assert Configuration().serve.port == 8765
    assert Configuration().serve.max_jobs == 2
    assert parse_size(Configuration().serve.max_file_size) == 10 * 10**9


def test_the_example_of_the_docstring_is_read() -> None:
    example = (configuration.__doc__ or "").partition("::\n")[2]
    found = read("\n".join(line.removeprefix("    ") for line in example.splitlines()))
    assert found.ffmpeg.path == "/opt/ffmpeg/bin/ffmpeg"
    assert found.policy.weights == {"compatibility": 0.5}
    assert found.plugins.disabled == ("nvidia",)


def test_what_tomlkit_reads_is_taken_too() -> None:
    document = tomlkit.parse('[serve]\nport = 9000\nname = "studio"\n[plugins]\ndisabled = ["amd"]\n')
    found = read_configuration(document, origin="ffx.toml")
    assert (found.serve.port, found.serve.name, found.plugins.disabled) == (9000, "studio", ("amd",))
    assert type(found.serve.name) is str


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[serv]", "serv: unknown key; did you mean 'serve'?"),
        ("[serve]\nprt = 1", "serve.prt: unknown key; did you mean 'port'?"),
        ("port = 1", "port: unknown key"),
        ("[serve]\nport = '1'", "serve.port: must be a whole number"),
        ("[serve]\nport = true", "serve.port: must be a whole number"),
        ("[serve]\nport = 65536", "serve.port is a number from 0 to 65535"),
        ("[serve]\nport = -1", "serve.port is a number from 0 to 65535"),
        ("[serve]\nmax_jobs = 0", "serve.max_jobs is at least 1"),
        ("[serve]\nmax_file_size = '10 apples'", "serve.max_file_size: '10 apples' is not a size"),
        ("[serve]\nlog_level = 'LOUD'", "serve.log_level is one of DEBUG, INFO, WARNING, ERROR"),
        ("[serve]\nname = 2020-01-01", "serve.name: must be text"),
        ("serve = 3", "serve: must be an object"),
        ("[[serve]]\nport = 1", "serve: must be an object"),
        ("[submit]\nlocal = 'maybe'", "submit.local is one of auto, never, only"),
        ("[arguments]\npolicy = 'all'", "arguments.policy is one of none, checked, any"),
        ("[policy.weights]\nload = -0.1", "policy.weights are not negative"),
        ("[policy.weights]\nload = nan", "policy.weights['load']: must be a number"),
        ("[policy.preferences]\nlibx264 = 1.5", "policy.preferences run from 0 to 1"),
        ("[plugins]\ndisabled = 'nvidia'", "plugins.disabled: must be a list"),
        ("[plugins]\ndisabled = ['nvidia', 3]", "plugins.disabled[1]: must be text"),
    ],
)
def test_a_value_that_does_not_fit_is_one_line_with_its_place(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    assert str(caught.value).startswith("ffx.toml: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", [f"[serve]\nport = {'9' * 5000}", f"[serve]\nport = {'[' * 5000}", f"{'x' * 5000} = 1", "[serve", "a = 'b"]
)
def test_what_is_hardly_a_file_is_one_line(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_configuration(read_toml(text, origin="ffx.toml"), origin="ffx.toml")
    assert str(caught.value).startswith("ffx.toml: ")
    assert str(caught.value).isprintable() and len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1000", 1000),
        ("10GB", 10**10),
        ("10 gb", 10**10),
        ("512MiB", 512 * 2**20),
        ("1.5KiB", 1536),
        ("0", 0),
        ("3B", 3),
        (" 2TB ", 2 * 10**12),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GB", "-1", "1e9", "10 GBs", "1 0", "1,5GB", "ten", "9" * 19, "NaN", "1.GB"])
def test_what_is_not_a_size(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a size; write it like 10GB or 512MiB"):
        parse_size(text)


@given(st.integers(0, 10**6), st.sampled_from(["B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"]))
def test_whole_sizes_are_exact(amount: int, unit: str) -> None:
    base, power = (2, 10) if "i" in unit else (10, 3)
    assert parse_size(f"{amount}{unit}") == amount * base ** (power * " KMGT".index(unit[0].upper().replace("B", " ")))


@given(st.recursive(st.integers() | st.text() | st.booleans() | st.floats(), st.lists))
def test_any_value_is_a_configuration_or_an_error(value: Any) -> None:
    for key in ("port", "name", "max_file_size", "log_level"):
        try:
            read_configuration({"serve": {key: value}}, origin="ffx.toml")
        except ConfigurationError as error:
            assert str(error).startswith("ffx.toml: serve")
