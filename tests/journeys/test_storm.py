"""A source known for long lists 1,600 matching entries at once."""

from datetime import timedelta

from journeys.world import World
from monitor.settings import Topic

MANY = 1_600
LIMIT = 20
PARTS = 8  # of the digest that tells the rest, 200 articles each


async def test_a_storm_of_entries_is_told_whole_in_a_few_messages(world: World) -> None:
    world.topics = (Topic(name="border", query="border"),)
    world.fetch_articles = False
    world.max_per_hour = LIMIT
    world.site.publish(world.story("calm", title="A calm day", paragraphs=("Nothing happened.",)))
    await world.poll()
    world.now += timedelta(days=30)
    for n in range(MANY):
        world.site.publish(
            world.story(
                f"storm-{n}",
                title=f"Border report {n:04}",
                paragraphs=(f"Report {n:04} of the border tells of {n} trucks.",),
            )
        )
    async with world.running() as service:
        await world.settle(service)
        told_at_once = len(world.hook.posts)
        world.now += timedelta(minutes=5)
        await world.settle(service)
    stored = world.rows("SELECT count(DISTINCT article_id) AS n FROM matches")
    assert stored[0]["n"] == MANY
    assert told_at_once == LIMIT
    assert len(world.hook.posts) == LIMIT + PARTS
    assert len(world.inbox.mails) == LIMIT + PARTS
    wanted = {f"Border report {n:04}" for n in range(MANY)}
    assert hooked(world) == sorted(wanted)
    mail = mailed(world)
    assert {title for title in wanted if title not in mail} == set()
    owed = world.rows("SELECT state, count(*) AS n FROM deliveries GROUP BY state")
    assert [(row["state"], row["n"]) for row in owed] == [("sent", 2 * (LIMIT + PARTS))]
    told = world.rows("SELECT DISTINCT alert_id FROM delivery_alerts")
    assert len(told) == MANY


def hooked(world: World) -> list[str]:
    """Every title that the receiver was told, as often as it was."""
    titles = []
    for post in world.hook.posts:
        assert len(post.body) < 1_000_000
        data = post.json["data"]
        titles += [item["article"]["title"] for item in data.get("items", [data])]
        assert "omitted" not in data
    return sorted(titles)


def mailed(world: World) -> str:
    """The words of every mail, without the stars around what matched."""
    return " ".join("\n".join(mail.text for mail in world.inbox.mails).replace("*", "").split())


async def test_a_digest_that_a_receiver_finds_too_large_is_posted_in_halves(world: World) -> None:
    world.topics = (Topic(name="border", query="border"),)
    world.fetch_articles = False
    world.max_per_hour = 1
    world.site.publish(world.story("calm", title="A calm day", paragraphs=("Nothing happened.",)))
    await world.poll()
    world.now += timedelta(days=30)
    for n in range(9):
        world.site.publish(world.story(f"storm-{n}", title=f"Border report {n:04}"))
    async with world.running() as service:
        await world.settle(service)
        world.hook.answer(413)
        world.now += timedelta(minutes=5)
        await world.settle(service)
    _, refused, *halves = world.hook.posts
    assert len(refused.json["data"]["items"]) == 8
    assert [(len(p.json["data"]["items"]), p.json["data"]["part"]) for p in halves] == [
        (4, "1/2"),
        (4, "2/2"),
    ]
    assert len({p.headers["webhook-id"] for p in halves}) == 2
