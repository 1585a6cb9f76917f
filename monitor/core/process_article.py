"""The one CPU hop of the read worker: page or feed text → article, fingerprint, hits, comparison.

Pure and picklable, so that it runs as well in a worker process as in this one.
"""

import zlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from monitor.contracts import Address, Comparison, KnownRevision, Reading
from monitor.core.pages import TOO_LITTLE_TEXT, extract_article
from monitor.core.revisions import change, fingerprint, shrunk
from monitor.core.rules import hits
from monitor.core.text import clean_line, html_to_text, normalize_url, url_key
from monitor.model import Article, Dated, Entry, Fingerprint, Hit, Origin, Page, Validators

TITLE = 2000  # characters
TEXT = 1_000_000

Rules = tuple[tuple[str, str], ...]  # (topic, query)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadJob:
    """All that one reading needs to know."""

    source: str
    timezone: str  # IANA, of stamps that name no zone
    language: str | None
    rules: Rules
    breaking: Rules = ()  # for some topics, what of it is breaking news
    silences: Rules = ()  # (number, query)
    now: datetime
    site: str | None
    entry: Entry | None = None
    page: Page | None = None
    problem: str | None = None  # why there is no page
    retry_after: timedelta | None = None
    final: bool = False  # there will be none
    gone: bool = False  # it answered 404 or 410
    newest: KnownRevision | None = None  # to compare with
    archive: bool = False  # whether the raw page is to be kept


def read(job: ReadJob) -> Reading:
    """What this visit teaches. Without a page that is an article, the feed's own words count."""
    article, problem = _article(job)
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


def silences_of(job: ReadJob) -> frozenset[int]:
    """Numbers of the silences whose query finds the newest revision: its page is gone."""
    newest = job.newest
    if newest is None:
        return frozenset()
    found = _hits(job, job.silences, newest.title, newest.text, newest.language)
    return frozenset(int(hit.topic) for hit in found)


def _article(job: ReadJob) -> tuple[Article, str | None]:
    """The article, and why it is only what the feed says."""
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
    told = _from_feed(job)
    if article.no_article == TOO_LITTLE_TEXT and len(article.text) >= max(1, _least(job, told)):
        return replace(article, no_article=None), None  # a brief: it was announced as a story
    if article.no_article is None or job.entry is None:
        return article, article.no_article
    return told, article.no_article


def _least(job: ReadJob, told: Article) -> int:
    """Characters of a brief: its summary's, or half of what was read last, since it may be cut."""
    if job.entry is None and job.newest is not None:
        return len(job.newest.text) // 2
    return len(told.text)


def _from_feed(job: ReadJob) -> Article:
    entry = job.entry
    if entry is None:
        return Article(url=None, title="")
    text = max(
        (html_to_text(html, TEXT) for html in (*entry.content, entry.summary or "")), key=len
    )
    title = clean_line(entry.title or "", TITLE) or clean_line(text, 120)
    return Article(
        url=normalize_url(entry.link) if entry.link else None,
        title=title,
        authors=entry.authors,
        text=text,
        tags=entry.categories,
        language=job.language or entry.language,
        published=_from(entry.published, job.now),
        updated=_from(entry.updated, job.now),
    )


def _from(at: datetime | None, now: datetime) -> Dated | None:
    """A feed's stamp, unless it lies in the future."""
    if at is None or at > now + timedelta(hours=24):
        return None
    return Dated(at=at, origin=Origin.FEED)


def _addresses(job: ReadJob, article: Article, page: Page | None) -> tuple[Address, ...]:
    urls = [job.entry.link] if job.entry and job.entry.link else []
    if page is not None:
        urls += [*page.hops, page.url, *([article.url] if article.url else [])]
    unique = dict.fromkeys(normalize_url(url) for url in urls)
    return tuple(Address(url=url, key=url_key(url)) for url in unique)


def _hits(
    job: ReadJob, rules: Rules, title: str, text: str, language: str | None
) -> tuple[Hit, ...]:
    return hits(title, text, language=language, source=job.source, topics=rules) if rules else ()


def _comparison(job: ReadJob, article: Article, print_: Fingerprint) -> Comparison | None:
    """Against the newest revision, when it differs: old words and new under today's rules."""
    newest = job.newest
    if newest is None or newest.digest == print_.digest:
        return None
    before = _hits(job, job.rules, newest.title, newest.text, article.language)
    return Comparison(
        article_id=newest.article_id,
        number=newest.number,
        change=change(newest.title, newest.text, article.title, article.text),
        shrunk=shrunk(newest.text, article.text),
        topics_before=frozenset(hit.topic for hit in before),
    )
