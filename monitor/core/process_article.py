"""Processes a fetched page into a `Reading`: article, fingerprint, matched rules, comparison.

All the CPU work of one read in a single call. Pure, and its values can be pickled, so that it runs
in a worker process or in this one. Fetches and stores nothing.
"""

import zlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from monitor.contracts import Address, Comparison, KnownRevision, Reading
from monitor.core.pages import TOO_LITTLE_TEXT, extract_article
from monitor.core.revisions import detect_change, fingerprint, is_shrunk
from monitor.core.rules import hits
from monitor.core.text import clean_line, html_to_text, normalize_url, url_key
from monitor.model import Article, Dated, Entry, Fingerprint, Hit, Level, Origin, Page, Validators

MAX_TITLE_LENGTH = 2_000  # characters
MAX_TEXT_LENGTH = 1_000_000  # characters
_MAX_TITLE_FROM_TEXT = 120  # characters; for a feed entry without a title
_MAX_CLOCK_ERROR = timedelta(hours=24)  # of a feed's dates

Rules = tuple[tuple[str, str], ...]  # (topic, query)
Levels = tuple[tuple[str, Level], ...]  # (topic, level)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadJob:
    """Input of `process_article`."""

    source: str
    timezone: str  # IANA name, for dates that name no zone
    language: str | None
    rules: Rules
    least: Levels = ()  # for some topics, the level from which on they alert
    breaking: Rules = ()  # queries that mark an article of a topic as breaking news
    silences: Rules = ()  # (number of the silence, query)
    now: datetime
    site: str | None
    entry: Entry | None = None
    page: Page | None = None
    problem: str | None = None  # why there is no page; None if there is one
    retry_after: timedelta | None = None
    final: bool = False  # no further attempt to fetch the page
    gone: bool = False  # the page answered with status 404 or 410
    newest: KnownRevision | None = None  # stored revision to compare with
    archive: bool = False  # whether to return the raw page for storage


def process_article(job: ReadJob) -> Reading:
    """Extract, match and compare the article of a page; of the feed entry if no page is one."""
    article, problem = _extract(job)
    print_ = fingerprint(article.title, article.text)
    page = job.page if problem is None else None
    found = _hits(job, job.rules, article.title, article.text, article.language)
    urgent = _hits(job, job.breaking, article.title, article.text, article.language)
    unwanted = _hits(job, job.silences, article.title, article.text, article.language)
    return Reading(
        source=job.source,
        guid=job.entry.id if job.entry else None,
        article=article,
        fingerprint=print_,
        site=job.site,
        addresses=_addresses(job, article, page),
        hits=found,
        below=frozenset(hit.topic for hit in found) - _reaching(job, found),
        breaking=frozenset(hit.topic for hit in urgent),
        silenced=frozenset(int(hit.topic) for hit in unwanted),
        partial=problem,
        retry_after=job.retry_after,
        final=job.final,
        gone=job.gone,
        comparison=_comparison(job, article, print_),
        validators=page.validators if page else Validators(),
        body_sha256=sha256(page.body).hexdigest() if page else None,
        fetched_from=page.url if page else None,
        raw=zlib.compress(page.body) if page and job.archive else None,
    )


def matching_silences(job: ReadJob) -> frozenset[int]:
    """Return the numbers of the silences that match the stored revision, for a page that is gone.

    Empty without a stored revision.
    """
    newest = job.newest
    if newest is None:
        return frozenset()
    found = _hits(job, job.silences, newest.title, newest.text, newest.language)
    return frozenset(int(hit.topic) for hit in found)


def _extract(job: ReadJob) -> tuple[Article, str | None]:
    """Return the article, and why it comes from the feed alone; None if it comes from the page."""
    if job.page is None:
        return _from_feed(job), job.problem
    article = extract_article(
        job.page.body,
        url=job.page.url,
        content_type=job.page.content_type,
        zone=job.timezone,
        language=job.language,
        now=job.now,
        feed=job.entry,
    )
    from_feed = _from_feed(job)
    is_short = article.no_article == TOO_LITTLE_TEXT
    if is_short and len(article.text) >= max(1, _min_brief_length(job, from_feed)):
        return replace(article, no_article=None), None  # a brief, listed by the feed as an article
    if article.no_article is None or job.entry is None:
        return article, article.no_article
    return from_feed, article.no_article


def _min_brief_length(job: ReadJob, from_feed: Article) -> int:
    """Return the least characters of a short article: those of its summary in the feed.

    Without an entry, half of the stored revision, since an edit may have cut it.
    """
    if job.entry is None and job.newest is not None:
        return len(job.newest.text) // 2
    return len(from_feed.text)


def _from_feed(job: ReadJob) -> Article:
    entry = job.entry
    if entry is None:
        return Article(url=None, title="")
    texts = (html_to_text(html, MAX_TEXT_LENGTH) for html in (*entry.content, entry.summary or ""))
    text = max(texts, key=len)
    title = clean_line(entry.title or "", MAX_TITLE_LENGTH)
    return Article(
        url=normalize_url(entry.link) if entry.link else None,
        title=title or clean_line(text, _MAX_TITLE_FROM_TEXT),
        authors=entry.authors,
        text=text,
        tags=entry.categories,
        language=job.language or entry.language,
        published=_feed_date(entry.published, job.now),
        updated=_feed_date(entry.updated, job.now),
    )


def _feed_date(date: datetime | None, now: datetime) -> Dated | None:
    """Return a date of the feed; None if missing or in the future."""
    if date is None or date > now + _MAX_CLOCK_ERROR:
        return None
    return Dated(at=date, origin=Origin.FEED)


def _addresses(job: ReadJob, article: Article, page: Page | None) -> tuple[Address, ...]:
    """Return every URL of the article: its link, redirects, final and canonical URL."""
    urls = [job.entry.link] if job.entry and job.entry.link else []
    if page is not None:
        urls += [*page.hops, page.url, *([article.url] if article.url else [])]
    unique = dict.fromkeys(normalize_url(url) for url in urls)
    return tuple(Address(url=url, key=url_key(url)) for url in unique)


def _hits(
    job: ReadJob, rules: Rules, title: str, text: str, language: str | None
) -> tuple[Hit, ...]:
    return hits(title, text, language=language, source=job.source, topics=rules) if rules else ()


def _reaching(job: ReadJob, found: tuple[Hit, ...]) -> frozenset[str]:
    """Return the topics that match at the level from which on they alert."""
    least = dict(job.least)
    return frozenset(
        hit.topic for hit in found if hit.level.reaches(least.get(hit.topic, Level.MENTION))
    )


def _comparison(job: ReadJob, article: Article, print_: Fingerprint) -> Comparison | None:
    """Compare with the stored revision, matching both under today's rules; None if equal."""
    newest = job.newest
    if newest is None or newest.digest == print_.digest:
        return None
    before = _hits(job, job.rules, newest.title, newest.text, article.language)
    return Comparison(
        article_id=newest.article_id,
        number=newest.number,
        change=detect_change(newest.title, newest.text, article.title, article.text),
        shrunk=is_shrunk(newest.text, article.text),
        topics_before=_reaching(job, before),
    )
