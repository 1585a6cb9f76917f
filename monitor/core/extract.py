"""Page → Article: what it declares and what a reader sees, from one parse of its markup."""

from datetime import datetime, timedelta

from selectolax.lexbor import LexborHTMLParser

from monitor.core.blocks import Layout, layout_of
from monitor.core.bylines import authors
from monitor.core.clean import clean_line, clean_text
from monitor.core.date_fields import declared_stamps
from monitor.core.dates import Dates, dates_of
from monitor.core.declared import Declared, declared
from monitor.core.headline import headline, titles_of
from monitor.core.language import language_tag
from monitor.core.urls import absolute, canonical, site_of
from monitor.core.visible_dates import visible_stamps
from monitor.model import Article, Dated, Entry, Origin

TITLE, TEXT = 2000, 1_000_000
FUTURE = timedelta(hours=24)
_ASIDE = frozenset({"aside", "nav", "footer", "li", "ul", "figcaption", "header"})


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
    """What the page says; `feed` stands in for what it does not say.

    `zone` is that of stamps that name none; stamps after `now` are refused.
    """
    tree = LexborHTMLParser(_decoded(body, content_type))
    page, layout = declared(tree), layout_of(tree)
    site = site_of(url) if url else ""
    title = headline(titles_of(page, [h.text() for h in tree.css("h1")], site))
    title = clean_line(title or (feed and feed.title) or "", TITLE)
    start = _where(layout, title)
    chosen = _paragraphs(layout, start)
    end = chosen[-1] if chosen else start
    spoken = language_tag(page.language) or language or (feed.language if feed else None)
    dates = _dates(page, layout, start, end, spoken, zone, now)
    text = "\n\n".join(clean_text(layout.blocks[index].text, TEXT) for index in chosen)
    return Article(
        url=_address(page, url),
        title=title,
        authors=tuple(authors(page, layout, start, end, site)) or (feed.authors if feed else ()),
        text=text,
        tags=feed.categories if feed else (),
        language=spoken,
        published=dates.published or _from(feed.published if feed else None, now),
        updated=dates.updated or _from(feed.updated if feed else None, now),
        dates=tuple(dates.candidates),
        no_article=None if text else "no paragraph stands on this page",
    )


def _decoded(body: bytes, content_type: str | None) -> bytes | str:
    """Bytes as they are where the page itself names UTF-8 or nothing; else decoded."""
    charset = (content_type or "").lower().rpartition("charset=")[2].strip(" \"'")
    if not content_type or "charset=" not in content_type.lower() or charset == "utf-8":
        return body
    try:
        return body.decode(charset, errors="replace")
    except (LookupError, ValueError):
        return body


def _where(layout: Layout, title: str) -> int:
    """The block of the headline; the first one when it stands nowhere."""
    wanted = title.casefold()
    return next((i for i, block in enumerate(layout.blocks) if block.text.casefold() == wanted), 0)


def _paragraphs(layout: Layout, start: int) -> list[int]:
    """The blocks after the headline that are paragraphs and stand in no list or margin."""
    found = []
    for index in range(start + 1, len(layout.blocks)):
        block = layout.blocks[index]
        if layout.places[block.place].tag == "p" and not _in_margin(layout, block.place):
            found.append(index)
    return found


def _in_margin(layout: Layout, place: int) -> bool:
    while place >= 0:
        if layout.places[place].tag in _ASIDE or layout.places[place].hidden:
            return True
        place = layout.places[place].parent
    return False


def _dates(
    page: Declared,
    layout: Layout,
    start: int,
    end: int,
    language: str | None,
    zone: str,
    now: datetime | None,
) -> Dates:
    month_first = not language or language.lower() in ("en", "en-us")
    stamps = declared_stamps(page)
    stamps += visible_stamps(layout, start, end, month_first=month_first)
    return dates_of(stamps, zone=zone, month_first=month_first, now=now)


def _address(page: Declared, url: str | None) -> str | None:
    """The address the page declares, if it is one of the same site and not its front page."""
    if url is None:
        return page.canonical
    said = absolute(url, page.canonical) if page.canonical else None
    if said is None or site_of(said) != site_of(url) or said.rstrip("/").count("/") < 3:
        return canonical(url)
    return canonical(said)


def _from(at: datetime | None, now: datetime | None) -> Dated | None:
    """A feed's stamp, unless it lies in the future."""
    if at is None or (now is not None and at > now + FUTURE):
        return None
    return Dated(at=at, origin=Origin.FEED)
