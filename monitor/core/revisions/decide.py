"""Decides on a reading: Reading × Known → Decision (new, revised, the same, a copy, retracted).

`identity` decides which known article the reading is of, `verdict` what it is; alerts of a return,
messages and the next visit are added here.

  known article  text                 date     verdict    revision     alerts
  ────────────── ──────────────────── ──────── ────────── ──────────── ────────────────────────────
  none           any                  any      NEW        1, first     new
  none           copy of another      any      COPY       1, first     new, for topics that its
                 site's, ≥ 50 words                                    story has not alerted
  whole          same as newest       any      SAME       none         none (a moved date is stored)
  whole          same as an older     any      REVISED    n + 1        none
                 … after 3 returns    any      SAME       none         none (the return is counted)
                 within 7 days
  whole          shrunk or paywalled  any      SAME       none         none
  whole          page not available   –        SAME       none         none (fetched again later)
  summary only   whole page           any      REVISED    1, replaced  new, for topics not alerted
  whole          changed              moved    REVISED    n + 1        by kind of change and topic
  whole          changed              same     REVISED    n + 1        the same, marked stealth
  whole          404 or 410, 3 times  –        RETRACTED  none         retracted
                 over ≥ 1 hour
  retracted      available again      any      SAME or    as above     restored
                                               REVISED
"""

from dataclasses import replace
from datetime import datetime

from monitor.contracts import (
    Decision,
    Known,
    KnownArticle,
    Reading,
    Stale,
    Verdict,
    Visit,
)
from monitor.core.alerts import (
    Policy,
    apply_silences,
    first_alerts,
    outgoing_messages,
    retraction_alerts,
)
from monitor.core.polling import DAY, GONE_FOR, GONE_RETRY, GONE_TIMES, next_read_at, page_retry_at
from monitor.core.revisions.identity import identify
from monitor.core.revisions.verdict import decide_known, decide_new, decide_same, matched_topics
from monitor.model import Reason


def decide(visit: Visit, reading: Reading, policy: Policy, known: Known) -> Decision | Stale:
    """Decide on one reading; Stale if it must be compared with another revision first."""
    article = identify(reading, known)
    if visit.entry_id is None and known.by_guid is not None and article is not known.by_guid:
        # Another story is read at its address.
        stays = decide_same(known.by_guid, row_unchanged=True)
        return _with_next_visit(stays, visit, reading, known.by_guid, policy)
    if article is None:
        found = decide_new(reading, known.look_alikes, policy)
        found = _with_next_visit(found, visit, reading, None, policy)
        return _with_messages(found, visit, reading, policy, known)
    own = known.by_guid is not None and known.by_guid.id == article.id
    if own and reading.gone and not article.partial:
        return replace(decide_gone(visit, reading.silenced, policy, known), row_unchanged=True)
    decision = decide_known(reading, article, policy, own=own and visit.entry_id is not None)
    if isinstance(decision, Stale):
        return decision
    decision = _with_restored_alerts(decision, article, policy)
    decision = _with_new_source_alerts(decision, visit, reading, article, policy)
    decision = _with_next_visit(decision, visit, reading, article, policy)
    return _with_messages(decision, visit, reading, policy, known)


def decide_gone(visit: Visit, silenced: frozenset[int], policy: Policy, known: Known) -> Decision:
    """Decide on a visit to a known article whose page answered 404 or 410.

    `silenced`: ids of the silences whose query matches the newest revision.
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


def decide_unreachable(
    visit: Visit, due_at: datetime | None, policy: Policy, known: Known
) -> Decision:
    """Decide on a visit whose page could not be fetched: try again at `due_at`."""
    return Decision(
        verdict=Verdict.SAME, article_id=visit.article_id, article_due_at=due_at, gone=None
    )


def decide_unchanged(visit: Visit, policy: Policy, known: Known) -> Decision:
    """Decide on a visit to a known article whose page answered 304."""
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
    """Whether the article is young enough to be read again."""
    since = visit.first_seen_at or policy.now
    return next_read_at(since, True, policy.now) is not None


def _with_restored_alerts(decision: Decision, article: KnownArticle, policy: Policy) -> Decision:
    """Add alerts about a retracted page that is back, for topics alerted of its retraction."""
    if not article.retracted or decision.row_unchanged:
        return decision
    back = retraction_alerts(Reason.RESTORED, article.retraction_alerted, policy)
    return replace(decision, alerts=(*decision.alerts, *back))


def _with_new_source_alerts(
    decision: Decision, visit: Visit, reading: Reading, article: KnownArticle, policy: Policy
) -> Decision:
    """Add alerts about a known article that another source lists, for silenced topics."""
    is_first = visit.entry_id is not None and visit.article_id is None
    if not is_first or visit.source == article.source or policy.is_too_old(reading.article):
        return decision
    topics = matched_topics(reading) & article.silenced
    already = {alert.topic for alert in decision.alerts}
    return replace(decision, alerts=(*decision.alerts, *first_alerts(topics, already, policy)))


def _with_next_visit(
    decision: Decision, visit: Visit, reading: Reading, article: KnownArticle | None, policy: Policy
) -> Decision:
    """Add when a missing page is fetched again, and when the article is read again."""
    if reading.site is None:
        return decision
    since = visit.first_seen_at or policy.now
    matched = visit.matched or bool(reading.hits)
    later = next_read_at(since, matched, policy.now)
    if reading.partial is None:
        return replace(decision, article_due_at=later)
    again = page_retry_at(visit.attempts + 1, reading.retry_after, policy.now)
    # A known article that is whole, or read again without its entry, has a due_at of its own.
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
    """Mark the silenced alerts, and add the messages that carry the others."""
    breaking = reading.breaking if reading else frozenset()
    found = reading.silenced if reading else silenced
    alerts = apply_silences(decision.alerts, visit, found, policy.now)
    sent = tuple(alert for alert in alerts if alert.silence is None)
    messages = outgoing_messages(sent, visit.source, breaking, policy, known, decision.article_id)
    return replace(decision, alerts=alerts, messages=messages)
