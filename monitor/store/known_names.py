"""Lists the names of topics, sources and channels in the database, also of removed ones."""

import sqlite3

from monitor.queries import KnownNames


def known_names(conn: sqlite3.Connection) -> KnownNames:
    """All names, each kind in alphabetical order."""
    return KnownNames(
        topics=tuple(sorted({*_distinct(conn, "matches"), *_distinct(conn, "alerts")})),
        sources=_column(conn, "SELECT name FROM sources ORDER BY name"),
        channels=_column(conn, "SELECT name FROM channels ORDER BY name"),
    )


def _distinct(conn: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """List the topics of a table by a skip scan: one index search per topic, not a full scan."""
    return _column(
        conn,
        f"WITH RECURSIVE found (topic) AS (SELECT min(topic) FROM {table} UNION ALL"
        f" SELECT (SELECT min(topic) FROM {table} WHERE topic > found.topic) FROM found"
        " WHERE found.topic IS NOT NULL)"
        " SELECT topic FROM found WHERE topic IS NOT NULL",
    )


def _column(conn: sqlite3.Connection, sql: str) -> tuple[str, ...]:
    return tuple(row[0] for row in conn.execute(sql))
