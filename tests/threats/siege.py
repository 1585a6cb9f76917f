"""The daemon as a process of its own, with every hostile source at once and a good one beside."""

import json
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from time import monotonic
from typing import Any

from hostile import Asked, Hostile, bomb, hostile, whole
from journeys.daemon import command, running
from process_tree import proportional_bytes
from waiting import until

from threats import poison

TIMEOUT_S = 60  # within which an overloaded machine still reads the largest of these bodies
GOOD_EVERY_S = 2
GOOD = "/good"
WIRE = (  # some of each kind; tests/net has them all
    "/hang",
    "/slow-headers",
    "/slow-body",
    "/tiny-chunks",
    "/early-hints",
    "/endless",
    "/endless-header",
    "/reset",
    "/short",
    "/cut-gzip",
    "/bad-chunk",
    "/not-http",
)
BOMBS = tuple(f"/bomb/{kind}" for kind in ("gzip", "deflate", "br", "zstd", "nested"))
REDIRECTS = {
    "/chain/0": "/chain/0",
    "/to/private": "/to?302=http://10.1.2.3/feed",
    "/to/file": "/to?302=file:///etc/passwd",
    "/to/itself": "/to?302=/to?302=",
    "/to/lines": "/to?302=/x%0d%0aX-Injected: 1",
}
CONFIG = f"""\
database: news.db
timezone: America/Phoenix
poll: {{every: 1h}}
network: {{allow_private: ["127.0.0.0/8"], host_delay: 0s, timeout: {TIMEOUT_S}s}}
topics: [{{name: border, match: border}}]
channels: []
sources:
"""


@dataclass(slots=True)
class Siege:
    """What an outsider can see afterwards."""

    folder: Path
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)  # rows by name: its path
    asked: list[Asked] = field(default_factory=list)
    took_s: float = 0
    peak_bytes: int = 0
    log: str = ""
    cli: list[str] = field(default_factory=list)  # what commands printed

    def error(self, path: str) -> str:
        return str(self.sources[path]["last_error"] or "")

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self.folder / "news.db")) as conn:
            conn.row_factory = sqlite3.Row
            return [dict(row) for row in conn.execute(sql, values)]

    def articles(self, path: str) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM articles WHERE source = ? ORDER BY id", path)

    def waits(self) -> list[float]:
        """Seconds between two visits to the good source."""
        visits = [one.at for one in self.asked if one.path == GOOD]
        return [later - earlier for earlier, later in pairwise(visits)]


async def besiege(folder: Path) -> Siege:
    """One daemon, until it has polled every source and read what they announced."""
    siege = Siege(folder)
    secret = folder / "secret"
    secret.write_text(poison.SECRET, encoding="utf-8")
    async with hostile("0.0.0.0") as server:
        paths = _arm(server, secret)
        config = folder / "config.yaml"
        config.write_text(CONFIG + _sources(server, paths), encoding="utf-8")
        log = folder / "log"
        began = monotonic()
        async with running(config, log) as process:
            await until(lambda: _is_done(siege, process.pid, len(paths)), "an answer of each")
            siege.took_s = monotonic() - began
        siege.asked = server.asked
    siege.log = log.read_text(encoding="utf-8", errors="surrogateescape")
    siege.sources = {row["name"]: row for row in siege.rows("SELECT * FROM sources")}
    siege.cli = [
        (await command(*words, config=config))[1]
        for words in (("articles", "--limit", "200"), ("sources",), ("search", 'x" OR NEAR( *'))
    ]
    return siege


def _arm(server: Hostile, secret: Path) -> list[str]:
    """Lays out what the server answers beyond its own tricks; all paths that are sources."""
    count = 0

    def good() -> bytes:
        nonlocal count
        count += 1
        return whole(poison.rss(poison.item(f"good-{count}", "Border news")), poison.XML)

    feeds = (
        poison.CHARSETS
        | poison.reaching_out(str(secret), server.url("/stolen"))
        | poison.EXHAUSTING
        | poison.TEXTS
        | poison.NO_FEEDS
        | {"/many/honest": poison.MANY}
    )
    links = [server.url(path, _host(300 + n)) for n, path in enumerate(poison.PAGES)]
    feeds["/pages"] = poison.announcing(links)
    for path, (kind, body) in (feeds | poison.PAGES).items():
        server.pages[path] = whole(body, kind, 'ETag: "kept"')
    server.pages |= {path: bomb(path.removeprefix("/bomb/")) for path in BOMBS}
    server.pages[GOOD] = good
    return [*feeds, *WIRE, *BOMBS, *REDIRECTS, GOOD]


def _sources(server: Hostile, paths: list[str]) -> str:
    """Each on a host of its own, as on the real web."""
    return "".join(f"  - {json.dumps(_source(server, n, path))}\n" for n, path in enumerate(paths))


def _source(server: Hostile, n: int, path: str) -> dict[str, object]:
    source: dict[str, object] = {
        "name": path,
        "url": server.url(REDIRECTS.get(path, path), _host(n)),
        "fetch_articles": path == "/pages",
    }
    return source | ({"every": f"{GOOD_EVERY_S}s"} if path == GOOD else {})


def _host(n: int) -> str:
    return f"127.1.{n // 200}.{n % 200 + 1}"


def _is_done(siege: Siege, pid: int, sources: int) -> bool:
    """Whether each source was polled, and what it announced was read."""
    siege.peak_bytes = max(siege.peak_bytes, proportional_bytes(pid))
    with suppress(sqlite3.OperationalError):  # the database is being made
        [left] = siege.rows(
            "SELECT (SELECT count(*) FROM sources WHERE last_polled_at IS NULL)"
            " + (SELECT count(*) FROM entries"
            " WHERE said IS NOT NULL AND attempts = 0 AND source <> ?) AS n,"
            " (SELECT count(*) FROM sources) AS known",
            GOOD,
        )
        return bool(left["known"] == sources and left["n"] == 0)
    return False
