"""A channel that cannot be reached is taken out of the configuration, and put back."""

from journeys.world import World


async def test_a_channel_that_leaves_is_given_up_and_one_that_returns_makes_up_for_it(
    world: World,
) -> None:
    world.hook.answer(500)
    world.site.publish(world.story("strike"))
    with_hook = world.settings()
    async with world.running() as service:
        await world.settle(service)
        assert [p.json["type"] for p in world.hook.posts] == ["article.matched"]
        world.channels = ("desk",)
        await service.apply(world.settings())
        left = await world.settle(service)
        assert (left.deliveries_due, left.deliveries_waiting, left.deliveries_dead) == (0, 0, 1)
        stats = await service.stats()
        assert stats.waited["send"].total_seconds() == 0
        assert "1 message that it had not sent" in world.inbox.mails[-1].text
        await service.apply(with_hook)
        await world.settle(service)
    first, again = world.hook.posts
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    [row] = world.rows("SELECT state, last_error FROM deliveries WHERE channel = 'hook'")
    assert (row["state"], row["last_error"]) == ("sent", None)
