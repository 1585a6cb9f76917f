"""Counts how much work of each worker is due."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from monitor.contracts import Backlog
from monitor.store import source_tasks
from monitor.store.rows import due_text


def backlog(
    conn: sqlite3.Connection,
    now: datetime,
    channels: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
    due_by: datetime | None = None,
) -> Backlog:
    """Count due and running work; of these channels and sources only, or (None) of all.

    `due_by`: count only sources that were due then. An earlier time than `now` leaves out sources
    that fell due since.
    """
    now_text, due_by_text = due_text(now), due_text(min(now, due_by or now))

    def count(table: str, further: str = "", *values: object) -> int:
        # Running work counts too; its `due_at`, the end of its lease, lies in the future.
        due = due_by_text if table == "sources" else now_text
        sql = f"SELECT count(*) FROM {table} WHERE"
        return sum(
            int(conn.execute(f"{sql} {condition}{further}", [due, *values]).fetchone()[0])
            for condition in ("due_at <= ?", "lease > '' AND due_at > ?")
        )

    in_channels = "" if channels is None else " AND channel IN (SELECT value FROM json_each(?))"
    channel_values = [] if channels is None else [json.dumps(list(channels))]
    in_sources = "" if sources is None else " AND name IN (SELECT value FROM json_each(?))"
    source_values = [] if sources is None else [json.dumps(list(sources))]
    enabled = " AND channel NOT IN (SELECT name FROM channels WHERE disabled_at IS NOT NULL)"
    outbox = "SELECT count(*) FROM deliveries WHERE state ="
    waiting = conn.execute(f"{outbox} 'pending' AND due_at > ? AND lease IS NULL", [now_text])
    return Backlog(
        sources_due=count("sources", in_sources, *source_values),
        reads_due=count("entries") + count("articles") + source_tasks.count_pending(conn),
        deliveries_due=count("deliveries", f"{in_channels}{enabled}", *channel_values),
        deliveries_waiting=int(waiting.fetchone()[0]),
        deliveries_dead=int(conn.execute(f"{outbox} 'dead'").fetchone()[0]),
    )
