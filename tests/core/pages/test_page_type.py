"""Deciding which pages are articles, and the reason why the others are none."""

import pytest

from core.pages.page_samples import SAMPLES, SENTENCES, STAMP, Sample, paragraphs, story
from monitor.core.pages.extract import extract_article
from monitor.core.pages.page_type import TOO_LITTLE_TEXT


def reason(sample: Sample) -> str | None:
    return extract_article(sample.page.encode(), url=sample.url, now=None).no_article


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_articles_are_distinguished_from_other_pages(sample: Sample) -> None:
    assert (reason(sample) is None) is sample.is_article


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("front, dated", "a section front"),
        ("section declared", "a section front"),
        ("video", "a video"),
        ("gallery declared", "a gallery"),
        ("Spanish 404", "an error page"),
        ("paywall stub, declared", "a paywall: only a stub of the text is shown"),
        ("empty shell", "empty: no text was found"),
        ("login", TOO_LITTLE_TEXT),
    ],
)
def test_a_page_that_is_no_article_gets_its_kind_as_reason(name: str, expected: str) -> None:
    assert reason(next(sample for sample in SAMPLES if sample.name == name)) == expected


def test_the_text_and_date_of_a_stub_are_extracted() -> None:
    page = story(STAMP, f"<p>{SENTENCES[0]}</p>", "<p>Subscribe to continue reading.</p>")
    article = extract_article(page.encode(), url=None, now=None)
    assert article.no_article
    assert SENTENCES[0] in article.text
    assert article.published is not None


def test_a_brief_is_an_article_if_dated_and_too_little_text_if_not() -> None:
    dated = story(STAMP, paragraphs(1, each=1))
    assert extract_article(dated.encode(), url=None, now=None).no_article is None
    undated = dated.replace(STAMP, "")
    assert extract_article(undated.encode(), url=None, now=None).no_article == TOO_LITTLE_TEXT
