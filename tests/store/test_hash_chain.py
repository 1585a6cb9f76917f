"""A stored revision that was changed is detected."""

import sqlite3
from pathlib import Path

import pytest

from monitor.store import hash_chain
from monitor.store.hash_chain import find_broken, store_revision
from monitor.store.sqlite import prepare


def revision(article: int, number: int, **changes: object) -> dict[str, object]:
    facts: dict[str, object] = {
        "article_id": article,
        "number": number,
        "seen_at": "now",
        "published_at": None,
        "updated_at": None,
        "fetched_from": None,
        "etag": None,
        "last_modified": None,
        "body_sha256": None,
        "digest": "d",
        "title": "title",
        "text": f"text {number}",
        "change": "material",
    }
    return facts | changes


@pytest.fixture
def conn(tmp_path: Path) -> sqlite3.Connection:
    made = prepare(tmp_path / "news.db")
    for article in (1, 2):
        made.execute(
            "INSERT INTO articles (id, source, title, text, first_seen_at, last_seen_at, revision)"
            " VALUES (?, 'kjzz', 't', 'x', 'now', 'now', 3)",
            [article],
        )
        for number in (1, 2, 3):
            store_revision(made, revision(article, number))
    return made


def test_an_unchanged_chain_is_valid(conn: sqlite3.Connection) -> None:
    assert list(find_broken(conn)) == []
    conn.close()


@pytest.mark.parametrize("column", ["text", "title", "seen_at", "fetched_from", "body_sha256"])
def test_a_changed_column_breaks_its_link(conn: sqlite3.Connection, column: str) -> None:
    conn.execute(f"UPDATE revisions SET {column} = 'other' WHERE article_id = 2 AND number = 2")
    assert list(find_broken(conn)) == [(2, 2)]
    conn.close()


def test_a_recomputed_link_invalidates_the_next_one(conn: sqlite3.Connection) -> None:
    store_revision(conn, revision(1, 1, text="other"))
    assert list(find_broken(conn)) == [(1, 2)]
    conn.close()


def test_a_removed_revision_is_detected(conn: sqlite3.Connection) -> None:
    conn.execute("DELETE FROM revisions WHERE article_id = 1 AND number = 2")
    assert list(find_broken(conn)) == [(1, 3)]
    conn.close()


@pytest.mark.parametrize("least", [3, 1])
def test_a_truncated_chain_is_detected(conn: sqlite3.Connection, least: int) -> None:
    conn.execute("DELETE FROM revisions WHERE article_id = 2 AND number >= ?", [least])
    assert list(find_broken(conn)) == [(2, 3)]
    conn.close()


def test_articles_are_verified_in_slices(
    conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change to an article of a later slice is seen, since that is not in memory yet."""
    monkeypatch.setattr(hash_chain, "SLICE", 1)
    conn.commit()
    conn.execute("PRAGMA foreign_keys=OFF")
    conn.execute("UPDATE articles SET id = 40 WHERE id = 2")  # ids have gaps
    conn.execute("UPDATE revisions SET article_id = 40 WHERE article_id = 2")
    conn.execute("UPDATE revisions SET text = 'other' WHERE article_id = 1 AND number = 1")
    found = find_broken(conn)
    assert next(found) == (1, 1)
    conn.execute("DELETE FROM revisions WHERE article_id = 40 AND number > 1")
    assert list(found) == [(40, 1)]
    conn.close()
