"""A sink that is down for twenty hours, and comes back."""

from collections import Counter
from datetime import timedelta

from aiohttp import web

from journeys.world import World
from monitor.settings import RETRY, Topic

ALERTS = 40
OUTAGE = timedelta(hours=20)
STEP = timedelta(minutes=10)  # of the clock; a message is sent in the step it falls due


async def down(request: web.Request) -> web.Response:
    return web.Response(status=502)


async def test_after_an_outage_everything_arrives_in_bounded_attempts_and_no_herd(
    world: World,
) -> None:
    world.topics = (Topic(name="border", query="border"),)
    world.fetch_articles = False
    for n in range(ALERTS):
        world.site.publish(world.story(f"s{n}", title=f"Border {n}", paragraphs=(f"Border {n}.",)))
    began = world.now
    posts_by_step: list[int] = []
    async with world.running() as service:
        await service.make_due(None)
        while len(sent(world)) < ALERTS:
            elapsed = world.now - began
            world.hook.answers[:] = [down] * 1_000 if elapsed < OUTAGE else []
            before = len(world.hook.posts)
            await service.drain(to_the_end=False)
            posts_by_step.append(len(world.hook.posts) - before)
            assert elapsed < sum(RETRY, timedelta()), "a message was given up"
            world.now += STEP
    attempts = Counter(post.headers["webhook-id"] for post in world.hook.posts)
    assert len(attempts) == ALERTS
    assert len(set(sent(world))) == ALERTS
    # The waits of the schedule up to the one that passes the end of the outage, and no more.
    assert max(attempts.values()) <= 8
    # Jitter of a fifth either way spreads what failed together: the last wait alone over hours.
    after = posts_by_step[int(OUTAGE / STEP) :]
    assert sum(after) == ALERTS
    assert max(after) <= ALERTS // 4
    assert [mail for mail in world.inbox.mails if "channel" in str(mail.message["Subject"])] == []


def sent(world: World) -> list[str]:
    rows = world.rows("SELECT message_id FROM deliveries WHERE channel = 'hook' AND state = 'sent'")
    return [row["message_id"] for row in rows]
