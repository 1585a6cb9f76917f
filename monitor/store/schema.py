"""Migrations of the database, one function per version, on sqlite-utils.

The names of the functions are recorded in every database and must not change.
"""

import re

from sqlite_utils import Database, Migrations

from monitor.store import initial_tables
from monitor.store.indexes import INDEXES
from monitor.store.rebuild import clear_dangling_references, quote_content_table, rebuild_table
from monitor.store.views import VIEWS

migrations = Migrations("news-monitor")

VERSION = 8  # number of the newest migration; PRAGMA user_version of an up-to-date database


def _run(db: Database, statements: str) -> None:
    """Execute the statements one by one: a script would commit the migration's transaction."""
    for statement in re.split(r";\n(?=CREATE|DROP|--)", statements):
        db.conn.execute(statement)


@migrations()
def m0001_the_house(db: Database) -> None:
    """Create the initial tables."""
    _run(db, initial_tables.SOURCES)
    _run(db, initial_tables.ARTICLES)
    _run(db, initial_tables.OUTBOX)
    _run(db, initial_tables.SEARCH)


@migrations()
def m0002_what_a_feed_said_last(db: Database) -> None:
    """Add `listings`: the entry cache of each source's last body.

    Not a column of `sources`, whose rows are written at every poll and should stay small.
    """
    db.conn.execute(
        "CREATE TABLE listings (source TEXT PRIMARY KEY, known BLOB NOT NULL) WITHOUT ROWID"
    )


@migrations()
def m0003_less_work_for_what_is_new(db: Database) -> None:
    """Merge sixteen segments of the full-text index at a time instead of four (FTS5, `automerge`).

    It takes a tenth less writing for frequent new articles. A covering index serves due entries.
    """
    db.conn.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('automerge', 16)")
    db.conn.execute("DROP INDEX entries_due")
    db.conn.execute(
        "CREATE INDEX entries_due ON entries (due_at, announced_at, site) WHERE due_at IS NOT NULL"
    )


@migrations()
def m0004_entries_and_sources(db: Database) -> None:
    """Let changed entries wait behind unread ones, and sources be renamed.

    `changed_at`: since when an entry that was read waits to be read again; unread ones come first,
    so each kind has its own index. `text_digest` leaves the dates out; `restamps` counts the polls
    in a row that changed the date of every entry. `key` is what a source's entries have as their
    `source`: the first name of the source, whatever its name is now.
    """
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
    """Record silences of alerts, sources of a story, returns to earlier texts, and topics.

    A silenced alert also stores its silence as text, because silences are deleted before alerts.
    `alerts.sources`: how many sources had the story (reasons new and spread). `articles.returns`
    counts the returns to an earlier text that were not stored; `returned_to` is the digest of the
    one that the last visit found.
    """
    _add_columns(db, "alerts", "silence_id INTEGER", "silence TEXT", "sources INTEGER")
    _add_columns(db, "articles", "returns INTEGER NOT NULL DEFAULT 0", "returned_to TEXT")
    db.conn.execute(
        "CREATE TABLE topics (name TEXT PRIMARY KEY, rule TEXT NOT NULL, since TEXT NOT NULL,"
        " removed_at TEXT) WITHOUT ROWID"
    )
    # A quarter of the digest is selective enough.
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
    """Number the parts of digests, and record who was served and which channels were removed.

    `part`: the message is one of several that a large digest was split into ("2/3"). `served` lists
    the recipients that have a message; `remaining` could not tell "all are left" from "none was
    recorded". `removed_kind` is the kind of the channel whose removal made a delivery dead.
    """
    db.conn.execute("ALTER TABLE deliveries RENAME COLUMN remaining TO served")
    db.conn.execute("UPDATE deliveries SET served = '[]' WHERE served != '[]'")
    _add_columns(db, "deliveries", "part TEXT", "removed_kind TEXT")
    _add_columns(db, "channels", "kind TEXT", "removed_at TEXT")


@migrations()
def m0007_a_million_articles(db: Database) -> None:
    """Add indexes for lists and settlements, a primary key, foreign keys and views.

    The keys and views are for people who open the database with other tools. Foreign keys must be
    off.
    """
    rebuild_table(
        db, "matches", ("article_id INTEGER", "id INTEGER PRIMARY KEY,\n    article_id INTEGER")
    )
    clear_dangling_references(db)
    rebuild_table(
        db,
        "deliveries",
        ("alert_id INTEGER", "alert_id INTEGER REFERENCES alerts (id) ON DELETE SET NULL"),
        ("article_id INTEGER", "article_id INTEGER REFERENCES articles (id) ON DELETE SET NULL"),
    )
    _run(db, INDEXES)
    # Never merge all segments at once, which took 30 s; automerge merges them gradually.
    db.conn.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('crisismerge', 256)")
    quote_content_table(db)
    for view in VIEWS:
        db.conn.execute(f"CREATE VIEW {view.name} AS {view.sql}")


@migrations()
def m0008_levels_of_matches(db: Database) -> None:
    """Add the level of each match; what was matched before counts as a mention."""
    db.conn.execute("DROP VIEW v_matches")  # the migration before makes it with today's columns
    _add_columns(db, "matches", "level TEXT NOT NULL DEFAULT 'mention'")
    [view] = [view for view in VIEWS if view.name == "v_matches"]
    db.conn.execute(f"CREATE VIEW {view.name} AS {view.sql}")


def _add_columns(db: Database, table: str, *columns: str) -> None:
    for column in columns:
        db.conn.execute(f"ALTER TABLE {table} ADD COLUMN {column}")


_SOURCE_TASKS = """
CREATE UNIQUE INDEX sources_key ON sources (key);
CREATE INDEX entries_parked ON entries (source) WHERE said IS NOT NULL AND due_at IS NULL;
CREATE TABLE source_tasks (     -- pending changes to the articles of a source
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,       -- the name that its articles have
    through_id INTEGER,         -- articles up to this id; NULL: there are none
    renamed_to TEXT,            -- their new source; NULL: the source is back, read them again
    key TEXT, since TEXT        -- if back: key of its entries; articles first seen since then
);
CREATE INDEX source_tasks_source ON source_tasks (source)
"""
