"""Processing a page: when one with little text is an article."""

from datetime import UTC, datetime

import pytest

from monitor.contracts import KnownRevision
from monitor.core.process_article import ReadJob, process_article
from monitor.model import ArticleId, Entry, Page

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
BRIEF = "Lanes at the border close at noon on Monday, officials said, for a week at least."
SHORTER = "Lanes at the border close at noon on Monday, officials said."


def job(text: str, *, entry: Entry | None = None, known: str | None = None) -> ReadJob:
    newest = KnownRevision(
        article_id=ArticleId(7), number=1, title="Lanes close", text=known or "", digest="old"
    )
    return ReadJob(
        source="kjzz",
        timezone="UTC",
        language="en",
        rules=(),
        now=NOW,
        site="kjzz.test",
        entry=entry,
        newest=newest if known else None,
        page=Page(
            url="http://kjzz.test/a",
            body=f"<html><body><h1>Lanes close</h1><p>{text}</p></body></html>".encode(),
            content_type="text/html",
            fetched_at=NOW,
        ),
    )


def test_a_short_page_is_an_article_if_as_long_as_its_summary() -> None:
    entry = Entry(key="a", title="Lanes close", summary=BRIEF)
    assert process_article(job(BRIEF, entry=entry)).partial is None
    assert process_article(job(SHORTER, entry=entry)).partial is not None


@pytest.mark.parametrize(("text", "is_brief"), [(BRIEF, True), (SHORTER, True), ("Soon.", False)])
def test_a_short_page_read_again_is_an_article_if_half_of_its_text_remains(
    text: str, is_brief: bool
) -> None:
    assert (process_article(job(text, known=BRIEF)).partial is None) == is_brief
