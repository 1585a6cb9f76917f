"""Page → Article: the declared title and address, the paragraphs of the article element."""

from datetime import datetime

from selectolax.lexbor import LexborHTMLParser

from monitor.core.clean import clean_line, clean_text
from monitor.core.urls import canonical
from monitor.model import Article, Dated, Entry, Origin

TITLE, TEXT = 2000, 1_000_000


def article_of(
    body: bytes,
    *,
    url: str | None,
    content_type: str | None = None,
    zone: str = "UTC",
    language: str | None = None,
    now: datetime | None = None,
    feed: Entry | None = None,
) -> Article:
    """What the page says; `feed` stands in for what it does not say."""
    tree = LexborHTMLParser(body.decode("utf-8", errors="replace"))
    heading = tree.css_first("h1")
    paragraphs = [p.text() for p in tree.css("article p, main p")]
    text = "\n\n".join(dict.fromkeys(clean_text(p, TEXT) for p in paragraphs))
    return Article(
        url=canonical(url) if url else None,
        title=clean_line(heading.text() if heading else (feed and feed.title) or "", TITLE),
        text=text,
        language=language,
        published=_from(feed.published) if feed else None,
        updated=_from(feed.updated) if feed else None,
        no_article=None if text else "no paragraph stands on this page",
    )


def _from(at: datetime | None) -> Dated | None:
    return Dated(at=at, origin=Origin.FEED) if at else None
