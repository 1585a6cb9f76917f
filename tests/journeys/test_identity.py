"""One story is one article, whatever a feed does with its ids and addresses."""

from dataclasses import replace
from datetime import timedelta

import pytest

from journeys.test_trouble import wire_copy
from journeys.world import World
from monitor.settings import Topic

OTHER = (
    "The school board in Rio Rico voted on Monday to build a second gymnasium near the border.",
    "Parents had asked for it since the old one was closed after last summer's heavy rains.",
    "Work is to begin in spring, the superintendent said, and should end before the next winter.",
)
THIRD = (
    "A museum of the border railway opens in Benson this weekend with forty restored carriages.",
    "Volunteers spent eleven years on the collection, which came from three closed depots.",
    "Admission is free on the first day, and a steam engine will run at noon, weather allowing.",
)


def told(world: World) -> list[tuple[str, str]]:
    return [(post.json["type"], post.json["data"]["article"]["title"]) for post in world.hook.posts]


def titles(world: World) -> list[str]:
    return [row["title"] for row in world.rows("SELECT title FROM articles ORDER BY id")]


async def replaced(world: World, gone: str, slug: str, **changes: object) -> None:
    """One more pass, after another story has taken the place of this one in the feed."""
    world.site.feeds["news"].remove(gone)
    world.site.publish(world.story(slug, **changes))
    world.now += timedelta(minutes=20)
    await world.poll()


async def test_a_reused_guid_names_another_story_also_when_its_page_fails(world: World) -> None:
    world.topics = (Topic(name="border", query="border"),)
    world.site.publish(world.story("one", title="Lanes close at the border", guid="latest-1"))
    await world.poll()
    await replaced(
        world, "one", "two", title="Board votes on gym", paragraphs=OTHER, guid="latest-1"
    )
    world.site.failing.add("three")
    await replaced(
        world, "two", "three", title="Railway museum opens", paragraphs=THIRD, guid="latest-1"
    )
    expected = ["Lanes close at the border", "Board votes on gym", "Railway museum opens"]
    assert told(world) == [("article.matched", title) for title in expected]
    world.site.failing.clear()
    world.now += timedelta(minutes=20)
    await world.poll()
    assert titles(world) == expected
    assert len(told(world)) == 3
    [third] = world.rows("SELECT text, partial FROM articles WHERE title LIKE 'Railway%'")
    assert ("eleven years" in third["text"], third["partial"]) == (True, None)


async def test_a_reused_guid_whose_page_is_not_there_retracts_no_other_story(world: World) -> None:
    world.topics = (Topic(name="border", query="border"),)
    world.site.publish(world.story("one", title="Lanes close at the border", guid="latest-1"))
    await world.poll()
    world.site.hidden.add("two")
    await replaced(world, "one", "two", title="Board votes", paragraphs=OTHER, guid="latest-1")
    assert titles(world) == ["Lanes close at the border", "Board votes"]
    assert [row["gone"] for row in world.rows("SELECT gone FROM articles ORDER BY id")] == [0, 0]


async def test_a_summary_whose_guid_was_reused_gets_its_page_all_the_same(world: World) -> None:
    world.site.failing.add("one")
    world.site.publish(world.story("one", title="Lanes close at the border", guid="latest-1"))
    await world.poll()
    world.site.failing.clear()
    await replaced(world, "one", "two", title="Board votes", paragraphs=OTHER, guid="latest-1")
    assert [row["partial"] for row in world.rows("SELECT partial FROM articles")] == [None, None]
    assert "perishable" in world.rows("SELECT text FROM articles WHERE id = 1")[0]["text"]


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/2026/11/24/nx-s1-5123456/lanes-close", "/2026/11/24/nx-s1-5123456/live-updates"),
        ("/news/lanes-close-12345678", "/news/live-updates-12345678"),
        ("/news/articles/c4g9xyz0bc1o", "/news/live/c4g9xyz0bc1o"),
    ],
)
async def test_a_new_slug_and_headline_beside_the_same_id_are_the_same_article(
    world: World, old: str, new: str, fails: bool
) -> None:
    world.topics = (Topic(name="border", query="border"),)
    world.site.publish(world.story("live", title="Lanes close", path=old))
    await world.poll()
    world.site.edit("live", title="Live updates from the border", paragraphs=OTHER, path=new)
    if fails:
        world.site.failing.add("live")
        await world.poll()
        world.site.failing.clear()
        world.now += timedelta(minutes=20)
    await world.poll()
    assert titles(world) == ["Live updates from the border"]
    assert [kind for kind, _ in told(world)] == ["article.matched", "article.updated"]


async def test_slots_of_a_feed_that_move_down_keep_every_story_apart(world: World) -> None:
    """`latest-1` is always the newest: each story changes its guid when another comes."""
    world.topics = (Topic(name="border", query="border"),)
    stories = {"one": world.story("one").paragraphs, "two": OTHER, "three": THIRD}
    for n, (slug, paragraphs) in enumerate(stories.items()):
        title = f"{slug.title()} of the border"
        world.site.publish(world.story(slug, title=title, paragraphs=paragraphs))
        for place, other in enumerate(world.site.feeds["news"]):
            world.site.edit(other, guid=f"latest-{place + 1}")
        (world.site.failing.add if n == 1 else world.site.failing.discard)(slug)
        world.now += timedelta(minutes=20)
        await world.poll()
    world.site.failing.clear()
    world.now += timedelta(minutes=20)
    await world.poll()
    assert sorted(titles(world)) == [
        "One of the border",
        "Three of the border",
        "Two of the border",
    ]
    assert [kind for kind, _ in told(world)] == ["article.matched"] * 3


async def moved_ids(world: World, *slugs: str, prefix: str = "new") -> None:
    """Every item under another guid and another address, in one poll."""
    for slug in slugs:
        world.site.edit(slug, guid=f"{prefix}-guid-{slug}", path=f"/{prefix}/{slug}")
    world.now += timedelta(minutes=20)
    await world.poll()


LONG = (
    "Drivers waited for up to nine hours on Monday after two cargo lanes at the Nogales border"
    " crossing closed, and brokers said that refrigerated loads were the first to be turned away.",
    "Officials said that the lanes would open again before the end of the week, and that perishable"
    " goods would be let through first, as soon as inspectors had come from other crossings.",
    "About 300 trucks stood in line at noon, according to a count by the customs brokers' office,"
    " which keeps a list of every carrier that has asked for another appointment this season.",
)


@pytest.mark.parametrize("days", [0, 10])
async def test_a_feed_that_changes_all_its_ids_tells_nothing_again(world: World, days: int) -> None:
    for n, text in enumerate((LONG, OTHER, THIRD)):
        world.site.publish(world.story(f"s{n}", title=f"Border story {n}", paragraphs=text))
    await world.poll()
    world.now += timedelta(days=days)
    before = len(world.hook.posts)
    await moved_ids(world, "s0", "s1", "s2")
    assert len(world.rows("SELECT * FROM articles")) == 3
    assert len(world.hook.posts) == before
    urls = world.rows("SELECT article_id, url FROM article_urls")
    assert len(urls) == 6
    assert len({(row["article_id"], row["url"].rpartition("/")[2]) for row in urls}) == 3


async def test_an_edit_under_new_ids_is_an_update_when_little_else_changed(world: World) -> None:
    more = (*LONG, *THIRD, "Forty trucks waited.")
    world.site.publish(world.story("s", title="Lanes close at the border", paragraphs=more))
    await world.poll()
    world.site.edit("s", paragraphs=(*more[:-1], "Ninety trucks waited."))
    await moved_ids(world, "s")
    assert len(world.rows("SELECT * FROM articles")) == 1
    [row] = world.rows("SELECT revision FROM articles")
    assert row["revision"] == 2


async def test_short_items_that_changed_their_ids_are_the_same_and_twins_are_two(
    world: World,
) -> None:
    """Two one-line items with one text, listed side by side, are two; so are those of two days."""
    world.fetch_articles = False
    line = ("Lane 3 at the border is closed.",)
    for slug in ("a", "b"):
        world.site.publish(world.story(slug, title="Lane closed", paragraphs=line))
    await world.poll()
    assert len(world.rows("SELECT * FROM articles")) == 2
    await moved_ids(world, "a", "b")
    assert len(world.rows("SELECT * FROM articles")) == 2
    world.site.feeds["news"] = []
    world.now += timedelta(days=1)
    world.site.publish(world.story("c", title="Lane closed", paragraphs=line))
    await world.poll()
    assert len(world.rows("SELECT * FROM articles")) == 3


async def test_a_column_keeps_its_title_and_is_an_article_a_day(world: World) -> None:
    for day, text in enumerate((LONG, OTHER, THIRD)):
        world.site.publish(
            world.story(f"c{day}", title="The border briefing at noon", paragraphs=text)
        )
        await world.poll()
        world.now += timedelta(days=1)
    assert titles(world) == ["The border briefing at noon"] * 3
    assert len(world.hook.posts) == 3


async def test_a_column_in_a_slot_of_its_own_is_an_article_a_day(world: World) -> None:
    for day, text in enumerate((LONG, (*OTHER, *THIRD), wire_copy(0))):
        world.site.feeds["news"] = []
        title = "The border briefing at noon"
        world.site.publish(world.story(f"c{day}", title=title, paragraphs=text, guid="briefing"))
        await world.poll()
        world.now += timedelta(days=1)
    assert titles(world) == ["The border briefing at noon"] * 3
    assert [kind for kind, _ in told(world)] == ["article.matched"] * 3


async def test_a_renamed_source_with_links_tells_nothing_again(world: World) -> None:
    world.site.publish(world.story("strike"))
    world.site.feeds["newer"] = world.site.feeds["news"]
    await world.poll()
    world.feeds = ("newer",)
    await world.poll()
    assert len(world.hook.posts) == 1
    assert len(world.rows("SELECT * FROM articles")) == 1


@pytest.mark.parametrize("fetch", [False, True])
async def test_a_second_feed_that_lists_a_moved_and_renamed_story_tells_nothing_again(
    world: World, fetch: bool
) -> None:
    """Another headline and slug beside the same id, in a feed that had not listed it before."""
    world.fetch_articles, world.feeds = fetch, ("news", "local")
    world.topics = (Topic(name="border", query="border"),)
    world.site.feeds["local"] = []
    text = " ".join(world.story("lanes").paragraphs)
    story = world.story("lanes", path="/news/lanes-close-12345678", summary=text)
    world.site.publish(story)
    await world.poll()
    moved = replace(story, slug="wait", title="Trucks wait", path="/news/trucks-wait-12345678")
    world.site.feeds["news"] = []
    world.site.publish(moved, "local")
    world.now += timedelta(minutes=20)
    await world.poll()
    assert [title[:11] for title in titles(world)] == ["Trucks wait"]
    assert [kind for kind, _ in told(world)].count("article.matched") == 1


async def test_another_feeds_summary_of_a_page_that_fails_is_no_update(world: World) -> None:
    world.topics, world.feeds = (Topic(name="border", query="border"),), ("news", "local")
    world.site.feeds["local"] = []
    story = world.story("strike", summary="Trucks wait at the border, a first count says.")
    world.site.publish(story)
    world.site.failing |= {"strike", "strike-local"}
    await world.poll()
    elsewhere = "At the border, drivers wait and sleep."
    world.site.publish(
        replace(story, slug="strike-local", path="/story/strike", summary=elsewhere), "local"
    )
    await world.poll()
    assert [kind for kind, _ in told(world)] == ["article.matched"]
    assert len(world.rows("SELECT * FROM revisions")) == 1


async def test_a_page_that_redirects_to_another_story_does_not_take_its_text(world: World) -> None:
    world.topics = (Topic(name="border", query="border"),)
    world.site.publish(world.story("one", title="Lanes close at the border"))
    world.site.publish(world.story("two", title="Board votes on gym", paragraphs=OTHER))
    await world.poll()
    world.site.redirects["one"] = "two"
    for edit in ({"updated": world.now}, {}, {"summary": "The border lanes, again."}):
        world.site.edit("one", **edit)
        world.now += timedelta(minutes=20)
        await world.poll()
    assert sorted(titles(world)) == ["Board votes on gym", "Lanes close at the border"]
    assert [kind for kind, _ in told(world)] == ["article.matched"] * 2
    assert len(world.rows("SELECT * FROM revisions")) == 2
    assert world.rows("SELECT id FROM articles WHERE lease IS NOT NULL OR due_at IS NULL") == []
