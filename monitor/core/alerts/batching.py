"""Whether a message goes out at once, or waits and collects what follows.

The first that holds:
  quiet hours   until they end; topics and breaking news that the user exempted go out
  digest        until its next time
  edits         more than at_most update messages of one article: until the reader's day ends
  surplus       more than max_per_hour of the topic: one digest every five minutes
  group         for its companions, and an interval after the group's last message;
                breaking news does not wait for companions

What a new source lists without any date waits for its like (`hold_undated`).
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
UNDATED_WAIT = timedelta(minutes=5)  # after the last of them
UNDATED_NOTE = (
    "The source '{source}' listed these when it was polled for the first time. They carry no date"
    " and may be old."
)
BREAKING = "breaking"
BY_THE_CLOCK = (QUIET, DIGEST, EDITS)  # these wait for an hour; the others for companions only


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
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
    """None: the message goes out at once. `edits`: what the article's damping says."""
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
        return _grouped(channel, pace.group, topics, source, known, now)
    return None


def hold_undated(held: Hold | None, source: str, now: datetime) -> Hold:
    """Articles without a date of a source that is new: one message, whatever else waits.

    It goes out when none has joined for a while, or with the digest or quiet hours that hold it.
    """
    if held is not None and held.group in BY_THE_CLOCK:
        return Hold(until=held.until, group=f"{held.group} {UNDATED} {source}")
    return Hold(until=now + UNDATED_WAIT, group=f"{UNDATED} {source}")


def rehold(group: str, pace: Pace | None, until: datetime, now: datetime) -> datetime | None:
    """Until when a message is held that was held `until` under a wall clock that has been set.

    Quiet hours, digests and the end of a day follow the calendar; None: the group does not.
    """
    kind = group.partition(" ")[0]
    if pace is not None and pace.quiet and kind == QUIET:
        return quiet_until(pace.quiet, pace.timezone, now) or now
    if pace is not None and pace.digest and kind == DIGEST:
        return min(max(until, now), next_digest(pace.digest, pace.timezone, now))
    if pace is not None and kind == EDITS:
        return min(max(until, now), next_midnight(pace.timezone, now))
    return now if kind in BY_THE_CLOCK else None


def _after_quiet(pace: Pace, names: frozenset[str], until: datetime) -> datetime:
    """The end of the day, or of the quiet hours that it lies in."""
    if pace.quiet is None or names & pace.quiet.exempt:
        return until
    return quiet_until(pace.quiet, pace.timezone, until) or until


def _grouped(
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
