"""Measures what waits for each worker and for how long, without the writer."""

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

from monitor.contracts import Stats
from monitor.model import utc_instant
from monitor.store.backlog import backlog
from monitor.store.health import HEALTH, STATES
from monitor.store.sqlite import open_to_read, store_error

_ZERO = timedelta(0)
_TABLES = {"poll": ("sources",), "read": ("entries", "articles"), "send": ("deliveries",)}


def collect_stats(path: Path, now: datetime) -> Stats:
    """Measure the backlog over a connection of its own. Raises StoreError."""
    conn = open_to_read(path)
    try:
        due = backlog(conn, now)
        return Stats(
            due={"poll": due.sources_due, "read": due.reads_due, "send": due.deliveries_due},
            waited={
                worker: max(_waited(conn, table, now) for table in tables)
                for worker, tables in _TABLES.items()
            },
            deliveries=_deliveries(conn),
            sources=_sources(conn),
        )
    except sqlite3.Error as error:
        raise store_error(path, error) from error
    finally:
        conn.close()


def _waited(conn: sqlite3.Connection, table: str, now: datetime) -> timedelta:
    """Time since the oldest row fell due that is not being worked on."""
    oldest = conn.execute(
        f"SELECT due_at FROM {table} WHERE due_at IS NOT NULL AND lease IS NULL"
        " ORDER BY due_at LIMIT 1"
    ).fetchone()
    return max(_ZERO, now - utc_instant(oldest["due_at"])) if oldest else _ZERO


def _deliveries(conn: sqlite3.Connection) -> dict[str, int]:
    found = conn.execute("SELECT state, count(*) AS n FROM deliveries GROUP BY state")
    return {"pending": 0, "sent": 0, "dead": 0} | {row["state"]: row["n"] for row in found}


def _sources(conn: sqlite3.Connection) -> dict[str, int]:
    found = conn.execute(
        f"SELECT {HEALTH} AS health, count(*) AS n FROM sources WHERE configured GROUP BY 1"
    )
    return dict.fromkeys(STATES, 0) | {row["health"]: row["n"] for row in found}
