"""From a feed to an alert in somebody's inbox, and nothing twice."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from journeys.world import SECRET, World
from monitor.store.archive import SqliteArchive


async def test_a_story_is_stored_matched_and_told_once_a_channel(world: World) -> None:
    world.site.publish(world.story("strike"))
    await world.poll()
    [article] = world.rows("SELECT * FROM articles")
    assert article["title"].startswith("Trucks wait for hours")
    assert article["text"].endswith("the season had only just started.")
    assert [row["topic"] for row in world.rows("SELECT DISTINCT topic FROM matches")] == ["border"]
    assert len(world.inbox.mails) == 1
    assert len(world.hook.posts) == 1
    post = world.hook.posts[0]
    assert Webhook(SECRET).verify(post.body.decode(), post.headers)
    assert post.json["type"] == "article.matched"


async def test_a_second_pass_asks_conditionally_and_tells_nothing(world: World) -> None:
    world.site.publish(world.story("strike"))
    await world.poll()
    world.site.visits.clear()
    await world.poll()
    assert {visit.status for visit in world.site.visits if "robots" not in visit.path} == {304}
    assert len(world.hook.posts) == 1
    assert len(world.rows("SELECT * FROM revisions")) == 1


async def test_twenty_feeds_of_twenty_entries_each_arrive_once(world: World) -> None:
    world.feeds = tuple(f"feed{n}" for n in range(20))
    for feed in world.feeds:
        for n in range(20):
            world.site.publish(world.story(f"{feed}-story-{n}"), feed)
    await world.poll()
    assert world.rows("SELECT count(*) AS n FROM articles")[0]["n"] == 400
    assert len(world.hook.posts) == 400
    assert len({post.headers["webhook-id"] for post in world.hook.posts}) == 400
    assert len({mail.message["Message-ID"] for mail in world.inbox.mails}) == 400
    world.site.visits.clear()
    await world.poll()
    polls = [visit for visit in world.site.visits if visit.path.startswith("/feeds")]
    assert [visit.status for visit in polls] == [304] * 20
    assert len(world.hook.posts) == 400


async def test_an_edit_with_its_stamp_is_revision_two_and_one_update(world: World) -> None:
    story = world.story("strike")
    world.site.publish(story)
    await world.poll()
    world.now += timedelta(minutes=20)
    more = "The governor said that 4,500 trucks had been turned away at the border since Sunday."
    world.site.edit(
        "strike", paragraphs=(*story.paragraphs, more), updated=world.now - timedelta(minutes=1)
    )
    await world.poll()
    [article] = world.rows("SELECT * FROM articles")
    assert article["revision"] == 2
    revision = world.rows("SELECT * FROM revisions WHERE number = 2")[0]
    assert (revision["change"], revision["stealth"]) == ("material", 0)
    assert [post.json["type"] for post in world.hook.posts] == [
        "article.matched",
        "article.updated",
    ]
    first, second = world.inbox.mails
    assert second.message["In-Reply-To"] == first.message["Message-ID"]
    assert more in world.hook.posts[1].json["data"]["change"]["added"]


@pytest.mark.parametrize("what", ["updated", "related"])
async def test_a_moved_stamp_or_other_related_links_are_no_revision(
    world: World, what: str
) -> None:
    world.site.publish(world.story("strike"))
    await world.poll()
    world.now += timedelta(minutes=20)
    changes = {"updated": world.now, "related": ("Saguaro blooms early", "School board meets")}
    world.site.edit("strike", **{what: changes[what]})
    await world.poll()
    assert len(world.rows("SELECT * FROM revisions")) == 1
    assert len(world.hook.posts) == 1


async def test_two_feeds_and_two_addresses_are_one_article(world: World) -> None:
    world.feeds = ("news", "business")
    world.site.publish(world.story("strike"))
    world.site.feeds["business"] = ["strike"]
    await world.poll()
    assert len(world.rows("SELECT * FROM articles")) == 1
    assert len(world.hook.posts) == 1


async def test_stamps_of_a_public_radio_page_are_read_in_the_sources_zone(world: World) -> None:
    world.site.publish(
        world.story(
            "hearing",
            published=datetime(2019, 9, 11, 14, 45, tzinfo=UTC),
            updated=datetime(2019, 9, 11, 14, 51, tzinfo=UTC),
        )
    )
    await world.poll()
    [article] = world.rows("SELECT * FROM articles")
    assert article["published_at"] == "2019-09-11T14:45:00Z"
    assert article["updated_at"] == "2019-09-11T14:51:00Z"
    assert "More Stories" not in article["text"]
    assert world.hook.posts == []  # too old for the first sight of its source


async def test_a_page_that_is_not_there_still_gives_the_feeds_own_words(world: World) -> None:
    world.site.publish(world.story("strike"))
    world.site.hidden.add("strike")
    await world.poll()
    [article] = world.rows("SELECT * FROM articles")
    assert "404" in article["partial"]
    assert len(world.hook.posts) == 1
    world.site.hidden.clear()
    world.now += timedelta(minutes=10)
    await world.poll()
    [article] = world.rows("SELECT * FROM articles")
    assert article["partial"] is None
    assert article["text"].endswith("the season had only just started.")
    assert len(world.hook.posts) == 1


async def test_a_webhook_that_fails_is_served_later_under_the_same_id(world: World) -> None:
    world.site.publish(world.story("strike"))
    world.hook.answer(500)
    backlog = await world.poll()
    assert backlog.deliveries_waiting == 1
    world.now += timedelta(minutes=10)
    await world.poll()
    ids = [post.headers["webhook-id"] for post in world.hook.posts]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert [row["state"] for row in world.rows("SELECT state FROM deliveries")] == ["sent", "sent"]


async def test_a_storm_arrives_as_some_messages_and_one_digest_that_names_the_rest(
    world: World,
) -> None:
    world.max_per_hour = 5
    for n in range(60):
        world.site.publish(world.story(f"story-{n}"))
    await world.poll()
    kinds = [post.json["type"] for post in world.hook.posts]
    assert kinds == ["article.matched"] * 5 + ["digest"]
    singles = [post.json["data"] for post in world.hook.posts[:5]]
    rest = world.hook.posts[-1].json["data"]["items"]
    assert len({data["article"]["id"] for data in (*singles, *rest)}) == 60


async def test_the_raw_page_of_a_revision_is_kept_when_the_user_wants_it(world: World) -> None:
    world.archive = True
    story = world.story("strike")
    world.site.publish(story)
    await world.poll()
    with SqliteArchive(world.folder / "news.db") as archive:
        page = archive.raw_page(1, 1)
        assert page == world.site.page(story).encode()
        assert hashlib.sha256(page).hexdigest() == archive.revisions(1)[0]["body_sha256"]
        assert archive.raw_page(1, 2) is None
