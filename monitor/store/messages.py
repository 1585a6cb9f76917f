"""Loads the messages of claimed deliveries: alerts, articles, matches and changes.

It takes several queries per article, so it runs on a read connection and not in the writer.
"""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from monitor.contracts import ClaimedDelivery
from monitor.model import (
    Alert,
    AlertId,
    ArticleId,
    DeliveryId,
    EditRun,
    Item,
    Message,
    MessageKind,
    Reason,
    Story,
    utc_instant,
)
from monitor.store.rows import change_from_row, hit_from_row, to_json
from monitor.store.sqlite import open_to_read, store_error

OPENING = 2_000  # characters of the text, from which a message takes the first sentences
EDITS = frozenset(
    {
        Reason.UPDATED,
        Reason.HEADLINE,
        Reason.CORRECTION,
        Reason.NOW_MATCHES,
        Reason.NO_LONGER_MATCHES,
    }
)
_ARTICLE = (
    "SELECT a.id, a.url, a.guid, a.source, a.authors, a.language, a.story_id, r.title AS headline,"
    " substr(r.text, 1, ?) AS opening, r.text AS whole, r.published_at AS published,"
    " r.updated_at AS updated, r.change, r.score, r.detail"
    " FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = ? WHERE a.id = ?"
)
_LAST_SENT_REVISION = (
    "SELECT max(a.revision) AS number FROM alerts a JOIN delivery_alerts l ON l.alert_id = a.id"
    " JOIN deliveries d ON d.id = l.delivery_id"
    " WHERE a.article_id = ? AND d.channel = ? AND d.id != ? AND a.revision < ?"
)


def load_deliveries(path: Path, rows: Sequence[sqlite3.Row]) -> list[ClaimedDelivery]:
    """Load the deliveries of these rows, in their order. Raises StoreError."""
    conn = open_to_read(path)
    try:
        return [load_delivery(conn, row) for row in rows]
    except sqlite3.Error as error:
        raise store_error(path, error) from error
    finally:
        conn.close()


def load_delivery(conn: sqlite3.Connection, row: sqlite3.Row) -> ClaimedDelivery:
    """Load a claimed row of `deliveries` with its message."""
    return ClaimedDelivery(
        id=DeliveryId(row["id"]),
        lease=row["lease"],
        channel=row["channel"],
        attempts=row["attempts"],
        message=_message(conn, row),
    )


def _message(conn: sqlite3.Connection, row: sqlite3.Row) -> Message:
    items = _items(conn, row)
    return Message(
        kind=MessageKind.DIGEST if len(items) > 1 else MessageKind(row["kind"]),
        id=row["message_id"],
        thread=_thread(conn, row),
        created_at=utc_instant(row["created_at"]),
        items=items,
        text=row["text"],
        part=row["part"],
        served=frozenset(json.loads(row["served"])),
    )


def _thread(conn: sqlite3.Connection, row: sqlite3.Row) -> str | None:
    if row["article_id"] is None:
        return None
    first = conn.execute(
        "SELECT message_id FROM deliveries WHERE article_id = ? AND channel = ? AND id < ?"
        " ORDER BY id LIMIT 1",
        [row["article_id"], row["channel"], row["id"]],
    ).fetchone()
    return first["message_id"] if first else None


def _items(conn: sqlite3.Connection, delivery: sqlite3.Row) -> tuple[Item, ...]:
    """Group the alerts of a message by article."""
    alerts: dict[int, list[tuple[int, Alert]]] = {}
    for row in conn.execute(
        "SELECT a.* FROM delivery_alerts d JOIN alerts a ON a.id = d.alert_id"
        " WHERE d.delivery_id = ? ORDER BY a.id",
        [delivery["id"]],
    ).fetchall():
        alert = Alert(
            id=AlertId(row["id"]),
            topic=row["topic"],
            reason=Reason(row["reason"]),
            created_at=utc_instant(row["created_at"]),
        )
        alerts.setdefault(row["article_id"], []).append((row["revision"], alert))
    return tuple(_item(conn, delivery, key, group) for key, group in alerts.items())


def _item(
    conn: sqlite3.Connection,
    delivery: sqlite3.Row,
    article_id: int,
    found: Sequence[tuple[int, Alert]],
) -> Item:
    """Load one article of a message, at the newest revision among its alerts."""
    alerts = tuple(alert for _, alert in found)
    newest = max(revision for revision, _ in found)
    row = conn.execute(_ARTICLE, [OPENING, newest, article_id]).fetchone()
    hits = conn.execute(
        "SELECT * FROM matches WHERE article_id = ? AND revision = ?"
        " AND topic IN (SELECT value FROM json_each(?)) ORDER BY rowid",
        [article_id, newest, to_json(sorted({alert.topic for alert in alerts}))],
    ).fetchall()
    run = _edit_run(conn, delivery, row, found)
    is_news = any(alert.reason is Reason.NEW for alert in alerts)
    return Item(
        alerts=alerts,
        story=_story(row, newest, _also_at(conn, row)),
        hits=tuple(hit_from_row(hit) for hit in hits),
        change=None if run or is_news else change_from_row(row),
        run=run,
    )


def _edit_run(
    conn: sqlite3.Connection,
    delivery: sqlite3.Row,
    newest: sqlite3.Row,
    found: Sequence[tuple[int, Alert]],
) -> EditRun | None:
    """Load the texts before and after several edits; None: fewer than two edits."""
    edited = {number: alert for number, alert in reversed(found) if alert.reason in EDITS}
    if len(edited) < 2:
        return None
    first = min(edited)
    last_sent = conn.execute(
        _LAST_SENT_REVISION, [newest["id"], delivery["channel"], delivery["id"], first]
    ).fetchone()
    before = conn.execute(
        "SELECT title, text FROM revisions WHERE article_id = ? AND number = ?",
        [newest["id"], last_sent["number"] or first - 1],
    ).fetchone()
    if before is None or any(alert.reason is Reason.NEW for _, alert in found):
        return None  # the reader has not seen an earlier text
    return EditRun(
        count=len(edited),
        since=edited[first].created_at,
        until=edited[max(edited)].created_at,
        old_title=before["title"],
        old_text=before["text"],
        new_title=newest["headline"],
        new_text=newest["whole"],
    )


def _story(row: sqlite3.Row, revision: int, also_at: tuple[str, ...]) -> Story:
    return Story(
        id=ArticleId(row["id"]),
        url=row["url"],
        guid=row["guid"],
        title=row["headline"],
        source=row["source"],
        authors=tuple(json.loads(row["authors"])),
        published_at=utc_instant(row["published"]),
        updated_at=utc_instant(row["updated"]),
        language=row["language"],
        revision=revision,
        also_at=also_at,
        opening=row["opening"],
    )


def _also_at(conn: sqlite3.Connection, row: sqlite3.Row) -> tuple[str, ...]:
    """Other sources that have the same story."""
    rows = conn.execute(
        "SELECT DISTINCT source FROM articles WHERE story_id = ? AND source != ?"
        " ORDER BY source LIMIT 50",
        [row["story_id"], row["source"]],
    )
    return tuple(other["source"] for other in rows)
