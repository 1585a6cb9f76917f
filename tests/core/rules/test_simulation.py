from datetime import UTC, datetime, time, timedelta

from monitor.core.rules.simulation import (
    Sighting,
    count_per_day,
    first_sightings,
    simulate_messages,
)
from monitor.settings import DigestTime, Group, Pace

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def sightings(*minutes: int) -> list[Sighting]:
    return [
        Sighting(article_id=n, story_id=n, source="a", at=START + at * MINUTE)
        for n, at in enumerate(minutes)
    ]


def test_a_story_counts_once_when_it_is_first_seen() -> None:
    late = Sighting(article_id=3, story_id=1, source="b", at=START + MINUTE)
    first = Sighting(article_id=1, story_id=1, source="a", at=START)
    other = Sighting(article_id=2, story_id=2, source="a", at=START + 2 * MINUTE)
    assert first_sightings([late, other, first]) == [first, other]


def test_without_a_pace_every_story_is_a_message_at_once() -> None:
    assert simulate_messages(sightings(0, 5), Pace()) == [START, START + 5 * MINUTE]


def test_beyond_the_hourly_limit_stories_are_a_digest_every_five_minutes() -> None:
    sent = simulate_messages(sightings(0, 1, 2, 3, 8, 61), Pace(max_per_hour=2))
    assert [(at - START) // MINUTE for at in sent] == [0, 1, 7, 13, 61]


def test_a_group_collects_stories_that_are_close_in_time() -> None:
    group = Group(wait=MINUTE, interval=10 * MINUTE)
    sent = simulate_messages(sightings(0, 1, 5, 30), Pace(group=group))
    assert [(at - START) // MINUTE for at in sent] == [1, 11, 31]


def test_a_daily_digest_is_one_message_a_day() -> None:
    sent = simulate_messages(sightings(0, 5, 60 * 24), Pace(digest=DigestTime(at=time(8))))
    assert sent == [datetime(2026, 3, 3, 8, tzinfo=UTC), datetime(2026, 3, 4, 8, tzinfo=UTC)]


def test_days_are_in_the_readers_zone() -> None:
    instants = [datetime(2026, 3, 2, 6, tzinfo=UTC), datetime(2026, 3, 2, 8, tzinfo=UTC)]
    assert count_per_day(instants, "America/Phoenix") == {"2026-03-01": 1, "2026-03-02": 1}
