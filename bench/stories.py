"""What it costs to judge one more article beside 10,000 stored stories.

Prints CPU milliseconds for one settlement (recall, decide, write; no fsync counted, since the
fsync is shared by all that settle together), and of it the look for stories that look alike.
"""

import random
import sqlite3
import tempfile
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

from monitor.contracts import Address, Reading, Visit
from monitor.core.alerts.routing import Policy
from monitor.core.revisions.decide import decide
from monitor.core.revisions.fingerprint import fingerprint
from monitor.model import Article, EntryId
from monitor.store import articles
from monitor.store.lookup import load_known
from monitor.store.near_duplicates import LOOK_BACK
from monitor.store.sqlite import prepare

STORIES, MORE = 10_000, 300
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
POLICY = Policy(topics=(), channels=(), now=NOW)
WORDS = [f"{a}{b}{c}" for a in "btkmrsln" for b in "aeiou" for c in ("n", "r", "st", "l", "ck")]


def text(chance: random.Random) -> str:
    """About 400 words, none of them a real one."""
    return " ".join(" ".join(chance.choices(WORDS, k=20)) + "." for _ in range(20))


def reading(number: int, body: str) -> Reading:
    url = f"http://site{number % 50}.test/{number}"
    return Reading(
        source=f"source{number % 50}",
        guid=str(number),
        article=Article(url=url, title=f"Story {number}", text=body),
        fingerprint=fingerprint(f"Story {number}", body),
        site=f"site{number % 50}.test",
        addresses=(Address(url=url, key=url),),
        body_sha256="raw",
    )


def settle(conn: sqlite3.Connection, number: int, read: Reading, now: datetime) -> None:
    """As desk READ does it for a new entry."""
    conn.execute(
        "INSERT INTO entries (id, source, key, digest, announced_at, last_seen_at, due_at, lease)"
        " VALUES (?, ?, ?, '', '', '', 'z', 'me')",
        [number + 1, read.source, str(number)],
    )
    visit = Visit(lease="me", source=read.source, entry_id=EntryId(number + 1))
    articles.settle(conn, visit, read, partial(decide, visit, read, POLICY), now)


def main() -> None:
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        conn = prepare(Path(folder) / "news.db")
        conn.execute("PRAGMA synchronous=OFF")
        conn.execute("BEGIN")
        for number in range(STORIES):
            age = LOOK_BACK * chance.random()
            settle(conn, number, reading(number, text(chance)), NOW - age)
        judged, settled = [], []
        for number in range(STORIES, STORIES + MORE):
            read, now = reading(number, text(chance)), NOW + timedelta(seconds=1)
            visit = Visit(lease="me", source=read.source)
            begun = time.process_time()
            decide(visit, read, POLICY, load_known(conn, visit, read, now))
            between = time.process_time()
            settle(conn, number, read, now)
            judged.append(1000 * (between - begun))
            settled.append(1000 * (time.process_time() - between))
        conn.execute("COMMIT")
        conn.close()
    print(f"{STORIES:,} stored stories; one more, CPU ms (median, p95)")
    for name, costs in (("recall and judge", judged), ("all, with its writes", settled)):
        costs.sort()
        print(f"  {name:<22} {median(costs):.2f}  {costs[int(0.95 * len(costs))]:.2f}")


if __name__ == "__main__":
    main()
