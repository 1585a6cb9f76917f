"""`extract`: one JSON object a page, in order."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from demo.newsroom import Newsroom, Story
from monitor.cli import group


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """The typical page of a public radio station, zipped."""
    site = Newsroom(zone=ZoneInfo("America/Phoenix"), address="https://radio.example")
    text = "Trucks waited for hours at the border on Wednesday, and drivers spoke of a long day."
    story = Story(
        slug="lanes",
        title="Trucks wait as lanes close",
        paragraphs=(text, *(f"{text} It was day {n} of the closure." for n in range(2, 9))),
        published=datetime(2019, 9, 11, 14, 45, tzinfo=UTC),
        updated=datetime(2019, 9, 11, 14, 51, tzinfo=UTC),
    )
    path = tmp_path / "page.html.gz"
    path.write_bytes(gzip.compress(site.page(story).encode()))
    return path


def run(*args: str) -> tuple[int, list[dict[str, Any]], str]:
    result = CliRunner().invoke(group, ["extract", *args], standalone_mode=False)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    return result.return_value, rows, result.stderr


def test_a_page_is_printed_with_its_dates_and_where_they_stood(page: Path) -> None:
    status, [row], _ = run("--timezone", "America/Phoenix", str(page))
    assert status == 0
    assert list(row) == [
        "file",
        "url",
        "title",
        "authors",
        "published",
        "updated",
        "text",
        "tags",
        "language",
        "dates",
        "error",
    ]
    assert (row["file"], row["title"]) == ("page.html.gz", "Trucks wait as lanes close")
    assert (row["published"], row["updated"]) == ("2019-09-11T14:45:00Z", "2019-09-11T14:51:00Z")
    assert row["dates"]["published"] == {
        "at": "2019-09-11T14:45:00Z",
        "origin": "visible",
        "exact": True,
    }
    assert row["authors"] == ["Ana Reyes"]
    assert row["text"].endswith("It was day 8 of the closure.")
    assert row["error"] is None


def test_a_file_that_is_not_there_is_told_and_the_others_go_on(page: Path) -> None:
    status, rows, err = run("nowhere.html", str(page))
    assert status == 1
    assert [bool(row["error"]) for row in rows] == [True, False]
    assert "nowhere.html: No such file" in err


def test_a_page_without_an_article_says_why_and_is_no_failure(tmp_path: Path) -> None:
    path = tmp_path / "empty.html"
    path.write_text("<html><body></body></html>")
    status, [row], _ = run(str(path))
    assert status == 0
    assert row["error"]
    assert row["text"] is None


def test_a_stamp_that_lies_ahead_of_today_is_refused(page: Path) -> None:
    """Whoever saved the page did so before now."""
    ahead = '<meta property="article:published_time" content="2999-01-01T00:00:00Z"></head>'
    text = gzip.decompress(page.read_bytes()).decode().replace("</head>", ahead, 1)
    page.write_bytes(gzip.compress(text.encode()))
    _, [row], _ = run("--timezone", "America/Phoenix", str(page))
    assert "2999" in text
    assert row["published"] == "2019-09-11T14:45:00Z"


def test_a_page_from_a_file_is_given_its_address(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    paragraphs = "".join(f"<p>Trucks waited for hours on day {n} of it.</p>" for n in range(30))
    path.write_text(f"<article><h1>Trucks wait</h1>{paragraphs}</article>", encoding="utf-8")
    status, [row], _ = run("--url", "https://radio.example/story/lanes", str(path))
    assert (status, row["url"]) == (0, "https://radio.example/story/lanes")
    two = ["extract", "--url", "https://radio.example/", str(path), str(path)]
    refused = CliRunner().invoke(group, two)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == "--url is the address of one page: name one file with it\n"
