"""Every hostile source at once, a good one beside them: what the daemon stored and said."""

import asyncio
import json
import re
from datetime import datetime, timedelta

import pytest

from threats import poison
from threats.siege import BOMBS, WIRE, Siege, besiege

MOST_BYTES = 256_000_000
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\ufeff\ud800-\udfff]")


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Siege:
    return asyncio.run(besiege(tmp_path_factory.mktemp("siege")))


# ── all together ─────────────────────────────────────────────────────────────────────────


def test_every_source_was_answered(siege: Siege) -> None:
    assert {row["last_polled_at"] is None for row in siege.sources.values()} == {False}


def test_a_good_source_beside_them_keeps_its_interval(siege: Siege) -> None:
    assert len(siege.waits()) >= 3
    assert max(siege.waits()) < siege.took_s / 2  # of those who never answer, none holds it up
    assert siege.error("/good") == ""
    assert len(siege.articles("/good")) >= 3


def test_memory_is_bounded(siege: Siege) -> None:
    print(f"peak {siege.peak_bytes / 1e6:.0f} MB, {siege.took_s:.0f} s")
    assert siege.peak_bytes < MOST_BYTES


def test_nobody_met_what_he_did_not_expect(siege: Siege) -> None:
    events = [json.loads(line) for line in siege.log.splitlines() if line.startswith("{")]
    assert [
        event for event in events if event["event"] == "failed" and "subject" not in event
    ] == []
    assert "Traceback" not in siege.log


def test_a_failure_says_why_and_keeps_no_validator(siege: Siege) -> None:
    failed = [row for row in siege.sources.values() if row["failures"]]
    assert len(failed) > 30
    assert {row["etag"] for row in failed} == {None}
    assert all(row["last_error"] for row in failed)
    assert (
        siege.rows(
            "SELECT * FROM articles WHERE source IN (SELECT name FROM sources WHERE failures > 0)"
        )
        == []
    )


# ── the wire (rows 9 to 18), in short ────────────────────────────────────────────────────


@pytest.mark.parametrize("path", BOMBS)
def test_a_bomb_is_left_at_the_limit(siege: Siege, path: str) -> None:
    assert "larger than 10 MB" in siege.error(path)


@pytest.mark.parametrize("path", WIRE)
def test_what_never_ends_or_ends_too_early_is_an_error(siege: Siege, path: str) -> None:
    assert siege.error(path)


# ── charsets (row 19) ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", poison.CHARSETS)
def test_a_charset_that_lies_or_is_none_leaves_text_to_read(siege: Siege, path: str) -> None:
    assert [row["title"] for row in siege.articles(path)] == ["El año próximo"]


# ── XML (row 20) ─────────────────────────────────────────────────────────────────────────


def test_a_feed_that_swells_is_stopped(siege: Siege) -> None:
    assert "too much memory and was stopped" in siege.error("/xml/laughs")
    assert siege.articles("/xml/laughs") == []


@pytest.mark.parametrize("path", sorted(poison.reaching_out("", "").keys() - {"/xml/laughs"}))
def test_xml_neither_swells_nor_reaches_out(siege: Siege, path: str) -> None:
    [article] = siege.articles(path)
    assert len(article["text"]) + len(article["title"]) < 1_000_000
    assert "lollol" not in article["title"] + article["text"]


def test_no_file_was_read_and_no_address_inside_xml_was_asked(siege: Siege) -> None:
    assert "/stolen" not in {one.path for one in siege.asked}
    assert poison.SECRET not in str(siege.rows("SELECT * FROM articles"))


# ── what exhausts a parser (rows 21 to 24) ───────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/deep/xml", "never closed"),
        ("/deep/html", "never closed"),
        ("/flood/attributes", "more than 1,000 attributes"),
        ("/flood/namespaces", "more than 1,000 attributes"),
        ("/flood/few-attributes-each", "and was stopped"),
        ("/flood/less-than", "never closed"),
        ("/flood/ampersands", "ampersands"),
        ("/unclosed/comments", "never closed"),
        ("/unclosed/cdata", "never closed"),
        ("/unclosed/doctype", "not a feed"),
        ("/json/deep", "nested too deep"),
    ],
)
def test_a_feed_that_exhausts_the_parser_is_refused_or_stopped(
    siege: Siege, path: str, why: str
) -> None:
    assert why in siege.error(path)


@pytest.mark.parametrize(
    "path",
    [
        "/json/integer",
        "/redos/author",
        "/redos/authors",
        "/redos/dates",
        "/redos/long-date",
        "/giant/title",
        "/giant/guid",
        "/giant/link",
        "/giant/entry",
        "/text/characters",
    ],
)
def test_the_entry_behind_a_harmful_one_is_stored(siege: Siege, path: str) -> None:
    assert siege.error(path) == ""
    assert "An honest entry" in [row["title"] for row in siege.articles(path)]


def test_thousands_of_honest_entries_are_all_stored(siege: Siege) -> None:
    titles = {row["title"] for row in siege.articles("/many/honest")}
    assert titles == {f"Entry {n}" for n in range(2_000)}


def test_a_million_entries_are_cut(siege: Siege) -> None:
    entries = siege.rows("SELECT * FROM entries WHERE source = '/many/million'")
    assert siege.sources["/many/million"]["last_polled_at"]
    assert len(entries) <= 10_000


def test_every_hostile_page_was_tried_and_its_article_kept(siege: Siege) -> None:
    assert len(siege.articles("/pages")) == len(poison.PAGES)
    assert {row["title"] for row in siege.articles("/pages")} <= {
        "Trucks wait",
        "Trucks wait at the border",
    }


# ── text (rows 25, 27 to 29) ─────────────────────────────────────────────────────────────


def test_what_is_stored_is_clean(siege: Siege) -> None:
    rows = siege.rows("SELECT title, text, authors, guid FROM articles")
    assert rows
    assert [row for row in rows if UNPRINTABLE.search(" ".join(map(str, row.values())))] == []
    [characters, _] = siege.articles("/text/characters")
    assert "zerowidth mark pile" in characters["title"]
    assert characters["title"].count("\u0335") <= 4


def test_invalid_bytes_do_not_lose_the_feed(siege: Siege) -> None:
    assert [row["title"] for row in siege.articles("/text/bad-utf-8")][1:] == ["Trucks wait"]


def test_a_title_is_one_line(siege: Siege) -> None:
    [article] = siege.articles("/text/lines")
    assert article["title"].startswith("Border Bcc: evil@example.org X: y")
    assert len(article["title"].splitlines()) == 1


def test_markup_templates_and_sql_stay_words(siege: Siege) -> None:
    titles = [row["title"] for row in siege.articles("/text/markup")]
    assert titles == [
        "<script>alert(1)</script> border <img src=x onerror=alert(1)>",
        "@everyone <!channel> [border](http://evil.example) {{7*7}} %s %(x)s ${x}",
        "=cmd|' /C calc'!A0 border",
        "border'; DROP TABLE articles; --",
        'border" OR NEAR( * ) title: ^',
    ]


def test_the_log_and_the_commands_print_no_control_character(siege: Siege) -> None:
    assert UNPRINTABLE.search(siege.log) is None
    assert [out for out in siege.cli if UNPRINTABLE.search(out.replace("\t", " "))] == []
    assert "border" in siege.cli[0]


# ── what is no feed (row 37) ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", poison.NO_FEEDS)
def test_what_is_no_feed_is_said_to_be_none(siege: Siege, path: str) -> None:
    assert "not a feed" in siege.error(path)


def test_a_feed_that_is_zipped_or_a_login_page_is_named(siege: Siege) -> None:
    assert "an HTML page" in siege.error("/no-feed/login")
    assert "a zip archive" in siege.error("/no-feed/zip")


def test_a_failing_source_comes_again_later_and_not_at_once(siege: Siege) -> None:
    hangs = siege.sources["/hang"]
    wait = datetime.fromisoformat(hangs["due_at"]) - datetime.fromisoformat(hangs["last_polled_at"])
    assert wait > timedelta(minutes=100)  # every 1 h × (1 + 1 failure) ± 10 %
