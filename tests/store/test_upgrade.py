"""A database of an older version is upgraded, completely or not at all."""

import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from monitor.errors import StoreError
from monitor.store import upgrade as upgrades
from monitor.store.schema import VERSION, migrations
from monitor.store.sqlite import connect, prepare
from monitor.store.upgrade import Report

ARTICLES = 300
OLD = 3


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of version 3 with rows of everything that an upgrade changes."""
    path = tmp_path_factory.mktemp("old") / "news.db"
    with closing(connect(path, writable=True)) as conn:
        migrations.apply(Database(conn), stop_before="m0004_entries_and_sources")
        conn.execute(f"PRAGMA user_version = {OLD}")
        conn.execute("INSERT INTO meta VALUES ('install', 'abc')")
        conn.execute("INSERT INTO sources (name, url) VALUES ('kjzz', 'http://kjzz.test/')")
        for number in range(1, ARTICLES + 1):
            filled(conn, number)
        conn.execute("DELETE FROM deliveries WHERE id = ?", [ARTICLES])  # its id is used up
        conn.execute("UPDATE deliveries SET alert_id = 9999, article_id = 9999 WHERE id = 1")
        conn.commit()
        conn.execute("PRAGMA journal_mode=DELETE")
    return path


def filled(conn: sqlite3.Connection, number: int) -> None:
    seen = "2026-01-05T12:00:00Z"
    conn.execute(
        "INSERT INTO articles (id, source, title, text, first_seen_at, last_seen_at, story_id)"
        " VALUES (?, 'kjzz', ?, ?, ?, ?, ?)",
        [number, f"Headline {number}", f"{'tariff' if number % 2 else 'water'}", seen, seen, 1],
    )
    conn.execute(
        "INSERT INTO revisions (article_id, number, seen_at, title, text, digest, change)"
        " VALUES (?, 1, ?, '', '', '', 'first')",
        [number, seen],
    )
    conn.execute(
        "INSERT INTO matches (article_id, revision, topic, place, excerpt, start, end, excerpt_at)"
        " VALUES (?, 1, 'tariff', 'body', 'a tariff', 0, 6, 0)",
        [number],
    )
    conn.execute(
        "INSERT INTO alerts VALUES (?, ?, 'tariff', ?, 1, 'new', ?)", [number, number, number, seen]
    )
    conn.execute(
        "INSERT INTO deliveries (id, alert_id, channel, created_at, message_id, article_id)"
        " VALUES (?, ?, 'desk', ?, ?, ?)",
        [number, number, seen, f"msg_{number}", number],
    )
    conn.execute("INSERT INTO delivery_alerts VALUES (?, ?)", [number, number])


@pytest.fixture
def path(old: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(old, tmp_path / "news.db"))


def version(conn: sqlite3.Connection) -> int:
    return int(conn.execute("PRAGMA user_version").fetchone()[0])


def assert_whole(conn: sqlite3.Connection) -> None:
    assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
    for table in ("articles", "revisions", "matches", "alerts", "delivery_alerts"):
        assert conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0] >= ARTICLES - 1
    found = conn.execute("SELECT count(*) FROM articles_fts WHERE articles_fts MATCH 'tariff'")
    assert found.fetchone()[0] == ARTICLES // 2


def test_an_upgrade_keeps_every_row_and_its_id(path: Path) -> None:
    with closing(prepare(path)) as conn:
        assert version(conn) == VERSION
        assert_whole(conn)
        ids = "SELECT max(id), count(*) FROM"
        assert tuple(conn.execute(f"{ids} matches").fetchone()) == (ARTICLES, ARTICLES)
        assert tuple(conn.execute(f"{ids} deliveries").fetchone()) == (ARTICLES - 1, ARTICLES - 1)


def test_storing_one_article_never_merges_the_whole_full_text_index(path: Path) -> None:
    """With 16 segments automerge would merge all at once: 25 s with a million articles."""
    with closing(prepare(path)) as conn:
        config = dict(tuple(row) for row in conn.execute("SELECT k, v FROM articles_fts_config"))
    assert config["crisismerge"] > 4 * config["automerge"]


def test_the_id_of_a_deleted_message_is_not_reused(path: Path) -> None:
    with closing(prepare(path)) as conn:
        insert = "INSERT INTO deliveries (channel, created_at, message_id) VALUES ('d', '', 'm')"
        assert conn.execute(insert).lastrowid == ARTICLES + 1


def test_a_message_stays_when_its_alert_and_article_are_deleted(path: Path) -> None:
    with closing(prepare(path)) as conn:
        gone = "SELECT alert_id, article_id FROM deliveries WHERE id = ?"
        assert tuple(conn.execute(gone, [1]).fetchone()) == (None, None)  # deleted by retention
        conn.execute("DELETE FROM articles WHERE id = 7")
        assert tuple(conn.execute(gone, [7]).fetchone()) == (None, None)
        with pytest.raises(sqlite3.IntegrityError):
            conn.execute("UPDATE deliveries SET article_id = 9999 WHERE id = 8")


def reporting_to(texts: list[str]) -> Report:
    """Collect the progress reports; never ask to stop."""

    def report(text: str) -> bool:
        texts.append(text)
        return True

    return report


def test_progress_is_reported_with_a_number_of_steps(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrades, "REPORT_INTERVAL_S", 0.0)
    monkeypatch.setattr(upgrades, "OPCODES", 50)
    reports: list[str] = []
    prepare(path, reporting_to(reports)).close()
    assert reports[0].startswith(f"upgrading the database from version {OLD} to {VERSION}: 0 of ")
    done = [int(text.split(": ")[1].split()[0]) for text in reports]
    steps = int(reports[0].split()[-1])
    assert done == sorted(done)
    assert steps - 5 <= done[-1] <= steps


def test_an_up_to_date_database_reports_no_progress(path: Path) -> None:
    prepare(path).close()
    reports: list[str] = []
    prepare(path, reporting_to(reports)).close()
    assert reports == []


@pytest.mark.parametrize("after", [0, 1, 40])
def test_a_stopped_upgrade_leaves_the_old_version(
    path: Path, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrades, "REPORT_INTERVAL_S", 0.0)
    monkeypatch.setattr(upgrades, "OPCODES", 100)
    reports: list[str] = []

    def report(text: str) -> bool:
        reports.append(text)
        return len(reports) <= after

    with pytest.raises(StoreError, match="nothing has changed"):
        prepare(path, report)
    assert len(reports) == after + 1
    with closing(sqlite3.connect(path)) as conn:
        assert version(conn) == OLD
        assert_whole(conn)
    with closing(prepare(path)) as conn:
        assert version(conn) == VERSION


def test_too_little_disk_space_is_an_error_before_anything_is_changed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(path.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
    with pytest.raises(StoreError, match=r"takes 2 MB of disk and 1 MB are free"):
        prepare(path)
    with closing(sqlite3.connect(path)) as conn:
        assert version(conn) == OLD


KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
from monitor.store.sqlite import connect
from monitor.store.upgrade import upgrade

path, left = Path(sys.argv[1]), int(sys.argv[2])

def count(*_):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return sqlite3.SQLITE_OK

conn = connect(path, writable=True)
conn.execute("PRAGMA cache_size=5")  # what is changed reaches the log long before the commit
conn.set_authorizer(count)
upgrade(conn, path)
"""


def test_a_kill_at_any_point_leaves_the_old_version_or_the_new_one(
    old: Path, tmp_path: Path
) -> None:
    """Killed at many moments; with a small cache, pages reach the log before the commit."""
    seen = set()
    for moment in range(0, 2000, 60):
        path = Path(shutil.copy(old, tmp_path / f"news-{moment}.db"))
        command = [sys.executable, "-c", KILLED, str(path), str(moment)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
        with closing(sqlite3.connect(path)) as conn:
            seen.add(version(conn))
            assert_whole(conn)
        with closing(prepare(path)) as conn:
            assert version(conn) == VERSION
        if ended.returncode == 0:
            break
    assert seen == {OLD, VERSION}
