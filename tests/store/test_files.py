"""Permissions of the database's files and copies, whatever the umask."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.errors import StoreError
from monitor.store.backup import backup, restore
from monitor.store.files import SUFFIXES, share_with_group
from monitor.store.lock import InstanceLock, is_held
from monitor.store.sqlite import prepare

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture(autouse=True, params=[0o000, 0o077], ids=["umask 000", "umask 077"])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(database: Path) -> dict[str, str]:
    found = ((suffix, Path(f"{database}{suffix}")) for suffix in SUFFIXES)
    return {suffix: oct(stat.S_IMODE(file.stat().st_mode)) for suffix, file in found}


def quiet(done: int, of: int) -> None:
    pass


def test_a_new_database_with_its_log_and_lock_is_private_to_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    with InstanceLock(path), closing(prepare(path)):
        assert modes(path) == dict.fromkeys(SUFFIXES, "0o600")


def test_the_group_may_read_the_database_if_the_configuration_says_so(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    with InstanceLock(path), closing(prepare(path)):
        share_with_group(path)
        assert modes(path) == dict.fromkeys(SUFFIXES, "0o640")
    with (
        InstanceLock(path),
        closing(prepare(path)),
    ):  # recreated by SQLite with the mode of the database
        assert modes(path) == dict.fromkeys(SUFFIXES, "0o640")


@pytest.mark.parametrize("group", [False, True], ids=["owner", "group"])
def test_a_copy_is_as_private_as_the_database(tmp_path: Path, group: bool) -> None:
    path, copy = tmp_path / "news.db", tmp_path / "copy.db"
    prepare(path).close()
    if group:
        share_with_group(path)
    expected = 0o640 if group else 0o600
    backup(path, copy, force=False, progress=quiet)
    assert stat.S_IMODE(copy.stat().st_mode) == expected
    aside = restore(copy, path, now=NOW, progress=quiet)
    assert aside is not None
    assert [stat.S_IMODE(file.stat().st_mode) for file in (path, aside)] == [expected] * 2


def test_a_copy_of_a_world_readable_database_is_not_world_readable(tmp_path: Path) -> None:
    path, copy = tmp_path / "news.db", tmp_path / "copy.db"
    prepare(path).close()
    path.chmod(0o644)
    backup(path, copy, force=False, progress=quiet)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o640


def test_a_held_lock_is_detected_with_read_permission_only(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    with InstanceLock(path):
        Path(f"{path}.lock").chmod(0o440)
        assert is_held(path)
    assert not is_held(path)


def test_a_lock_that_cannot_be_written_names_the_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with (
        pytest.raises(StoreError, match="the disk is full; free some space"),
        InstanceLock(tmp_path / "news.db"),
    ):
        pass
    monkeypatch.undo()
    with InstanceLock(tmp_path / "news.db"):  # the lock was released
        pass
