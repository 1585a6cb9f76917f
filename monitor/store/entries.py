"""Entries: stores what a poll listed, and finishes their visits.

A due entry keeps its place in the queue, its attempts and its lease, whatever the feed changes in
it meanwhile; only its content is updated. An entry that is not due becomes due when it changes, and
is visited after all unread ones (`changed_at`).

An entry is restamped when only its dates change. Sources that restamp everything at every poll
exist, so after RESTAMPS such polls in a row restamped entries are not visited.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.contracts import Announced, ClaimedSource, Decision, Polled, Reading, Visit
from monitor.model import ArticleId, Entry, utc_text
from monitor.store.rows import PRUNED, due_text, entry_to_json

RESTAMPS = 2  # polls in a row that restamped every entry: then new dates mean nothing
RESTAMPED = 3  # minimum of restamped entries in such a poll

Listed = tuple[Entry, str | None]  # an entry, and the site of its page; None: not fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class _KnownEntries:
    """Listed entries that are stored, by how they differ from the stored state."""

    same: tuple[str, ...] = ()  # keys
    restamped: tuple[Listed, ...] = ()
    edited: tuple[Listed, ...] = ()


def store_listed(
    conn: sqlite3.Connection,
    claimed: ClaimedSource,
    source: sqlite3.Row,
    polled: Polled,
    now: datetime,
) -> Announced:
    """Store the entries of a poll, and make new and changed ones due.

    `source` is the row of the source before this poll.
    """
    assert polled.feed is not None
    key = source["key"]
    entries = {e.key: (e, site) for e, site in zip(polled.feed.entries, polled.sites, strict=True)}
    digests = _digests(conn, key, list(entries))
    known = _compare(entries, digests, polled.feed.unchanged.keys)
    new = [listed for name, listed in entries.items() if name not in digests]
    restamps = _count_restamps(known, source["restamps"])
    visited = known.edited if restamps >= RESTAMPS else (*known.edited, *known.restamped)
    _insert(conn, key, new, claimed.last_polled_at is None, now)
    _refresh(conn, key, known, now)
    _make_due(conn, key, visited, now)
    _retry_now(conn, key, known.edited, now)
    listed = [*digests, *polled.feed.unchanged.keys]
    if listed:
        _mark_listed(conn, key, listed, now)
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


def _compare(
    entries: dict[str, Listed], digests: dict[str, tuple[str, str | None]], kept: Sequence[str]
) -> _KnownEntries:
    same, restamped, edited = [*kept], [], []
    for key, (digest, text_digest) in digests.items():
        entry = entries[key][0]
        if digest == PRUNED:
            continue  # its content was deleted: nothing to compare with
        if digest == entry.digest:
            same.append(key)
        elif text_digest and text_digest == entry.text_digest:
            restamped.append(entries[key])
        else:
            edited.append(entries[key])
    return _KnownEntries(same=tuple(same), restamped=tuple(restamped), edited=tuple(edited))


def _count_restamps(known: _KnownEntries, before: int) -> int:
    """Count the polls in a row that restamped every entry.

    One entry that kept its dates resets the count; a poll with too few entries leaves it.
    """
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
                entry_to_json(e),
                seen,
                seen,
                first,
                due,
            )
            for e, site in new
        ],
    )


def _refresh(conn: sqlite3.Connection, source: str, known: _KnownEntries, now: datetime) -> None:
    """Update the stored content. A changed link drops the validators of the article."""
    changed = (*known.restamped, *known.edited)
    conn.executemany(
        "UPDATE articles SET etag = NULL, last_modified = NULL WHERE id = (SELECT article_id"
        " FROM entries WHERE source = ? AND key = ? AND link IS NOT ?)",
        [(source, e.key, e.link) for e, _ in known.edited],
    )
    conn.executemany(
        "UPDATE entries SET digest = ?, text_digest = ?, site = ?,"
        " attempts = CASE WHEN link IS ? THEN attempts ELSE 0 END, link = ?,"
        " said = CASE WHEN due_at IS NULL THEN said ELSE ? END WHERE source = ? AND key = ?",
        [
            (e.digest, e.text_digest, site, e.link, e.link, entry_to_json(e), source, e.key)
            for e, site in changed
        ],
    )


def _make_due(
    conn: sqlite3.Connection, source: str, changed: Sequence[Listed], now: datetime
) -> None:
    """Make entries due that are not due yet; a never read one counts as unread."""
    conn.executemany(
        "UPDATE entries SET due_at = ?, attempts = 0, said = ?,"
        " changed_at = CASE WHEN article_id IS NULL THEN NULL ELSE ? END"
        " WHERE source = ? AND key = ? AND due_at IS NULL",
        [(due_text(now), entry_to_json(e), due_text(now), source, e.key) for e, _ in changed],
    )


def _retry_now(
    conn: sqlite3.Connection, source: str, edited: Sequence[Listed], now: datetime
) -> None:
    """Make edited entries due whose page could not be fetched before and which wait for a retry.

    Their article consists of the feed's text, which has changed. Attempts are not reset.
    """
    conn.executemany(
        "UPDATE entries SET due_at = ?, changed_at = ? WHERE source = ? AND key = ?"
        " AND due_at > ? AND lease IS NULL AND article_id IS NOT NULL",
        [(due_text(now), due_text(now), source, e.key, due_text(now)) for e, _ in edited],
    )


def _mark_listed(conn: sqlite3.Connection, source: str, keys: list[str], now: datetime) -> None:
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


def finish_visit(
    conn: sqlite3.Connection,
    visit: Visit,
    decision: Decision,
    article_id: ArticleId | None,
    reading: Reading | None,
    now: datetime,
) -> None:
    """Finish the visit of an entry: done, to be retried, or due again because it changed."""
    if visit.entry_id is None:
        return
    if visit.article_id not in (None, article_id):
        _reschedule_former_article(conn, visit, now)
    due_at, changed_at = due_text(decision.entry_due_at), None
    if _link_changed(conn, visit) or (due_at is None and _content_changed(conn, visit)):
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


def _reschedule_former_article(conn: sqlite3.Connection, visit: Visit, now: datetime) -> None:
    """Make due an article whose entry now belongs to another one, if its page was never fetched."""
    conn.execute(
        "UPDATE articles SET due_at = ? WHERE id = ? AND due_at IS NULL AND partial IS NOT NULL"
        " AND url IS NOT NULL AND site IS NOT NULL",
        [due_text(now), visit.article_id],
    )


def _link_changed(conn: sqlite3.Connection, visit: Visit) -> bool:
    """Whether the link changed during the visit, so that its result does not apply."""
    if visit.entry is None:
        return False
    row = conn.execute("SELECT link FROM entries WHERE id = ?", [visit.entry_id]).fetchone()
    return row is not None and row["link"] != visit.entry.link


def _content_changed(conn: sqlite3.Connection, visit: Visit) -> bool:
    """Whether the content changed during the visit, other than by a restamp that is ignored."""
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
