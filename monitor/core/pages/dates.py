"""Stamps → published and updated, each with its origin, and what became of every candidate.

The rule that measured best on news pages:

published  the declared instant (JSON-LD before meta; but of a JSON-LD stamp that moves along with
           the modification, the earliest declared one), else one in a time tag or in visible text,
           else a day, else the feed's, the address's, the server's Last-Modified
updated    the latest declared instant, else the latest in the page, if it is more than a minute
           after publication, or if two declarations independently state it
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from monitor.core.dates import ParsedDate, fold_accents, parse_date, parse_time_of_day, zone_or_utc
from monitor.core.pages.metadata import Stamp
from monitor.model import DateCandidate, Dated, Origin

PUBLISHED, UPDATED = "published", "updated"
TOLERANCE = timedelta(hours=1)  # clocks of sites run ahead
SAME = timedelta(seconds=60)  # two stamps this close are one
_DAY = timedelta(days=1)
_FARTHEST_ZONE = timedelta(hours=14)
_DECLARED = frozenset({Origin.JSON_LD, Origin.META})
_SHOWN = frozenset({Origin.TIME_TAG, Origin.VISIBLE})
_MOST_SHOWN = 40  # candidates


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """`candidates` tells for every stamp why it won or lost."""

    published: Dated | None = None
    updated: Dated | None = None
    candidates: tuple[DateCandidate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A stamp that could be read, or why not."""

    stamp: Stamp
    written: ParsedDate | None = None
    dated: Dated | None = None
    refusal: str = ""

    @property
    def at(self) -> datetime:
        assert self.dated is not None
        return self.dated.at

    @property
    def is_exact(self) -> bool:
        return self.dated is not None and self.dated.exact


def dates_of(
    stamps: Iterable[Stamp], *, zone: str, month_first: bool, now: datetime | None
) -> Dates:
    """Chooses among the stamps of a page; of one origin, the more telling stand first.

    `zone` is the IANA zone of stamps that name none, `now` when the page was fetched: what lies
    after it is refused (None: no such check).
    """
    read = [_read(stamp, month_first, now) for stamp in stamps]
    read = _aligned(_with_days(read, now), zone_or_utc(zone))
    read = [_checked(one, now) for one in read]
    published = _published(read) or _only_update(read)
    updated = _updated(read, published)
    winners = {id(one) for one in (published, updated) if one is not None}
    return Dates(
        published=published.dated if published else None,
        updated=updated.dated if updated else None,
        candidates=tuple(_told(one, winners, published) for one in read[:_MOST_SHOWN]),
    )


# ── reading ──────────────────────────────────────────────────────────────────────────────


def _read(stamp: Stamp, month_first: bool, now: datetime | None) -> _Read:
    found = parse_date(stamp.raw, month_first=month_first)
    if found and now and found.day > now.date() + _DAY:  # 12/03/2026 read in the wrong order
        other = parse_date(stamp.raw, month_first=not month_first)
        found = other if other and other.day <= now.date() else found
    return _Read(stamp=stamp, written=found, refusal="" if found else "no date could be read")


def _with_days(read: list[_Read], now: datetime | None) -> list[_Read]:
    """A visible clock ("Updated 3:15 p.m. ET") is of the day of publication, or of the next."""
    known = next(
        (one.written for one in read if one.written and one.stamp.field == PUBLISHED), None
    )
    day = known.day if known else now.date() if now else None
    if day is None:
        return read
    return [one if one.written else _on_day(one, day, known) for one in read]


def _on_day(one: _Read, day: date, known: ParsedDate | None) -> _Read:
    found = (
        parse_time_of_day(fold_accents(one.stamp.raw))
        if one.stamp.origin is Origin.VISIBLE
        else None
    )
    if found is None:
        return one
    clock, zone = found
    if known and known.wall_time and one.stamp.field == UPDATED and zone == known.zone:
        day += _DAY * (clock < known.wall_time)
    return replace(one, written=ParsedDate(day, clock, zone), refusal="")


def _aligned(read: list[_Read], setting: tzinfo) -> list[_Read]:
    """Instants: a stamp without a zone takes the setting's; without a setting, its siblings'."""
    zone = _sibling_zone(read) or UTC if _is_utc(setting) else setting
    return [_dated(_relabelled(one, read), zone) for one in read]


def _sibling_zone(read: list[_Read]) -> tzinfo | None:
    """The offset that another stamp of the page states."""
    zones = (one.written.zone for one in read if one.written and one.stamp.origin in _DECLARED)
    return next((zone for zone in zones if not _is_utc(zone)), None)


def _relabelled(one: _Read, read: list[_Read]) -> _Read:
    """With the offset of another stamp that shows the same wall time.

    Local time is often sent as UTC, and readers are shown "EST" in July for what is EDT.
    """
    if one.written is None or one.written.wall_time is None:
        return one
    for other in read:
        twin = other.written
        if twin and not _is_utc(twin.zone) and _is_same_wall(one, other):
            return replace(one, written=replace(one.written, zone=twin.zone))
    return one


def _is_same_wall(one: _Read, other: _Read) -> bool:
    """To the second; what readers are shown beside a declared stamp, to the minute."""
    mine, its = one.written, other.written
    if mine is None or its is None or mine.wall_time is None or its.wall_time is None:
        return False
    if mine.day != its.day:
        return False
    if _is_utc(mine.zone):
        return mine.wall_time.replace(microsecond=0) == its.wall_time.replace(microsecond=0)
    is_shown = one.stamp.origin is Origin.VISIBLE and other.stamp.origin in _DECLARED
    return is_shown and mine.wall_time == its.wall_time.replace(second=0, microsecond=0)


def _is_utc(zone: tzinfo | None) -> bool:
    """True for none, too."""
    return zone is None or zone is UTC or str(zone) in {"UTC", "UTC+00:00"}


def _dated(one: _Read, zone: tzinfo) -> _Read:
    if one.written is None:
        return one
    day = one.written.day if one.written.wall_time is None else None
    at = one.written.to_utc(zone).replace(microsecond=0)
    return replace(one, dated=Dated(at=at, origin=one.stamp.origin, day=day))


def _checked(one: _Read, now: datetime | None) -> _Read:
    if one.dated is None or now is None:
        return one
    slack = TOLERANCE if one.dated.exact else _FARTHEST_ZONE
    if one.dated.at > now + slack:
        return replace(one, dated=None, refusal="lies in the future")
    return one


# ── choosing ─────────────────────────────────────────────────────────────────────────────


def _published(read: Sequence[_Read]) -> _Read | None:
    mine = [one for one in read if one.dated and one.stamp.field == PUBLISHED]
    declared = [one for one in mine if one.stamp.origin in _DECLARED]
    if exact := [one for one in declared if one.is_exact]:
        return _declared_publication(exact, read)
    shown = [one for one in mine if one.stamp.origin in _SHOWN]
    days = [*declared, *(one for one in shown if not one.is_exact)]
    for one in shown:
        if one.is_exact and (not declared or _near(one, declared[0])):
            return one
    feed = [one for one in mine if one.stamp.origin is Origin.FEED]
    for one in feed:
        if not days or _near(one, days[0]):
            return one
    return next(iter([*days, *feed, *mine]), None)


def _only_update(read: Sequence[_Read]) -> _Read | None:
    """Where nothing tells of the publication, the earliest update is the nearest to it."""
    mine = [one for one in read if one.dated and one.stamp.field == UPDATED]
    return min(mine, key=lambda one: one.at, default=None)


def _near(one: _Read, day: _Read) -> bool:
    """Whether the instant may be of that day, in whatever zone."""
    return -_DAY <= one.at - day.at <= 2 * _DAY


def _declared_publication(exact: list[_Read], read: Sequence[_Read]) -> _Read:
    """Stamps with a zone before those without; see the rule above."""
    zoned = [one for one in exact if one.written and one.written.zone] or exact
    first = zoned[0]
    moves = any(
        one.dated and one.stamp.field == UPDATED and abs(one.at - first.at) <= SAME for one in read
    )
    return min(zoned, key=lambda one: one.at) if moves else first


def _updated(read: Sequence[_Read], published: _Read | None) -> _Read | None:
    mine = [one for one in read if one.dated and one.stamp.field == UPDATED]
    declared = [one for one in mine if one.stamp.origin in _DECLARED]
    pool = (
        [one for one in declared if one.is_exact],
        [one for one in mine if one.is_exact],
        mine,
    )
    best = next((max(some, key=lambda one: one.at) for some in pool if some), None)
    if best is None or published is None:
        return best
    if published.is_exact and best.is_exact:
        is_later = best.at - published.at > SAME
    else:
        is_later = best.at - published.at >= _DAY
    return best if is_later or _is_confirmed(best, declared) else None


def _is_confirmed(best: _Read, declared: Sequence[_Read]) -> bool:
    """Two declarations of different kinds state this modification."""
    return any(
        one.stamp.origin != best.stamp.origin and one.is_exact and abs(one.at - best.at) <= SAME
        for one in declared
    )


# ── telling ──────────────────────────────────────────────────────────────────────────────


def _told(one: _Read, winners: set[int], published: _Read | None) -> DateCandidate:
    return DateCandidate(
        field=one.stamp.field,
        origin=one.stamp.origin,
        raw=one.stamp.raw[:200],
        dated=one.dated,
        verdict="chosen" if id(one) in winners else _why_not(one, published),
    )


def _why_not(one: _Read, published: _Read | None) -> str:
    if one.refusal:
        return one.refusal
    if one.stamp.field == UPDATED and published is not None:
        gap = one.at - published.at
        if gap < -SAME:
            return "lies before the publication"
        if gap <= SAME:
            return "is the publication"
    return "another source is stronger"
