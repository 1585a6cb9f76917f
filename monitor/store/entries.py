"""Entries: insert what a poll announced, refresh what changed, end the visit of one.

An entry that is due keeps its place in the queue, its attempts and its lease whatever its feed says
of it meanwhile: only the words are refreshed. One that is not due becomes due again when it
changed, and is visited after all that were never read (`changed_at`).
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.contracts import Announced, ClaimedSource, Decision, Polled, Reading, Visit
from monitor.model import ArticleId, Entry, utc_text
from monitor.store.rows import FORGOTTEN, due_text, entry_text

RESTAMPS = 2  # polls in a row that moved the stamp of every entry: from then on stamps say nothing
RESTAMPED = 3  # entries whose stamp alone moved, at least, in such a poll

Listed = tuple[Entry, str | None]  # an entry, and the site whose page is to be fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """Listed entries that were known before, by how they differ from what the feed said last."""

    same: tuple[str, ...] = ()  # keys
    restamped: tuple[Listed, ...] = ()
    reworded: tuple[Listed, ...] = ()


def announce(
    conn: sqlite3.Connection,
    claimed: ClaimedSource,
    source: sqlite3.Row,
    polled: Polled,
    now: datetime,
) -> Announced:
    """Write what a poll listed. `source` is the row of the source before this poll."""
    assert polled.feed is not None
    key = source["key"]
    entries = {e.key: (e, site) for e, site in zip(polled.feed.entries, polled.sites, strict=True)}
    digests = _digests(conn, key, list(entries))
    known = _compared(entries, digests, polled.feed.unchanged.keys)
    new = [listed for name, listed in entries.items() if name not in digests]
    restamps = _restamps(known, source["restamps"])
    visited = known.reworded if restamps >= RESTAMPS else (*known.reworded, *known.restamped)
    _insert(conn, key, new, claimed.last_polled_at is None, now)
    _refresh(conn, key, known, now)
    _make_due(conn, key, visited, now)
    _retry_now(conn, key, known.reworded, now)
    listed = [*digests, *polled.feed.unchanged.keys]
    if listed:
        _still_listed(conn, key, listed, now)
    return Announced(
        new=len(new),
        changed=len(visited),
        listed=bool(entries or listed),
        gap=bool(entries) and not listed and claimed.last_polled_at is not None,
        restamps=restamps,
    )


def _digests(
    conn: sqlite3.Connection, source: str, keys: list[str]
) -> dict[str, tuple[str, str | None]]:
    rows = conn.execute(
        "SELECT key, digest, text_digest FROM entries WHERE source = ?"
        " AND key IN (SELECT value FROM json_each(?))",
        [source, json.dumps(keys)],
    )
    return {row["key"]: (row["digest"], row["text_digest"]) for row in rows}


def _compared(
    entries: dict[str, Listed], digests: dict[str, tuple[str, str | None]], kept: Sequence[str]
) -> _Known:
    same, restamped, reworded = [*kept], [], []
    for key, (digest, text_digest) in digests.items():
        entry = entries[key][0]
        if digest == FORGOTTEN:
            continue  # nothing is left to compare with
        if digest == entry.digest:
            same.append(key)
        elif text_digest and text_digest == entry.text_digest:
            restamped.append(entries[key])
        else:
            reworded.append(entries[key])
    return _Known(same=tuple(same), restamped=tuple(restamped), reworded=tuple(reworded))


def _restamps(known: _Known, before: int) -> int:
    """How many polls in a row moved the stamp of every entry. A poll that lists too few entries to
    tell changes nothing; one entry that kept its stamp ends it."""
    if known.same:
        return 0
    return before + 1 if len(known.restamped) >= RESTAMPED else before


def _insert(
    conn: sqlite3.Connection, source: str, new: Sequence[Listed], first: bool, now: datetime
) -> None:
    seen, due = utc_text(now), due_text(now)
    conn.executemany(
        "INSERT INTO entries (source, key, link, site, digest, text_digest, said, announced_at,"
        " last_seen_at, first_sight, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                source,
                e.key,
                e.link,
                site,
                e.digest,
                e.text_digest,
                entry_text(e),
                seen,
                seen,
                first,
                due,
            )
            for e, site in new
        ],
    )


def _refresh(conn: sqlite3.Connection, source: str, known: _Known, now: datetime) -> None:
    """Store what the feed says now. A page at another address is fetched whole."""
    changed = (*known.restamped, *known.reworded)
    conn.executemany(
        "UPDATE articles SET etag = NULL, last_modified = NULL WHERE id = (SELECT article_id"
        " FROM entries WHERE source = ? AND key = ? AND link IS NOT ?)",
        [(source, e.key, e.link) for e, _ in known.reworded],
    )
    conn.executemany(
        "UPDATE entries SET digest = ?, text_digest = ?, site = ?,"
        " attempts = CASE WHEN link IS ? THEN attempts ELSE 0 END, link = ?,"
        " said = CASE WHEN due_at IS NULL THEN said ELSE ? END WHERE source = ? AND key = ?",
        [
            (e.digest, e.text_digest, site, e.link, e.link, entry_text(e), source, e.key)
            for e, site in changed
        ],
    )


def _make_due(
    conn: sqlite3.Connection, source: str, changed: Sequence[Listed], now: datetime
) -> None:
    """Have entries visited again that are not due yet; or at last, if none was so far."""
    conn.executemany(
        "UPDATE entries SET due_at = ?, attempts = 0, said = ?,"
        " changed_at = CASE WHEN article_id IS NULL THEN NULL ELSE ? END"
        " WHERE source = ? AND key = ? AND due_at IS NULL",
        [(due_text(now), entry_text(e), due_text(now), source, e.key) for e, _ in changed],
    )


def _retry_now(
    conn: sqlite3.Connection, source: str, reworded: Sequence[Listed], now: datetime
) -> None:
    """Do not let other words wait for the next try of a page that could not be had: of such an
    article the feed's words are all there is. The tries go on where they were."""
    conn.executemany(
        "UPDATE entries SET due_at = ?, changed_at = ? WHERE source = ? AND key = ?"
        " AND due_at > ? AND lease IS NULL AND article_id IS NOT NULL",
        [(due_text(now), due_text(now), source, e.key, due_text(now)) for e, _ in reworded],
    )


def _still_listed(conn: sqlite3.Connection, source: str, keys: list[str], now: datetime) -> None:
    seen = [utc_text(now), source, json.dumps(keys)]
    conn.execute(
        "UPDATE articles SET last_seen_at = ? WHERE id IN (SELECT article_id FROM entries"
        " WHERE source = ? AND key IN (SELECT value FROM json_each(?)))",
        seen,
    )
    conn.execute(
        "UPDATE entries SET last_seen_at = ?"
        " WHERE source = ? AND key IN (SELECT value FROM json_each(?))",
        seen,
    )


def release(
    conn: sqlite3.Connection,
    visit: Visit,
    decision: Decision,
    article_id: ArticleId | None,
    reading: Reading | None,
    now: datetime,
) -> None:
    """End the visit of an entry: it is done, tried again, or due again because it changed."""
    if visit.entry_id is None:
        return
    if visit.article_id not in (None, article_id):
        _read_apart(conn, visit, now)
    due_at, changed_at = due_text(decision.entry_due_at), None
    if _names_another_page(conn, visit) or (due_at is None and _changed_since(conn, visit)):
        due_at = changed_at = due_text(now)
    conn.execute(
        "UPDATE entries SET lease = NULL, due_at = ?, changed_at = ?,"
        " attempts = CASE WHEN ? THEN 0 ELSE attempts + 1 END,"
        " article_id = coalesce(?, article_id), last_error = ?,"
        " said = CASE WHEN ? IS NULL THEN NULL ELSE said END WHERE id = ?",
        [
            due_at,
            changed_at,
            changed_at is not None,
            article_id,
            reading.partial if reading else None,
            due_at,
            visit.entry_id,
        ],
    )


def _read_apart(conn: sqlite3.Connection, visit: Visit, now: datetime) -> None:
    """An article whose entry now names another story: its page, not had so far, is still wanted."""
    conn.execute(
        "UPDATE articles SET due_at = ? WHERE id = ? AND due_at IS NULL AND partial IS NOT NULL"
        " AND url IS NOT NULL AND site IS NOT NULL",
        [due_text(now), visit.article_id],
    )


def _names_another_page(conn: sqlite3.Connection, visit: Visit) -> bool:
    """Whether the entry got another link while it was being read: how that page was answered says
    nothing of this one."""
    if visit.entry is None:
        return False
    row = conn.execute("SELECT link FROM entries WHERE id = ?", [visit.entry_id]).fetchone()
    return row is not None and row["link"] != visit.entry.link


def _changed_since(conn: sqlite3.Connection, visit: Visit) -> bool:
    """Whether the feed said something else of the entry while it was being read."""
    if visit.entry is None:
        return False
    row = conn.execute(
        "SELECT e.digest, e.text_digest, s.restamps FROM entries e"
        " JOIN sources s ON s.key = e.source WHERE e.id = ?",
        [visit.entry_id],
    ).fetchone()
    if row is None or row["digest"] == visit.entry.digest:
        return False
    return bool(row["restamps"] < RESTAMPS or row["text_digest"] != visit.entry.text_digest)
