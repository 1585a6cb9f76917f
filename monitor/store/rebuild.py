"""Schema changes that ALTER TABLE cannot make."""

import sqlite3
from contextlib import suppress

from sqlite_utils import Database

_FTS, _PLAIN, _QUOTED = "articles_fts", "content=articles,", 'content="articles",'


def rebuild_table(db: Database, table: str, *changes: tuple[str, str]) -> None:
    """Recreate a table with its definition changed (old text → new text); keep rows and indexes.

    It follows SQLite's procedure (ALTER TABLE, "Making Other Kinds Of Table Schema Changes").
    Foreign keys must be off, since dropping the old table would delete the rows that refer to it.
    If the new definition adds an `id`, rows get their rowid as `id`.
    """
    conn = db.conn
    [sql] = conn.execute("SELECT sql FROM sqlite_master WHERE name = ?", [table]).fetchone()
    for old, new in changes:
        if old not in sql:
            raise sqlite3.DatabaseError(f"the table {table} has an unexpected definition ({old})")
        sql = sql.replace(old, new, 1)
    indexes = conn.execute(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
        [table],
    ).fetchall()
    columns = [row[1] for row in conn.execute(f"PRAGMA table_info({table})")]
    names = ", ".join(f'"{name}"' for name in columns)
    conn.execute(sql.replace(f"CREATE TABLE {table}", f"CREATE TABLE {table}_new", 1))
    added = "" if "id" in columns else "id, "
    conn.execute(
        f"INSERT INTO {table}_new ({added}{names})"
        f" SELECT {'rowid, ' if added else ''}{names} FROM {table} ORDER BY rowid"
    )
    _continue_numbering(conn, table)
    conn.execute(f"DROP TABLE {table}")
    conn.execute(f"ALTER TABLE {table}_new RENAME TO {table}")
    for [index] in indexes:
        conn.execute(index)


def _continue_numbering(conn: sqlite3.Connection, table: str) -> None:
    """Keep the AUTOINCREMENT sequence, so that ids of deleted rows are not reused."""
    last = conn.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", [table]).fetchone()
    if last is None:
        return
    changed = conn.execute(
        "UPDATE sqlite_sequence SET seq = ? WHERE name = ?", [last[0], f"{table}_new"]
    ).rowcount
    if not changed:
        conn.execute(
            "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [f"{table}_new", last[0]]
        )


def clear_dangling_references(db: Database) -> None:
    """Set references to deleted alerts and articles to NULL, as the foreign keys require."""
    for column, table in (("alert_id", "alerts"), ("article_id", "articles")):
        db.conn.execute(
            f"UPDATE deliveries SET {column} = NULL WHERE {column} IS NOT NULL"
            f" AND {column} NOT IN (SELECT id FROM {table})"
        )


def quote_content_table(db: Database) -> None:
    """Quote the content table's name in the full-text index's definition, as Datasette expects it.

    Only the text of the definition changes, not its meaning; rebuilding the index would take
    minutes. If the schema is not writable (SQLITE_DBCONFIG_DEFENSIVE), it stays as it is.
    """
    conn = db.conn
    with suppress(sqlite3.OperationalError):
        conn.execute("PRAGMA writable_schema=ON")
        conn.execute(
            "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = ?",
            [_PLAIN, _QUOTED, _FTS],
        )
    conn.execute("PRAGMA writable_schema=RESET")
    conn.execute(f"SELECT rowid FROM {_FTS} WHERE {_FTS} MATCH 'a' LIMIT 1").fetchone()
