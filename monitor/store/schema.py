"""The tables, as migrations. Instants are UTC text; `due_at` has milliseconds, so that it sorts.

A row with a `due_at` is scheduled; NULL means nobody will come by himself. A `lease` says that
somebody is at work on it, and `due_at` is then when he is given up for lost.
"""

import re

from sqlite_utils import Database, Migrations

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
    _run(db, _SOURCES)
    _run(db, _ARTICLES)
    _run(db, _OUTBOX)
    _run(db, _SEARCH)


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
    quote_content_table(db)
    for view in VIEWS:
        db.conn.execute(f"CREATE VIEW {view.name} AS {view.sql}")


def _add_columns(db: Database, table: str, *columns: str) -> None:
    for column in columns:
        db.conn.execute(f"ALTER TABLE {table} ADD COLUMN {column}")


_SOURCES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE sources (
    name TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    moved_to TEXT,              -- asked instead of url, once a permanent redirect repeated
    moving_to TEXT,             -- where the last answer's permanent redirect led
    due_at TEXT, lease TEXT,
    etag TEXT, last_modified TEXT, body_digest TEXT, validated_at TEXT,
    last_polled_at TEXT, last_changed_at TEXT,
    polled INTEGER NOT NULL DEFAULT 0,      -- 1 once a poll listed an entry
    failures INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    answered_at TEXT,           -- the last poll that did not fail
    interval_s REAL, gap_s REAL, newest_at TEXT, -- its rhythm
    trouble TEXT,               -- what the operator was told; NULL while all is well
    title TEXT,
    configured INTEGER NOT NULL DEFAULT 1   -- 0 once it left the configuration
) WITHOUT ROWID;
CREATE INDEX sources_due ON sources (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    key TEXT NOT NULL,          -- guid, else link, else a hash
    link TEXT, site TEXT,       -- whose turn its page needs; NULL: the page is not fetched
    digest TEXT NOT NULL,       -- of what the feed says
    said TEXT,                  -- JSON of it; NULL once the page was read
    announced_at TEXT NOT NULL, last_seen_at TEXT NOT NULL,
    first_sight INTEGER NOT NULL DEFAULT 0, -- announced by the first poll that listed any
    due_at TEXT, lease TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    article_id INTEGER REFERENCES articles (id),
    UNIQUE (source, key)
);
CREATE INDEX entries_due ON entries (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX entries_article ON entries (article_id)
"""

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

_ARTICLES = """
CREATE TABLE articles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL, url TEXT, guid TEXT,
    title TEXT NOT NULL, authors TEXT NOT NULL DEFAULT '[]', tags TEXT NOT NULL DEFAULT '[]',
    language TEXT,
    published_at TEXT, updated_at TEXT,
    dates TEXT NOT NULL DEFAULT '[]',       -- JSON: every stamp found, and why it won or lost
    first_seen_at TEXT NOT NULL, last_seen_at TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    text TEXT NOT NULL,
    story_id INTEGER,
    partial TEXT,               -- why the text is only the feed's summary
    retracted_at TEXT,
    gone INTEGER NOT NULL DEFAULT 0, gone_since TEXT,
    matched INTEGER NOT NULL DEFAULT 0,
    site TEXT, etag TEXT, last_modified TEXT,
    due_at TEXT, lease TEXT,
    sketch BLOB, words INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX articles_due ON articles (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX articles_seen ON articles (first_seen_at);
CREATE INDEX articles_story ON articles (story_id);
-- The primary key's columns stand first: SQLite 3.40's integrity_check errs otherwise.
CREATE TABLE article_urls (
    article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    key TEXT NOT NULL,          -- equal for addresses of the same page
    PRIMARY KEY (article_id, url)
) WITHOUT ROWID;
CREATE INDEX article_urls_key ON article_urls (key);
CREATE TABLE revisions (
    article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    seen_at TEXT NOT NULL, published_at TEXT, updated_at TEXT,
    title TEXT NOT NULL, text TEXT NOT NULL, digest TEXT NOT NULL,
    change TEXT NOT NULL, stealth INTEGER NOT NULL DEFAULT 0, score REAL NOT NULL DEFAULT 0,
    detail TEXT,                -- JSON: title, added, removed
    fetched_from TEXT, body_sha256 TEXT, etag TEXT, last_modified TEXT,
    link TEXT,                  -- covers all this and the previous revision's link
    PRIMARY KEY (article_id, number)
) WITHOUT ROWID;
CREATE TABLE bodies (
    article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    body BLOB NOT NULL,         -- the raw page of the revision, zlib
    PRIMARY KEY (article_id, number)
);
CREATE TABLE matches (
    article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL, topic TEXT NOT NULL, place TEXT NOT NULL,
    excerpt TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
    excerpt_at INTEGER NOT NULL, weight REAL NOT NULL DEFAULT 1
);
CREATE INDEX matches_article ON matches (article_id, revision);
CREATE INDEX matches_topic ON matches (topic, article_id);
CREATE TABLE sketches (
    hash INTEGER NOT NULL,
    article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    PRIMARY KEY (hash, article_id)
) WITHOUT ROWID;
CREATE INDEX sketches_article ON sketches (article_id)
"""

_OUTBOX = """
CREATE TABLE alerts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,   -- article, revision, topic, reason
    topic TEXT NOT NULL,
    article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    reason TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX alerts_article ON alerts (article_id);
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    alert_id INTEGER,
    channel TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at TEXT, lease TEXT,
    sent_at TEXT, last_error TEXT,
    created_at TEXT NOT NULL,
    kind TEXT NOT NULL DEFAULT 'article',
    held TEXT, hold_until TEXT, -- collects alerts of this group until then
    message_id TEXT NOT NULL UNIQUE,        -- the same on every attempt, for ever
    article_id INTEGER,
    remaining TEXT NOT NULL DEFAULT '[]',   -- JSON: recipients still to be served
    text TEXT NOT NULL DEFAULT ''
);
CREATE INDEX deliveries_due ON deliveries (due_at, channel) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_state ON deliveries (state);
CREATE INDEX deliveries_created ON deliveries (created_at, channel);
CREATE INDEX deliveries_held ON deliveries (channel, held) WHERE held IS NOT NULL;
CREATE INDEX deliveries_article ON deliveries (article_id, channel);
CREATE TABLE delivery_alerts (
    delivery_id INTEGER NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    alert_id INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    PRIMARY KEY (delivery_id, alert_id)
) WITHOUT ROWID;
CREATE INDEX delivery_alerts_alert ON delivery_alerts (alert_id);
CREATE TABLE channels (
    name TEXT PRIMARY KEY,
    target TEXT NOT NULL,       -- a digest of where it leads: another target enables it again
    disabled_at TEXT, last_error TEXT,
    told_at TEXT                -- when the operator heard that it fails; NULL once it works
) WITHOUT ROWID;
CREATE TABLE silences (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('topic', 'source', 'query')),
    value TEXT NOT NULL,
    until TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL
)
"""

# The index follows title and text only: nothing else that an update touches is searched.
_SEARCH = """
CREATE VIRTUAL TABLE articles_fts USING fts5 (
    title, text, content=articles, content_rowid=id, tokenize="unicode61 remove_diacritics 2"
);
CREATE TRIGGER articles_fts_insert AFTER INSERT ON articles BEGIN
    INSERT INTO articles_fts (rowid, title, text) VALUES (new.id, new.title, new.text); END;
CREATE TRIGGER articles_fts_delete AFTER DELETE ON articles BEGIN
    INSERT INTO articles_fts (articles_fts, rowid, title, text)
        VALUES ('delete', old.id, old.title, old.text); END;
CREATE TRIGGER articles_fts_update AFTER UPDATE OF title, text ON articles BEGIN
    INSERT INTO articles_fts (articles_fts, rowid, title, text)
        VALUES ('delete', old.id, old.title, old.text);
    INSERT INTO articles_fts (rowid, title, text) VALUES (new.id, new.title, new.text); END
"""
