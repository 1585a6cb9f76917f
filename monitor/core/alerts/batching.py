"""Whether a message is sent at once, or held to collect further alerts.

The first rule that applies:
  quiet hours   held until they end; exempt topics and exempt breaking news are sent
  digest        held until the next digest
  edits         article has had its at_most update messages: held until the reader's day ends
  surplus       topic has had its max_per_hour messages: one digest every five minutes
  group         held for Group.wait, and at least Group.interval after the group's last message;
                breaking news is sent

Undated articles of a new source are collected in a message of their own (`hold_undated`).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.contracts import Known
from monitor.core.alerts.damping import EDITS
from monitor.core.alerts.digest_times import next_digest, next_midnight, quiet_until
from monitor.settings import Group, Pace

SURPLUS, QUIET, DIGEST = "surplus", "quiet", "digest"
SURPLUS_EVERY = timedelta(minutes=5)
UNDATED = "undated"
UNDATED_WAIT = timedelta(minutes=5)  # after the last article that joined
UNDATED_NOTE = (
    "The source '{source}' listed these when it was polled for the first time. They carry no date"
    " and may be old."
)
BREAKING = "breaking"
CALENDAR_GROUPS = (QUIET, DIGEST, EDITS)  # held until a local time; the others for a length of time


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Until when a message collects, and the group of alerts that join it."""

    until: datetime
    group: str


def hold(
    channel: str,
    topics: frozenset[str],
    source: str,
    *,
    breaking: bool,
    pace: Pace,
    known: Known,
    now: datetime,
    edits: Hold | None = None,
) -> Hold | None:
    """Decide until when a message to `channel` is held; None: it is sent at once.

    `edits`: the hold that damping puts on this update of the article, if any.
    """
    names = topics | ({BREAKING} if breaking else frozenset())
    if pace.quiet and not names & pace.quiet.exempt:
        end = quiet_until(pace.quiet, pace.timezone, now)
        if end is not None:
            return Hold(until=end, group=QUIET)
    if pace.digest:
        return Hold(until=next_digest(pace.digest, pace.timezone, now), group=DIGEST)
    if edits is not None:
        return replace(edits, until=_after_quiet(pace, names, edits.until))
    limit = pace.max_per_hour
    if limit and all(known.recent.get((channel, topic), 0) >= limit for topic in topics):
        return Hold(until=now + SURPLUS_EVERY, group=SURPLUS)
    if pace.group and not breaking:
        return _hold_for_group(channel, pace.group, topics, source, known, now)
    return None


def hold_undated(held: Hold | None, source: str, now: datetime) -> Hold:
    """Return the hold for undated articles of a new source, which share one message.

    It ends UNDATED_WAIT after the last of them, or with `held` if that is for a digest or quiet
    hours.
    """
    if held is not None and held.group in CALENDAR_GROUPS:
        return Hold(until=held.until, group=f"{held.group} {UNDATED} {source}")
    return Hold(until=now + UNDATED_WAIT, group=f"{UNDATED} {source}")


def rehold(group: str, pace: Pace | None, until: datetime, now: datetime) -> datetime | None:
    """Recompute the end of a hold after the wall clock was set.

    None for a group that is held for a length of time: it does not follow the clock. A group whose
    quiet hours, digest or channel (`pace` None) is no longer configured ends now.
    """
    kind = group.partition(" ")[0]
    if pace is not None and pace.quiet and kind == QUIET:
        return quiet_until(pace.quiet, pace.timezone, now) or now
    if pace is not None and pace.digest and kind == DIGEST:
        return min(max(until, now), next_digest(pace.digest, pace.timezone, now))
    if pace is not None and kind == EDITS:
        return min(max(until, now), next_midnight(pace.timezone, now))
    return now if kind in CALENDAR_GROUPS else None


def _after_quiet(pace: Pace, names: frozenset[str], until: datetime) -> datetime:
    """Return `until`, or the end of the quiet hours that it falls into."""
    if pace.quiet is None or names & pace.quiet.exempt:
        return until
    return quiet_until(pace.quiet, pace.timezone, until) or until


def _hold_for_group(
    channel: str,
    group: Group,
    topics: frozenset[str],
    source: str,
    known: Known,
    now: datetime,
) -> Hold:
    parts = {"topic": ", ".join(sorted(topics)), "source": source}
    name = "group " + " / ".join(parts[by] for by in group.by)
    last = known.held.get((channel, name))
    until = now + group.wait
    if last is not None:
        until = max(until, last + group.interval)
    return Hold(until=until, group=name)
