"""A result gets its final name whole, and never over a file that nobody gave up."""

from __future__ import annotations

from pathlib import Path

import pytest

from ffx.client.commit import check_output, clear_parts, commit, part_path
from ffx.core.errors import UsageError, VerificationError
from ffx.media.digest import file_digest


@pytest.fixture
def part(tmp_path: Path) -> Path:
    path = part_path(tmp_path / "film.mp4", "0123456789", 1)
    path.write_bytes(b"new")
    return path


def test_the_part_lies_beside_the_output(tmp_path: Path) -> None:
    for letter in "xé🎬":
        output = tmp_path / (letter * (250 // len(letter.encode())) + ".mp4")
        part = part_path(output, "0123456789", 1)
        part.write_bytes(b"")
        assert part.parent == output.parent
        assert part not in (part_path(output, "9876543210", 1), part_path(output, "0123456789", 2))


def test_the_parts_of_the_attempts_before_one_are_cleared(tmp_path: Path) -> None:
    output = tmp_path / "film.mp4"
    parts = [part_path(output, "0123456789", attempt) for attempt in (1, 2, 3)]
    others = [output, part_path(output, "9876543210", 1), tmp_path / "another.part"]
    for path in (*parts, *others):
        path.write_bytes(b"")
    clear_parts(output, "0123456789", 2)
    assert set(tmp_path.iterdir()) == {parts[2], *others}
    clear_parts(output, "0123456789", 3)
    assert set(tmp_path.iterdir()) == set(others)
    clear_parts(tmp_path / "gone" / "film.mp4", "0123456789", 3)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_result_gets_its_name(part: Path, tmp_path: Path, overwrite: bool) -> None:
    commit(part, tmp_path / "film.mp4", overwrite=overwrite)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
    assert (tmp_path / "film.mp4").read_bytes() == b"new"


def test_a_file_that_appeared_meanwhile_is_not_touched(part: Path, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"old")
    with pytest.raises(UsageError, match="appeared while the job ran"):
        commit(part, tmp_path / "film.mp4", overwrite=False)
    assert (tmp_path / "film.mp4").read_bytes() == b"old"
    assert part.read_bytes() == b"new"


def test_overwrite_replaces(part: Path, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"old")
    commit(part, tmp_path / "film.mp4", overwrite=True)
    assert (tmp_path / "film.mp4").read_bytes() == b"new"


def test_without_hard_links_the_name_is_still_not_taken(
    part: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(self: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    (tmp_path / "film.mp4").write_bytes(b"old")
    with pytest.raises(UsageError):
        commit(part, tmp_path / "film.mp4", overwrite=False)
    commit(part, tmp_path / "other.mp4", overwrite=False)
    assert (tmp_path / "other.mp4").read_bytes() == b"new"


def test_what_could_not_be_put_in_place_is_known_beforehand(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").touch()
    check_output(tmp_path / "new.mp4", overwrite=False)
    check_output(tmp_path / "film.mp4", overwrite=True)
    for output, overwrite, expected in (
        (tmp_path / "film.mp4", False, "--overwrite"),
        (tmp_path, True, "is a folder"),
        (tmp_path / "nowhere" / "film.mp4", False, "make it first"),
        (Path("/proc/film.mp4"), False, "cannot be written to" if Path("/proc").is_dir() else "make it first"),
    ):
        with pytest.raises(UsageError, match=expected):
            check_output(output, overwrite=overwrite)


# -- Taken up again after a crash -----------------------------------------------------------------------------


def test_what_was_put_there_before_the_crash_is_not_put_there_again(part: Path, tmp_path: Path) -> None:
    output, digest = tmp_path / "film.mp4", file_digest(part)
    for _ in range(2):
        commit(part, output, overwrite=False, digest=digest)
        assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
    assert output.read_bytes() == b"new"


def test_a_file_of_another_digest_is_not_taken_for_the_result(part: Path, tmp_path: Path) -> None:
    output, digest = tmp_path / "film.mp4", file_digest(part)
    part.unlink()
    output.write_bytes(b"old")
    with pytest.raises(VerificationError, match="is gone"):
        commit(part, output, overwrite=True, digest=digest)
    assert output.read_bytes() == b"old"


def test_a_part_that_changed_is_not_committed(part: Path, tmp_path: Path) -> None:
    digest = file_digest(part)
    part.write_bytes(b"neW")
    with pytest.raises(VerificationError, match="is not the result that was checked"):
        commit(part, tmp_path / "film.mp4", overwrite=False, digest=digest)
    assert not (tmp_path / "film.mp4").exists()
