"""Reading × Known → Decision: is it new, revised, the same, a copy, or gone?

Which known article is it?  `identity` says so. And what happened to it?

  known      text               stamps   verdict   revision     alerts
  ────────── ────────────────── ──────── ───────── ──────────── ──────────────────────────────
  no         any                any      NEW       1, first     new
  no         a copy of another  any      COPY      1, first     topics its story did not tell of
             site's, ≥ 50 words
  yes        reads the same     any      SAME      none         none (a moved stamp is stored)
  yes        as it once read    any      REVISED   n + 1        none (a return is silent)
             … after 3 returns  any      SAME      none         none (the return is counted)
             in 7 days
  yes        shrank, paywalled  any      SAME      none         none
  yes        could not be had   –        SAME      none         none (asked for again)
  partial    whole now          any      REVISED   1, replaced  new, for topics not told of yet
  yes        changed            moved    REVISED   n + 1        by kind and by topic
  yes        changed            same     REVISED   n + 1        the same, marked stealth
  yes        gone 3 ×, ≥ 1 h    –        RETRACTED none         retracted
  retracted  there again        any      SAME or   as above     restored
                                         REVISED
"""

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.contracts import (
    Decision,
    Known,
    KnownArticle,
    KnownStory,
    PendingAlert,
    Reading,
    Stale,
    Verdict,
    Visit,
)
from monitor.core.alerts import (
    Policy,
    apply_silences,
    change_alerts,
    first_alerts,
    outgoing_messages,
    retraction_alerts,
    spread_alerts,
)
from monitor.core.polling import DAY, GONE_FOR, GONE_RETRY, GONE_TIMES, next_read_at, page_retry_at
from monitor.core.revisions.identity import identify, is_copy
from monitor.model import Article, Change, ChangeKind, Reason, Revision

DATE_MOVED = timedelta(seconds=60)
RETURNS = 3  # to earlier texts within 7 days; further ones are only counted


def decide(visit: Visit, reading: Reading, policy: Policy, known: Known) -> Decision | Stale:
    """The whole verdict on one reading. Stale: compare it with that revision, then ask again."""
    article = identify(reading, known)
    if visit.entry_id is None and known.by_guid is not None and article is not known.by_guid:
        stays = _nothing(known.by_guid, row_unchanged=True)  # another story is read at its address
        return _with_next_visit(stays, visit, reading, known.by_guid, policy)
    if article is None:
        found = _new(reading, known.look_alikes, policy)
        found = _with_next_visit(found, visit, reading, None, policy)
        return _with_messages(found, visit, reading, policy, known)
    own = known.by_guid is not None and known.by_guid.id == article.id
    if own and reading.gone and not article.partial:
        return replace(gone(visit, reading.silenced, policy, known), row_unchanged=True)
    decision = _known(reading, article, policy, own=own and visit.entry_id is not None)
    if isinstance(decision, Stale):
        return decision
    decision = _with_restored_alerts(decision, article, policy)
    decision = _with_new_source_alerts(decision, visit, reading, article, policy)
    decision = _with_next_visit(decision, visit, reading, article, policy)
    return _with_messages(decision, visit, reading, policy, known)


def gone(visit: Visit, silenced: frozenset[int], policy: Policy, known: Known) -> Decision:
    """The page of a known article answered 404 or 410.

    `silenced`: numbers of the silences whose query finds the newest revision.
    """
    article, count = known.by_guid, visit.gone + 1
    long_enough = policy.now - (visit.gone_since or policy.now) >= GONE_FOR
    again = policy.now + (DAY if count > GONE_TIMES else GONE_RETRY)
    found = Decision(
        verdict=Verdict.SAME,
        article_id=visit.article_id,
        gone=count,
        article_due_at=again if _is_reread(visit, policy) else None,
    )
    if article is None or article.retracted or count < GONE_TIMES or not long_enough:
        return found
    alerts = retraction_alerts(Reason.RETRACTED, article.alerted, policy)
    found = replace(found, verdict=Verdict.RETRACTED, alerts=alerts)
    return _with_messages(found, visit, None, policy, known, silenced)


def untouched(visit: Visit, due_at: datetime | None, policy: Policy, known: Known) -> Decision:
    """A later visit that brought no page: 304, or a site that could not be reached."""
    return Decision(
        verdict=Verdict.SAME, article_id=visit.article_id, article_due_at=due_at, gone=None
    )


def unchanged(visit: Visit, policy: Policy, known: Known) -> Decision:
    """A later visit that was answered with 304: the page is there, as it was."""
    since = visit.first_seen_at or policy.now
    found = Decision(
        verdict=Verdict.SAME,
        article_id=visit.article_id,
        article_due_at=next_read_at(since, visit.matched, policy.now),
    )
    if known.by_guid is None:
        return found
    return _with_messages(
        _with_restored_alerts(found, known.by_guid, policy), visit, None, policy, known
    )


def _is_reread(visit: Visit, policy: Policy) -> bool:
    """Whether the article is still looked at."""
    since = visit.first_seen_at or policy.now
    return next_read_at(since, True, policy.now) is not None


# ── what happened ────────────────────────────────────────────────────────────────────────


def _new(reading: Reading, look_alikes: tuple[KnownStory, ...], policy: Policy) -> Decision:
    story = next((s for s in look_alikes if is_copy(reading, s)), None)
    alerted = story.alerted if story else {}
    sources = len(story.sources | {reading.source}) if story else 1
    silent = policy.silent(reading.article)
    alerts = () if silent else first_alerts(_topics(reading), alerted, policy, sources)
    if story and not silent and reading.source not in story.sources:
        alerts += spread_alerts(_topics(reading), alerted, sources, policy)
    return Decision(
        verdict=Verdict.COPY if story else Verdict.NEW,
        story_id=story.story_id if story else None,
        revision=_revision(reading, 1, policy.now),
        alerts=alerts,
    )


def _known(
    reading: Reading, article: KnownArticle, policy: Policy, *, own: bool
) -> Decision | Stale:
    """`own`: the feed's words are those of the entry that the article is known by."""
    if reading.partial is not None and not (article.partial and own):
        return _nothing(article, row_unchanged=True)
    if article.partial and reading.partial is None:
        return _whole(reading, article, policy)
    if reading.fingerprint.digest == article.newest.digest:
        return replace(_nothing(article), counts_return=article.returned_to is not None)
    seen = reading.comparison
    if seen is None or (seen.article_id, seen.number) != (article.id, article.newest.number):
        return Stale(newest=article.newest)
    if seen.change is None:
        return _nothing(article)
    if seen.shrunk:
        return _nothing(article, row_unchanged=True)
    if reading.fingerprint.digest in article.digests and article.returns >= RETURNS:
        return _counted_return(reading, article)
    return _revised(reading, article, seen.change, seen.topics_before, policy)


def _nothing(article: KnownArticle, *, row_unchanged: bool = False) -> Decision:
    return Decision(verdict=Verdict.SAME, article_id=article.id, row_unchanged=row_unchanged)


def _counted_return(reading: Reading, article: KnownArticle) -> Decision:
    """One of several texts that take turns: counted where the last visit saw another."""
    digest = reading.fingerprint.digest
    return replace(
        _nothing(article), returned_to=digest, counts_return=digest != article.returned_to
    )


def _whole(reading: Reading, article: KnownArticle, policy: Policy) -> Decision:
    """The page behind a summary has come: the summary's revision was never the article's."""
    silent = policy.silent(reading.article)
    alerts = () if silent else first_alerts(_topics(reading), article.alerted, policy)
    return Decision(
        verdict=Verdict.REVISED,
        article_id=article.id,
        revision=_revision(reading, article.newest.number, policy.now),
        alerts=alerts,
    )


def _revised(
    reading: Reading,
    article: KnownArticle,
    change: Change,
    before: frozenset[str],
    policy: Policy,
) -> Decision:
    returned = reading.fingerprint.digest in article.digests
    alerts: tuple[PendingAlert, ...] = ()
    if not returned:
        alerts = change_alerts(before, _topics(reading), change, policy)
    return Decision(
        verdict=Verdict.REVISED,
        article_id=article.id,
        revision=replace(
            _revision(reading, article.newest.number + 1, policy.now),
            change=change.kind,
            score=change.score,
            stealth=not _date_moved(reading.article, article),
        ),
        change=change,
        alerts=alerts,
    )


def _date_moved(now: Article, article: KnownArticle) -> bool:
    """Whether the page itself says that it changed."""
    said = now.updated or now.published
    last = article.newest.updated_at or article.newest.published_at
    if said is None:
        return False
    return last is None or said.at - last >= DATE_MOVED


def _with_restored_alerts(decision: Decision, article: KnownArticle, policy: Policy) -> Decision:
    """A page that is there again is told to those who heard that it went."""
    if not article.retracted or decision.row_unchanged:
        return decision
    back = retraction_alerts(Reason.RESTORED, article.retraction_alerted, policy)
    return replace(decision, alerts=(*decision.alerts, *back))


def _with_new_source_alerts(
    decision: Decision, visit: Visit, reading: Reading, article: KnownArticle, policy: Policy
) -> Decision:
    """A known article that a further source lists is new to those for whom it was silenced."""
    is_first = visit.entry_id is not None and visit.article_id is None
    if not is_first or visit.source == article.source or policy.silent(reading.article):
        return decision
    topics = _topics(reading) & article.silenced
    already = {alert.topic for alert in decision.alerts}
    return replace(decision, alerts=(*decision.alerts, *first_alerts(topics, already, policy)))


def _with_next_visit(
    decision: Decision, visit: Visit, reading: Reading, article: KnownArticle | None, policy: Policy
) -> Decision:
    """Adds when to come again: for the page that could not be had, for the article's next edit."""
    if reading.site is None:
        return decision
    since = visit.first_seen_at or policy.now
    matched = visit.matched or bool(reading.hits)
    later = next_read_at(since, matched, policy.now)
    if reading.partial is None:
        return replace(decision, article_due_at=later)
    again = page_retry_at(visit.attempts + 1, reading.retry_after, policy.now)
    # A known article that is whole, or read again without its entry, has a clock of its own.
    whole = article is not None and (
        visit.entry_id is None or (decision.row_unchanged and not article.partial)
    )
    return replace(
        decision,
        entry_due_at=None if reading.final else again,
        article_due_at=later if whole else None,
        gone=None if whole else 0,
    )


def _with_messages(
    decision: Decision,
    visit: Visit,
    reading: Reading | None,
    policy: Policy,
    known: Known,
    silenced: frozenset[int] = frozenset(),
) -> Decision:
    """Adds which alerts are silenced, whom the others go to, and when."""
    breaking = reading.breaking if reading else frozenset()
    found = reading.silenced if reading else silenced
    alerts = apply_silences(decision.alerts, visit, found, policy.now)
    loud = tuple(alert for alert in alerts if alert.silence is None)
    messages = outgoing_messages(loud, visit.source, breaking, policy, known, decision.article_id)
    return replace(decision, alerts=alerts, messages=messages)


def _topics(reading: Reading) -> frozenset[str]:
    return frozenset(hit.topic for hit in reading.hits)


def _revision(reading: Reading, number: int, now: datetime) -> Revision:
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
