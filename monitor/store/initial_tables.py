"""Tables as the first migration creates them; `schema` has the changes since.

Instants are UTC text; `due_at` has milliseconds, so that text order is time order. A row with a
`due_at` is scheduled; with NULL nothing happens until someone acts. A row with a `lease` is being
worked on, and its `due_at` is when the lease expires.
"""

SOURCES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE sources (
    name TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    moved_to TEXT,              -- polled instead of url, once a permanent redirect repeated
    moving_to TEXT,             -- where the last response's permanent redirect led
    due_at TEXT, lease TEXT,
    etag TEXT, last_modified TEXT, body_digest TEXT, validated_at TEXT,
    last_polled_at TEXT, last_changed_at TEXT,
    polled INTEGER NOT NULL DEFAULT 0,      -- 1 once a poll listed an entry
    failures INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    answered_at TEXT,           -- the last poll that did not fail
    interval_s REAL, gap_s REAL, newest_at TEXT, -- how often it publishes
    trouble TEXT,               -- what the operator was warned of; NULL while all is well
    title TEXT,
    configured INTEGER NOT NULL DEFAULT 1   -- 0 once it was removed from it
) WITHOUT ROWID;
CREATE INDEX sources_due ON sources (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    key TEXT NOT NULL,          -- guid, else link, else a hash
    link TEXT, site TEXT,       -- whose rate limit applies; NULL: the page is not fetched
    digest TEXT NOT NULL,       -- of the entry's content
    said TEXT,                  -- the entry as JSON; NULL once the page was read
    announced_at TEXT NOT NULL, last_seen_at TEXT NOT NULL,
    first_sight INTEGER NOT NULL DEFAULT 0, -- listed by the source's first poll with entries
    due_at TEXT, lease TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    article_id INTEGER REFERENCES articles (id),
    UNIQUE (source, key)
);
CREATE INDEX entries_due ON entries (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX entries_article ON entries (article_id)
"""

ARTICLES = """
CREATE TABLE articles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL, url TEXT, guid TEXT,
    title TEXT NOT NULL, authors TEXT NOT NULL DEFAULT '[]', tags TEXT NOT NULL DEFAULT '[]',
    language TEXT,
    published_at TEXT, updated_at TEXT,
    dates TEXT NOT NULL DEFAULT '[]',       -- JSON: every date found, and why it was chosen or not
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
    link TEXT,                  -- hash over all this and the previous link
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

OUTBOX = """
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
    held TEXT, hold_until TEXT, -- collects alerts of this group until hold_until
    message_id TEXT NOT NULL UNIQUE,        -- the same on every attempt
    article_id INTEGER,
    remaining TEXT NOT NULL DEFAULT '[]',   -- JSON: recipients without the message
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
    target TEXT NOT NULL,       -- digest of its address: a new one re-enables it
    disabled_at TEXT, last_error TEXT,
    told_at TEXT                -- when the operator was warned; NULL once it works
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

# The update trigger is limited to title and text: other updates need no new index entry.
SEARCH = """
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
