"""Which pages are articles, and why the others are none."""

import pytest

from core.pages.page_samples import SAMPLES, SENTENCES, STAMP, Sample, paragraphs, story
from monitor.core.pages.extract import article_of
from monitor.core.pages.page_type import TOO_LITTLE


def why_none(sample: Sample) -> str | None:
    return article_of(sample.page.encode(), url=sample.url, now=None).no_article


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_articles_are_told_from_other_pages(sample: Sample) -> None:
    assert (why_none(sample) is None) is sample.is_article


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("front, dated", "a section front"),
        ("section declared", "a section front"),
        ("video", "a video"),
        ("gallery declared", "a gallery"),
        ("Spanish 404", "an error page"),
        ("paywall stub, declared", "a paywall: only a stub of the text is shown"),
        ("empty shell", "empty: no text was found"),
        ("login", TOO_LITTLE),
    ],
)
def test_a_page_that_is_none_says_what_it_is(name: str, why: str) -> None:
    assert why_none(next(one for one in SAMPLES if one.name == name)) == why


def test_what_could_be_read_of_a_stub_is_kept() -> None:
    page = story(STAMP, f"<p>{SENTENCES[0]}</p>", "<p>Subscribe to continue reading.</p>")
    article = article_of(page.encode(), url=None, now=None)
    assert article.no_article
    assert SENTENCES[0] in article.text
    assert article.published is not None


def test_a_date_makes_a_brief_an_article_and_without_one_it_is_too_little() -> None:
    dated = story(STAMP, paragraphs(1, each=1))
    assert article_of(dated.encode(), url=None, now=None).no_article is None
    undated = dated.replace(STAMP, "")
    assert article_of(undated.encode(), url=None, now=None).no_article == TOO_LITTLE
