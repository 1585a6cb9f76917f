"""Ours and plain feedparser over ../shared/data/feeds: time, and fields as its scorer counts them.

python bench/feeds.py [DIRECTORY]
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from calendar import timegm
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser

from monitor.cli.parse import as_json
from monitor.core.feeds.parse import parse
from monitor.errors import ParseError

CORPUS = Path(__file__).parents[2] / "shared" / "data" / "feeds"
Row = dict[str, Any]


def ours(body: bytes) -> Row:
    try:
        return as_json(parse(body, url=""))
    except ParseError as error:
        return {"error": str(error)}


def plain(body: bytes) -> Row:
    """feedparser with its default settings, read in good faith."""
    parsed = feedparser.parse(body)
    head = parsed.feed
    links = head.get("links", [])
    return {
        "feed": {
            "title": head.get("title"),
            "link": head.get("link"),
            "language": head.get("language"),
            "ttl": head.get("ttl"),
            "updated": stamp(head.get("updated_parsed") if "updated" in head else None),
            "sy_period": head.get("sy_updateperiod"),
            "self": next((link.get("href") for link in links if link.get("rel") == "self"), None),
            "hub": [link.get("href") for link in links if link.get("rel") == "hub"],
        },
        "entries": [plain_entry(entry) for entry in parsed.entries],
    }


def plain_entry(entry: Any) -> Row:
    return {
        "id": entry.get("id"),
        "link": entry.get("link"),
        "title": entry.get("title"),
        "published": stamp(entry.get("published_parsed")),
        "updated": stamp(entry.get("updated_parsed") if "updated" in entry else None),
        "authors": [author.get("name") for author in entry.get("authors", [])],
        "summary": entry.get("summary"),
        "content": [part.get("value") for part in entry.get("content", [])],
        "categories": [tag.get("term") for tag in entry.get("tags", [])],
        "enclosures": [each.get("href") for each in entry.get("enclosures", [])],
    }


def stamp(parsed: Any) -> str | None:
    return datetime.fromtimestamp(timegm(parsed), UTC).isoformat() if parsed else None


def run(read: Callable[[bytes], Row], corpus: Path) -> tuple[float, dict[str, float]]:
    """CPU seconds, and the share of right fields, in percent."""
    bodies = [(path.name, path.read_bytes()) for path in sorted((corpus / "feeds").iterdir())]
    started = time.process_time()
    rows = [{"file": name} | read(body) for name, body in bodies]
    spent = time.process_time() - started
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as out:
        out.writelines(json.dumps(row, default=str) + "\n" for row in rows)
        out.flush()
        command = [sys.executable, str(corpus / "score.py"), str(corpus), out.name]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^([\w. ]+?) +\d+/ *\d+ +([\d.]+) %", said, re.MULTILINE)
    return spent, {field: float(share) for field, share in found}


def main() -> None:
    corpus = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS
    if not (corpus / "score.py").exists():
        sys.exit(f"no corpus at {corpus}")
    (spent, right), (spent_plain, right_plain) = run(ours, corpus), run(plain, corpus)
    print(f"{'field':<16}{'ours':>9}{'feedparser':>12}")
    for field, share in right.items():
        print(f"{field:<16}{share:>8.2f}%{right_plain.get(field, 0):>11.2f}%")
    print(f"{'CPU seconds':<16}{spent:>9.2f}{spent_plain:>12.2f}   ratio {spent_plain / spent:.2f}")


if __name__ == "__main__":
    main()
