"""Stamps → published and updated, each with its origin, and what became of every candidate.

The rule that measured best on news pages: published is the earliest declared instant, updated the
latest declared one, and only if it is more than a minute later. Visible text is asked where
nothing is declared, then stamps that tell only the day, then the feed, the address, and the
server's Last-Modified.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from monitor.core.declared import Stamp
from monitor.core.stamps import Moment, moment, zone_named
from monitor.model import DateCandidate, Dated, Origin

PUBLISHED, UPDATED = "published", "updated"
TOLERANCE = timedelta(hours=1)  # clocks of sites run ahead
SAME = timedelta(seconds=60)  # published and updated this close are one
_FARTHEST_ZONE = timedelta(hours=14)
_QUARTER = timedelta(minutes=15)
_DECLARED = frozenset({Origin.JSON_LD, Origin.META})
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
    moment: Moment | None = None
    dated: Dated | None = None
    refusal: str = ""


def dates_of(
    stamps: Iterable[Stamp], *, zone: str, month_first: bool, now: datetime | None
) -> Dates:
    """Chooses among the stamps of a page, the stronger origin first in each field's list.

    `zone` is the IANA zone of stamps that name none, `now` when the page was fetched: what lies
    after it is refused (None: no such check).
    """
    read = _aligned([_read(stamp, month_first) for stamp in stamps], zone_named(zone))
    read = [_checked(one, now) for one in read]
    published = _chosen(read, PUBLISHED)
    updated = _updated(read, published)
    winners = {id(one) for one in (published, updated) if one is not None}
    return Dates(
        published=published.dated if published else None,
        updated=updated.dated if updated else None,
        candidates=tuple(_told(one, winners, published) for one in read[:_MOST_SHOWN]),
    )


# ── reading ──────────────────────────────────────────────────────────────────────────────


def _read(stamp: Stamp, month_first: bool) -> _Read:
    found = moment(stamp.raw, month_first=month_first)
    refusal = "" if found else "no date could be read"
    return _Read(stamp=stamp, moment=found, refusal=refusal)


def _aligned(read: list[_Read], zone: tzinfo) -> list[_Read]:
    """Instants: a stamp without a zone takes the setting's, else that of its siblings."""
    sibling = _sibling_zone(read)
    usual = sibling if zone is UTC or str(zone) == "UTC" else zone
    return [_dated(_relabelled(one, read), usual or zone) for one in read]


def _sibling_zone(read: list[_Read]) -> tzinfo | None:
    """The offset that another stamp of the page states."""
    zones = (one.moment.zone for one in read if one.moment and one.stamp.origin in _DECLARED)
    return next((zone for zone in zones if zone is not None and zone is not UTC), None)


def _relabelled(one: _Read, read: list[_Read]) -> _Read:
    """With the offset of a sibling that shows the same wall time: local time is often sent as Z."""
    said = one.moment
    if said is None or said.clock is None or not _is_utc(said.zone):
        return one
    for other in read:
        twin = other.moment
        if twin and twin.zone and not _is_utc(twin.zone) and _same_wall(said, twin):
            return replace(one, moment=replace(said, zone=twin.zone))
    return one


def _is_utc(zone: tzinfo | None) -> bool:
    return zone is None or zone is UTC or zone == UTC


def _same_wall(one: Moment, other: Moment) -> bool:
    if one.day != other.day or one.clock is None or other.clock is None:
        return False
    return one.clock.replace(microsecond=0) == other.clock.replace(microsecond=0)


def _dated(one: _Read, zone: tzinfo) -> _Read:
    if one.moment is None:
        return one
    try:
        at = one.moment.at(zone)
    except (OverflowError, ValueError):
        return replace(one, refusal="no date could be read")
    day = one.moment.day if one.moment.clock is None else None
    return replace(one, dated=Dated(at=at, origin=one.stamp.origin, day=day))


def _checked(one: _Read, now: datetime | None) -> _Read:
    if one.dated is None or now is None:
        return one
    slack = TOLERANCE if one.dated.exact else _FARTHEST_ZONE
    if one.dated.at > now + slack:
        return replace(one, dated=None, refusal="lies in the future")
    return one


# ── choosing ─────────────────────────────────────────────────────────────────────────────


def _chosen(read: Sequence[_Read], field: str) -> _Read | None:
    mine = [one for one in read if one.dated and one.stamp.field == field]
    exact = [one for one in mine if one.dated and one.dated.exact]
    declared = [one for one in exact if one.stamp.origin in _DECLARED]
    if declared:
        return min(declared, key=_at) if field == PUBLISHED else max(declared, key=_at)
    return next(iter(exact or mine), None)


def _at(one: _Read) -> datetime:
    assert one.dated is not None
    return one.dated.at


def _updated(read: Sequence[_Read], published: _Read | None) -> _Read | None:
    updated = _chosen(read, UPDATED)
    if updated is None or published is None or published.dated is None:
        return updated
    if not published.dated.exact:
        return updated if _at(updated) >= published.dated.at else None
    return updated if _at(updated) - published.dated.at > SAME else None


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
    if one.stamp.field == UPDATED and published and published.dated and one.dated:
        gap = one.dated.at - published.dated.at
        if gap < -SAME:
            return "lies before the publication"
        if gap <= SAME:
            return "is the publication"
    return "another source is stronger"
