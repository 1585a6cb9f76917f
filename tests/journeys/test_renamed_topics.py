"""A topic that gets another name keeps its history: matches, alerts, silences, what was told."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from journeys.daemon import command
from journeys.test_commands import lines
from journeys.test_daemon import configured
from journeys.test_silences import posted, publish_copy, silence
from journeys.world import World
from monitor.model import SilenceKind
from monitor.settings import Topic

OLD = Topic(name="tariff", query="border", spread=(3,))
NEW = replace(OLD, name="duties", renamed_from="tariff")


async def test_a_renamed_topic_goes_on_with_its_matches_alerts_and_silences(world: World) -> None:
    world.topics = (OLD,)
    await publish_copy(world, 0)
    await world.poll()
    silence(world, SilenceKind.TOPIC, "tariff", days=1)
    world.topics = (NEW,)
    await publish_copy(world, 1)
    await world.poll()
    assert {row["topic"] for row in world.rows("SELECT topic FROM matches")} == {"duties"}
    [alert] = world.rows("SELECT topic, key FROM alerts")
    assert tuple(alert) == ("duties", "1/1/duties/new")
    assert world.rows("SELECT value FROM silences")[0]["value"] == "duties"
    assert posted(world) == [("outlet0", ["new"])]
    await publish_copy(world, 2)
    await world.poll()
    silenced = world.rows("SELECT reason FROM alerts WHERE silence_id IS NOT NULL")
    assert [row["reason"] for row in silenced] == ["spread"]


async def test_a_renaming_that_comes_late_keeps_what_both_names_have(world: World) -> None:
    world.topics = (OLD,)
    world.site.publish(world.story("strike"))
    await world.poll()
    world.topics = (replace(NEW, renamed_from=None),)
    world.now += timedelta(minutes=20)
    world.site.publish(world.story("lanes"))
    await world.poll()
    world.topics = (NEW,)
    for _ in range(2):
        await world.poll()
    rows = world.rows("SELECT DISTINCT article_id, topic FROM matches ORDER BY article_id")
    assert [tuple(row) for row in rows] == [(1, "duties"), (2, "duties")]
    assert len(world.rows("SELECT * FROM alerts WHERE topic = 'duties'")) == 2
    assert len(posted(world)) == 2


async def test_ten_thousand_alerts_are_carried_over_in_slices(world: World) -> None:
    world.topics = (OLD,)
    world.site.publish(world.story("strike"))
    await world.poll()
    async with world.running() as service:
        ledger = service._store
        await ledger._writer.do(
            lambda conn: conn.executemany(
                "INSERT INTO alerts (key, topic, article_id, revision, reason, created_at)"
                " VALUES (?, 'tariff', 1, ?, 'updated', '2026-01-05T12:00:00Z')",
                [(f"1/{n}/tariff/updated", n) for n in range(2, 2_002)],
            )
        )
        await ledger.sync_topics((NEW,))
    rows = world.rows(
        "SELECT topic, count(*) AS n, count(DISTINCT key) AS k FROM alerts GROUP BY 1"
    )
    assert [tuple(row) for row in rows] == [("duties", 2_001, 2_001)]


@pytest.mark.parametrize(("rule", "warned"), [("border OR lanes", True), ("football", False)])
async def test_check_hints_at_a_topic_that_went_on_under_another_name(
    world: World, rule: str, warned: bool
) -> None:
    path = configured(world, "news")
    await lines("poll", config=path)
    text = path.read_text()
    assert "name: border" in text
    path.write_text(text.replace("name: border, match: border", f"name: frontier, match: {rule}"))
    assert ("renamed_from: border" in await checked(path)) is warned
    await lines("poll", config=path)
    assert ("renamed_from: border" in await checked(path)) is warned
    path.write_text(
        path.read_text().replace("name: frontier", "name: frontier, renamed_from: border")
    )
    assert "renamed_from" not in await checked(path)


async def checked(path: Path) -> str:
    code, out, err = await command("check", config=path)
    assert code == 0, out + err
    return out
