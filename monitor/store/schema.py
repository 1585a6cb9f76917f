"""The migrations: what became of the first tables (`first_tables`), a version at a time."""

import re

from sqlite_utils import Database, Migrations

from monitor.store import first_tables
from monitor.store.indexes import INDEXES
from monitor.store.rebuild import forget_what_is_gone, quote_content_table, rebuild
from monitor.store.views import VIEWS

migrations = Migrations("news-monitor")

VERSION = 7  # of the newest migration; PRAGMA user_version of a database that has them all


def _run(db: Database, statements: str) -> None:
    """One statement at a time: a script would commit the migration's transaction."""
    for statement in re.split(r";\n(?=CREATE|DROP|--)", statements):
        db.conn.execute(statement)


@migrations()
def m0001_the_house(db: Database) -> None:
    _run(db, first_tables.SOURCES)
    _run(db, first_tables.ARTICLES)
    _run(db, first_tables.OUTBOX)
    _run(db, first_tables.SEARCH)


@migrations()
def m0002_what_a_feed_said_last(db: Database) -> None:
    """`known`: digests of the entries of a source's last body. Not in `sources`: its rows are
    written at every poll, and should stay small."""
    db.conn.execute(
        "CREATE TABLE listings (source TEXT PRIMARY KEY, known BLOB NOT NULL) WITHOUT ROWID"
    )


@migrations()
def m0003_less_work_for_what_is_new(db: Database) -> None:
    """The index of words merges sixteen segments at a time, not four (FTS5, `automerge`): a tenth
    less to write where articles come by the dozen. What is due is told without its rows."""
    db.conn.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('automerge', 16)")
    db.conn.execute("DROP INDEX entries_due")
    db.conn.execute(
        "CREATE INDEX entries_due ON entries (due_at, announced_at, site) WHERE due_at IS NOT NULL"
    )


@migrations()
def m0004_entries_and_sources(db: Database) -> None:
    """`changed_at`: since when an entry that was read waits to be visited again; those never read
    come first, so each kind is walked in its own order. `text_digest` leaves the stamps out, and
    `restamps` counts the polls in a row that moved the stamps of every entry. `key` is what a
    source's entries have as their `source`: the name it first had, whatever it is called now."""
    _add_columns(db, "entries", "changed_at TEXT", "text_digest TEXT")
    db.conn.execute("DROP INDEX entries_due")
    db.conn.execute("CREATE INDEX entries_due ON entries (due_at) WHERE due_at IS NOT NULL")
    db.conn.execute(
        "CREATE INDEX entries_unread ON entries (announced_at DESC, id, due_at, site, changed_at)"
        " WHERE due_at IS NOT NULL AND changed_at IS NULL"
    )
    db.conn.execute(
        "CREATE INDEX entries_changed ON entries (changed_at, id, due_at, site)"
        " WHERE due_at IS NOT NULL AND changed_at IS NOT NULL"
    )
    db.conn.execute("DROP INDEX articles_due")
    db.conn.execute(
        "CREATE INDEX articles_due ON articles (due_at, id, site) WHERE due_at IS NOT NULL"
    )
    _add_columns(db, "sources", "restamps INTEGER NOT NULL DEFAULT 0", "key TEXT")
    db.conn.execute("UPDATE sources SET key = name")
    _run(db, _SOURCE_TASKS)


@migrations()
def m0005_alerts_and_returns(db: Database) -> None:
    """A silenced alert names its silence in words too: silences are forgotten before alerts.

    `alerts.sources`: how many had the story when it was told (new, spread). `articles.returns`
    counts the returns to an earlier text that were not stored; `returned_to` is the digest of the
    one that the last visit saw.
    """
    _add_columns(db, "alerts", "silence_id INTEGER", "silence TEXT", "sources INTEGER")
    _add_columns(db, "articles", "returns INTEGER NOT NULL DEFAULT 0", "returned_to TEXT")
    db.conn.execute(
        "CREATE TABLE topics (name TEXT PRIMARY KEY, rule TEXT NOT NULL, since TEXT NOT NULL,"
        " removed_at TEXT) WITHOUT ROWID"
    )
    # A quarter of a digest finds it.
    db.conn.execute("CREATE INDEX revisions_digest ON revisions (substr(digest, 1, 16))")
    db.conn.execute(
        "CREATE INDEX alerts_silenced ON alerts (silence_id, article_id)"
        " WHERE silence_id IS NOT NULL"
    )
    db.conn.execute(
        "UPDATE alerts SET sources = (SELECT count(DISTINCT o.source) FROM articles a"
        " JOIN articles o ON o.story_id = a.story_id WHERE a.id = alerts.article_id)"
        " WHERE reason = 'spread'"
    )


@migrations()
def m0006_deliveries(db: Database) -> None:
    """`part` numbers the messages that one large digest was split into ("2/3"). `served` names the
    recipients that have a message; who was still to be served could not be told from
    "all". `removed_kind` is the kind of the channel whose removal made a delivery dead."""
    db.conn.execute("ALTER TABLE deliveries RENAME COLUMN remaining TO served")
    db.conn.execute("UPDATE deliveries SET served = '[]' WHERE served != '[]'")
    _add_columns(db, "deliveries", "part TEXT", "removed_kind TEXT")
    _add_columns(db, "channels", "kind TEXT", "removed_at TEXT")


@migrations()
def m0007_a_million_articles(db: Database) -> None:
    """Indexes for what is listed and for what every settlement asks; a primary key, foreign keys
    and views for whoever opens the database with other tools. Foreign keys must be off."""
    rebuild(
        db, "matches", ("article_id INTEGER", "id INTEGER PRIMARY KEY,\n    article_id INTEGER")
    )
    forget_what_is_gone(db)
    rebuild(
        db,
        "deliveries",
        ("alert_id INTEGER", "alert_id INTEGER REFERENCES alerts (id) ON DELETE SET NULL"),
        ("article_id INTEGER", "article_id INTEGER REFERENCES articles (id) ON DELETE SET NULL"),
    )
    _run(db, INDEXES)
    # Segments merge by and by (automerge); one of all held the writer for 30 s.
    db.conn.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('crisismerge', 256)")
    quote_content_table(db)
    for view in VIEWS:
        db.conn.execute(f"CREATE VIEW {view.name} AS {view.sql}")


def _add_columns(db: Database, table: str, *columns: str) -> None:
    for column in columns:
        db.conn.execute(f"ALTER TABLE {table} ADD COLUMN {column}")


_SOURCE_TASKS = """
CREATE UNIQUE INDEX sources_key ON sources (key);
CREATE INDEX entries_parked ON entries (source) WHERE said IS NOT NULL AND due_at IS NULL;
CREATE TABLE source_tasks (     -- what is still to be done for articles of a source
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,       -- as its articles have it
    through_id INTEGER,         -- articles up to this one; NULL: there are none
    renamed_to TEXT,            -- give them this name; NULL: the source is back, read them again
    key TEXT, since TEXT        -- if back: of its entries, and first seen since then
);
CREATE INDEX source_tasks_source ON source_tasks (source)
"""
