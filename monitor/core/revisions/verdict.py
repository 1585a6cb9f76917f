"""Decides what a reading is: new, a copy, an edit, a return to an earlier text, or unchanged.

Which known article it is of is decided in `identity`; messages and the next visit are added in
`decide`.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.contracts import (
    Decision,
    KnownArticle,
    KnownStory,
    PendingAlert,
    Reading,
    Stale,
    Verdict,
)
from monitor.core.alerts import Policy, change_alerts, first_alerts, spread_alerts
from monitor.core.revisions.identity import is_copy
from monitor.model import Article, Change, ChangeKind, Revision

DATE_MOVED = timedelta(seconds=60)  # a page's date that moved by less is the same
MAX_RETURNS = 3  # to earlier texts within 7 days; further ones are counted, not stored


def decide_new(reading: Reading, look_alikes: tuple[KnownStory, ...], policy: Policy) -> Decision:
    """Decide on a reading that is of no known article: new, or a copy of another site's story."""
    story = next((s for s in look_alikes if is_copy(reading, s)), None)
    alerted = story.alerted if story else {}
    sources = len(story.sources | {reading.source}) if story else 1
    too_old = policy.is_too_old(reading.article)
    alerts = () if too_old else first_alerts(matched_topics(reading), alerted, policy, sources)
    if story and not too_old and reading.source not in story.sources:
        alerts += spread_alerts(matched_topics(reading), alerted, sources, policy)
    return Decision(
        verdict=Verdict.COPY if story else Verdict.NEW,
        story_id=story.story_id if story else None,
        revision=_make_revision(reading, 1, policy.now),
        alerts=alerts,
    )


def decide_known(
    reading: Reading, article: KnownArticle, policy: Policy, *, own: bool
) -> Decision | Stale:
    """Decide on a reading of a known article; Stale if it was compared with an older revision.

    `own`: the feed entry that the reading is made from is the one that the article is known by.
    """
    if reading.partial is not None and not (article.partial and own):
        return decide_same(article, row_unchanged=True)
    if article.partial and reading.partial is None:
        return _decide_completed(reading, article, policy)
    if reading.fingerprint.digest == article.newest.digest:
        return replace(decide_same(article), counts_return=article.returned_to is not None)
    compared, newest = reading.comparison, article.newest
    if compared is None or (compared.article_id, compared.number) != (article.id, newest.number):
        return Stale(newest=newest)
    if compared.change is None:
        return decide_same(article)
    if compared.shrunk:
        return decide_same(article, row_unchanged=True)
    if reading.fingerprint.digest in article.digests and article.returns >= MAX_RETURNS:
        return _decide_counted_return(reading, article)
    return _decide_revised(reading, article, compared.change, compared.topics_before, policy)


def decide_same(article: KnownArticle, *, row_unchanged: bool = False) -> Decision:
    """Decide that nothing happened to a known article."""
    return Decision(verdict=Verdict.SAME, article_id=article.id, row_unchanged=row_unchanged)


def _decide_counted_return(reading: Reading, article: KnownArticle) -> Decision:
    """Count a return to an earlier text, unless the last visit found the same text."""
    digest = reading.fingerprint.digest
    return replace(
        decide_same(article), returned_to=digest, counts_return=digest != article.returned_to
    )


def _decide_completed(reading: Reading, article: KnownArticle, policy: Policy) -> Decision:
    """Replace the revision that was made of the feed's summary, now that the page could be read."""
    too_old = policy.is_too_old(reading.article)
    alerts = () if too_old else first_alerts(matched_topics(reading), article.alerted, policy)
    return Decision(
        verdict=Verdict.REVISED,
        article_id=article.id,
        revision=_make_revision(reading, article.newest.number, policy.now),
        alerts=alerts,
    )


def _decide_revised(
    reading: Reading,
    article: KnownArticle,
    change: Change,
    before: frozenset[str],
    policy: Policy,
) -> Decision:
    returned = reading.fingerprint.digest in article.digests
    alerts: tuple[PendingAlert, ...] = ()
    if not returned:
        alerts = change_alerts(before, matched_topics(reading), change, policy)
    return Decision(
        verdict=Verdict.REVISED,
        article_id=article.id,
        revision=replace(
            _make_revision(reading, article.newest.number + 1, policy.now),
            change=change.kind,
            score=change.score,
            stealth=not _date_moved(reading.article, article),
        ),
        change=change,
        alerts=alerts,
    )


def _date_moved(now: Article, article: KnownArticle) -> bool:
    """Whether the page's own date says that it was edited."""
    stated = now.updated or now.published
    last = article.newest.updated_at or article.newest.published_at
    if stated is None:
        return False
    return last is None or stated.at - last >= DATE_MOVED


def matched_topics(reading: Reading) -> frozenset[str]:
    """Names of the topics whose rules match at the level that the topic asks for (`at_least`)."""
    return frozenset(hit.topic for hit in reading.hits) - reading.below


def _make_revision(reading: Reading, number: int, now: datetime) -> Revision:
    article = reading.article
    return Revision(
        number=number,
        title=article.title,
        text=article.text,
        digest=reading.fingerprint.digest,
        seen_at=now,
        published_at=article.published.at if article.published else None,
        updated_at=article.updated.at if article.updated else None,
        change=ChangeKind.FIRST,
    )
