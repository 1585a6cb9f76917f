"""Chooses the publication and update dates of a page among all the dates that it states.

The rules that measured best on news pages:

published  the declared instant, JSON-LD before meta, but the earliest declared one if the first
           equals an update; else one of a <time> element or of visible text; else a day; else the
           date of the feed or of the URL
updated    the latest declared instant, else the latest in the page; only if it is more than a
           minute after publication, or two kinds of metadata state it

Every candidate is reported with the reason why it was chosen or not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from monitor.core.dates import ParsedDate, fold_accents, parse_date, parse_time_of_day, zone_or_utc
from monitor.core.pages.metadata import RawDate
from monitor.model import DateCandidate, Dated, Origin

PUBLISHED, UPDATED = "published", "updated"
TOLERANCE = timedelta(hours=1)  # for sites whose clock is ahead
SAME = timedelta(seconds=60)  # dates this close are the same event
_DAY = timedelta(days=1)
_MAX_ZONE_OFFSET = timedelta(hours=14)
_DECLARED = frozenset({Origin.JSON_LD, Origin.META})
_VISIBLE_ORIGINS = frozenset({Origin.TIME_TAG, Origin.VISIBLE})
_MAX_REPORTED = 40  # candidates


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDates:
    """Chosen dates, and every candidate with the reason why it was chosen or not."""

    published: Dated | None = None
    updated: Dated | None = None
    candidates: tuple[DateCandidate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """Date that a page states, and its parsed form or the reason why it is refused."""

    raw: RawDate
    parsed: ParsedDate | None = None
    dated: Dated | None = None
    refusal: str = ""

    @property
    def at(self) -> datetime:
        assert self.dated is not None
        return self.dated.at

    @property
    def is_exact(self) -> bool:
        return self.dated is not None and self.dated.exact


def choose_dates(
    raw_dates: Iterable[RawDate], *, zone: str, month_first: bool, now: datetime | None
) -> PageDates:
    """Choose the publication and update dates among those of a page.

    Args:
        raw_dates: the dates that the page states; of each origin, the most reliable first.
        zone: IANA zone of dates that name none.
        month_first: read 9/11 as the 11th of September where both orders are possible.
        now: when the page was fetched; later dates are refused. None: no such check.
    """
    candidates = [_parse(raw, month_first, now) for raw in raw_dates]
    candidates = _to_instants(_add_missing_days(candidates, now), zone_or_utc(zone))
    candidates = [_refuse_future(candidate, now) for candidate in candidates]
    published = _choose_published(candidates) or _earliest_update(candidates)
    updated = _choose_updated(candidates, published)
    chosen = {id(candidate) for candidate in (published, updated) if candidate is not None}
    return PageDates(
        published=published.dated if published else None,
        updated=updated.dated if updated else None,
        candidates=tuple(
            _report(candidate, chosen, published) for candidate in candidates[:_MAX_REPORTED]
        ),
    )


# ── parsing ──────────────────────────────────────────────────────────────────────────────


def _parse(raw: RawDate, month_first: bool, now: datetime | None) -> _Candidate:
    parsed = parse_date(raw.raw, month_first=month_first)
    if parsed and now and parsed.day > now.date() + _DAY:  # 12/03/2026 parsed in the wrong order
        other = parse_date(raw.raw, month_first=not month_first)
        parsed = other if other and other.day <= now.date() else parsed
    return _Candidate(raw=raw, parsed=parsed, refusal="" if parsed else "no date could be read")


def _add_missing_days(candidates: list[_Candidate], now: datetime | None) -> list[_Candidate]:
    """Put a visible time without a day ("Updated 3:15 p.m.") on the day of publication or next."""
    published = next(
        (
            candidate.parsed
            for candidate in candidates
            if candidate.parsed and candidate.raw.field == PUBLISHED
        ),
        None,
    )
    day = published.day if published else now.date() if now else None
    if day is None:
        return candidates
    return [
        candidate if candidate.parsed else _parse_time_on_day(candidate, day, published)
        for candidate in candidates
    ]


def _parse_time_on_day(
    candidate: _Candidate, day: date, published: ParsedDate | None
) -> _Candidate:
    if candidate.raw.origin is not Origin.VISIBLE:
        return candidate
    found = parse_time_of_day(fold_accents(candidate.raw.raw))
    if found is None:
        return candidate
    wall_time, zone = found
    is_update = candidate.raw.field == UPDATED
    if published and published.wall_time and is_update and zone == published.zone:
        day += _DAY * (wall_time < published.wall_time)
    return replace(candidate, parsed=ParsedDate(day, wall_time, zone), refusal="")


def _to_instants(candidates: list[_Candidate], default: tzinfo) -> list[_Candidate]:
    """Convert to instants; a date without a zone takes the default, or that of another if UTC."""
    zone = _stated_zone(candidates) or UTC if _is_utc(default) else default
    return [_to_instant(_fix_zone(candidate, candidates), zone) for candidate in candidates]


def _stated_zone(candidates: list[_Candidate]) -> tzinfo | None:
    """Return the first offset other than UTC that a declared date of the page states."""
    declared = (candidate for candidate in candidates if candidate.raw.origin in _DECLARED)
    zones = (candidate.parsed.zone for candidate in declared if candidate.parsed)
    return next((zone for zone in zones if not _is_utc(zone)), None)


def _fix_zone(candidate: _Candidate, candidates: list[_Candidate]) -> _Candidate:
    """Give a date the offset of another one with the same wall time.

    Sites often label local time as UTC, and print "EST" in July when they mean EDT.
    """
    if candidate.parsed is None or candidate.parsed.wall_time is None:
        return candidate
    for other in candidates:
        zone = other.parsed.zone if other.parsed else None
        if not _is_utc(zone) and _is_same_wall_time(candidate, other):
            return replace(candidate, parsed=replace(candidate.parsed, zone=zone))
    return candidate


def _is_same_wall_time(one: _Candidate, other: _Candidate) -> bool:
    """Compare to the second; a visible date with a declared one to the minute."""
    a, b = one.parsed, other.parsed
    if a is None or b is None or a.wall_time is None or b.wall_time is None or a.day != b.day:
        return False
    if _is_utc(a.zone):
        return a.wall_time.replace(microsecond=0) == b.wall_time.replace(microsecond=0)
    is_visible = one.raw.origin is Origin.VISIBLE and other.raw.origin in _DECLARED
    return is_visible and a.wall_time == b.wall_time.replace(second=0, microsecond=0)


def _is_utc(zone: tzinfo | None) -> bool:
    """Whether a zone is UTC or missing."""
    return zone is None or zone is UTC or str(zone) in {"UTC", "UTC+00:00"}


def _to_instant(candidate: _Candidate, zone: tzinfo) -> _Candidate:
    if candidate.parsed is None:
        return candidate
    day = candidate.parsed.day if candidate.parsed.wall_time is None else None
    instant = candidate.parsed.to_utc(zone).replace(microsecond=0)
    return replace(candidate, dated=Dated(at=instant, origin=candidate.raw.origin, day=day))


def _refuse_future(candidate: _Candidate, now: datetime | None) -> _Candidate:
    if candidate.dated is None or now is None:
        return candidate
    tolerance = TOLERANCE if candidate.dated.exact else _MAX_ZONE_OFFSET
    if candidate.dated.at > now + tolerance:
        return replace(candidate, dated=None, refusal="lies in the future")
    return candidate


# ── choosing ─────────────────────────────────────────────────────────────────────────────


def _of_field(candidates: Sequence[_Candidate], field: str) -> list[_Candidate]:
    return [item for item in candidates if item.dated and item.raw.field == field]


def _choose_published(candidates: Sequence[_Candidate]) -> _Candidate | None:
    published = _of_field(candidates, PUBLISHED)
    declared = [item for item in published if item.raw.origin in _DECLARED]
    if exact := [item for item in declared if item.is_exact]:
        return _choose_declared(exact, candidates)
    visible = [item for item in published if item.raw.origin in _VISIBLE_ORIGINS]
    days = [*declared, *(item for item in visible if not item.is_exact)]
    for item in visible:
        if item.is_exact and (not declared or _may_be_on_day(item, declared[0])):
            return item
    feed = [item for item in published if item.raw.origin is Origin.FEED]
    for item in feed:
        if not days or _may_be_on_day(item, days[0]):
            return item
    return next(iter([*days, *feed, *published]), None)


def _earliest_update(candidates: Sequence[_Candidate]) -> _Candidate | None:
    """Stand in for a missing publication date: the earliest update is the nearest to it."""
    return min(_of_field(candidates, UPDATED), key=lambda item: item.at, default=None)


def _may_be_on_day(item: _Candidate, day: _Candidate) -> bool:
    """Whether an instant may fall on a day, in any time zone."""
    return -_DAY <= item.at - day.at <= 2 * _DAY


def _choose_declared(exact: list[_Candidate], candidates: Sequence[_Candidate]) -> _Candidate:
    """Choose among exact declared publication dates, preferring those with a zone.

    A first one that equals an update is set anew at every edit, so the earliest one counts.
    """
    zoned = [item for item in exact if item.parsed and item.parsed.zone] or exact
    first = zoned[0]
    updates = _of_field(candidates, UPDATED)
    is_update = any(abs(item.at - first.at) <= SAME for item in updates)
    return min(zoned, key=lambda item: item.at) if is_update else first


def _choose_updated(
    candidates: Sequence[_Candidate], published: _Candidate | None
) -> _Candidate | None:
    updates = _of_field(candidates, UPDATED)
    declared = [item for item in updates if item.raw.origin in _DECLARED]
    tiers = (
        [item for item in declared if item.is_exact],
        [item for item in updates if item.is_exact],
        updates,
    )
    best = next((max(tier, key=lambda item: item.at) for tier in tiers if tier), None)
    if best is None or published is None:
        return best
    if published.is_exact and best.is_exact:
        is_later = best.at - published.at > SAME
    else:
        is_later = best.at - published.at >= _DAY
    return best if is_later or _is_confirmed(best, declared) else None


def _is_confirmed(best: _Candidate, declared: Sequence[_Candidate]) -> bool:
    """Whether another kind of metadata states the same update."""
    return any(
        item.raw.origin != best.raw.origin and item.is_exact and abs(item.at - best.at) <= SAME
        for item in declared
    )


# ── reporting ────────────────────────────────────────────────────────────────────────────


def _report(candidate: _Candidate, chosen: set[int], published: _Candidate | None) -> DateCandidate:
    return DateCandidate(
        field=candidate.raw.field,
        origin=candidate.raw.origin,
        raw=candidate.raw.raw[:200],
        dated=candidate.dated,
        verdict="chosen" if id(candidate) in chosen else _rejection(candidate, published),
    )


def _rejection(candidate: _Candidate, published: _Candidate | None) -> str:
    if candidate.refusal:
        return candidate.refusal
    if candidate.raw.field == UPDATED and published is not None:
        gap = candidate.at - published.at
        if gap < -SAME:
            return "lies before the publication"
        if gap <= SAME:
            return "is the publication"
    return "another source is stronger"
