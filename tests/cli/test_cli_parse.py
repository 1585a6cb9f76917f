"""`parse`, as a script would use it."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.cli.parse import parse

FEED = b"""<rss version="2.0"><channel><title>Ledger</title><ttl>5</ttl><item>
<guid>https://news.test/1</guid><title>One</title><pubDate>Wed, 11 Sep 2019 07:45:00 -0700</pubDate>
<enclosure url="https://news.test/1.mp3"/></item></channel></rss>"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(parse, [str(one) for one in arguments], standalone_mode=False)


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_feed_becomes_one_object_with_keys_in_a_fixed_order(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(FEED)
    result = run(tmp_path / "a.xml")
    assert result.return_value == 0
    assert result.stdout == (
        '{"file": "a.xml", "feed": {"title": "Ledger", "link": null, "language": null, '
        '"format": "rss20", "updated": null, "ttl": 5, "sy_period": null, "self": null, '
        '"hub": []}, "entries": [{"id": "https://news.test/1", "link": "https://news.test/1", '
        '"title": "One", "published": "2019-09-11T14:45:00Z", "updated": null, "authors": [], '
        '"summary": null, "content": [], "categories": [], '
        '"enclosures": ["https://news.test/1.mp3"]}], "error": null}\n'
    )


def test_a_compressed_feed_reads_as_the_plain_one(tmp_path: Path) -> None:
    (tmp_path / "a.xml.gz").write_bytes(gzip.compress(FEED))
    (row,) = lines(run(tmp_path / "a.xml.gz"))
    assert (row["file"], row["feed"]["title"], row["error"]) == ("a.xml.gz", "Ledger", None)


def test_a_bad_file_is_reported_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(b"<!doctype html><p>Hello")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(FEED)[:60])
    (tmp_path / "good.xml").write_bytes(FEED)
    names = ["page.html", "cut.gz", "missing.xml", "good.xml"]
    result = run(*(tmp_path / name for name in names))
    rows = lines(result)
    assert result.return_value == 1
    assert [row["file"] for row in rows] == names
    assert [bool(row["error"]) for row in rows] == [True, True, True, False]
    assert rows[0]["entries"] == []
    assert "page.html: not a feed: an HTML page" in result.stderr
    assert "Traceback" not in result.output


def test_the_content_type_gives_the_charset(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(FEED.replace(b"One", "Żółć".encode("iso-8859-2")))
    (row,) = lines(run("--content-type", "text/xml; charset=iso-8859-2", tmp_path / "a.xml"))
    assert row["entries"][0]["title"] == "Żółć"


def test_a_private_address_is_refused_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEWS_MONITOR_CONFIG", raising=False)
    result = run("http://127.0.0.1:9/feed")
    (row,) = lines(result)
    assert result.return_value == 1
    assert row["file"] == "http://127.0.0.1:9/feed"
    assert "127.0.0.1" in row["error"]
