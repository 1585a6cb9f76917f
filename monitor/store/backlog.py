"""How much of each worker's work is due."""

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
    asked_at: datetime | None = None,
) -> Backlog:
    """What is due of each worker's work; of these channels and sources only, or (None) of all.

    Of the sources, with `asked_at`, what was due then.
    """
    now_text, asked_text = due_text(now), due_text(min(now, asked_at or now))

    def count(table: str, rest: str = "", *values: object) -> int:
        """What is due, and what is under way: until the end of its lease it is due later."""
        due = asked_text if table == "sources" else now_text
        sql = f"SELECT count(*) FROM {table} WHERE"
        return sum(
            int(conn.execute(f"{sql} {at_hand}{rest}", [due, *values]).fetchone()[0])
            for at_hand in ("due_at <= ?", "lease > '' AND due_at > ?")
        )

    mine = "" if channels is None else " AND channel IN (SELECT value FROM json_each(?))"
    names = [] if channels is None else [json.dumps(list(channels))]
    those = "" if sources is None else " AND name IN (SELECT value FROM json_each(?))"
    only = [] if sources is None else [json.dumps(list(sources))]
    enabled = " AND channel NOT IN (SELECT name FROM channels WHERE disabled_at IS NOT NULL)"
    outbox = "SELECT count(*) FROM deliveries WHERE state ="
    waiting = conn.execute(f"{outbox} 'pending' AND due_at > ? AND lease IS NULL", [now_text])
    return Backlog(
        sources_due=count("sources", those, *only),
        reads_due=count("entries") + count("articles") + source_tasks.waiting(conn),
        deliveries_due=count("deliveries", f"{mine}{enabled}", *names),
        deliveries_waiting=int(waiting.fetchone()[0]),
        deliveries_dead=int(conn.execute(f"{outbox} 'dead'").fetchone()[0]),
    )
