"""Names that the database holds: of topics, sources and channels, also of those that left."""

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
    """The topics of a table: one search of its index by topic for each, not a scan of it all."""
    return _column(
        conn,
        f"WITH RECURSIVE found (topic) AS (SELECT min(topic) FROM {table} UNION ALL"
        f" SELECT (SELECT min(topic) FROM {table} WHERE topic > found.topic) FROM found"
        " WHERE found.topic IS NOT NULL)"
        " SELECT topic FROM found WHERE topic IS NOT NULL",
    )


def _column(conn: sqlite3.Connection, sql: str) -> tuple[str, ...]:
    return tuple(row[0] for row in conn.execute(sql))
