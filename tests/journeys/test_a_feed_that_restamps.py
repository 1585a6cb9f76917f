"""A feed that gives all of its items a new stamp at every poll."""

from datetime import timedelta

from journeys.world import World


def publish(world: World, count: int) -> None:
    for n in range(count):
        text = (f"The school board of district {n} met on Monday and chose its new chair.",)
        story = world.story(f"story-{n}", title=f"School board number {n} meets", paragraphs=text)
        world.site.publish(story)
        world.site.raw[story.slug] = world.site.page(story)  # the page keeps its stamp


async def restamped(world: World) -> list[int]:
    """One more pass, after every item got another stamp: the answers to visits of pages."""
    world.now += timedelta(minutes=20)
    for slug in world.site.stories:
        world.site.edit(slug, published=world.now)
    world.site.visits.clear()
    await world.poll()
    return [visit.status for visit in world.site.visits if "/story/" in visit.path]


async def test_its_pages_are_asked_for_conditionally_and_soon_not_at_all(world: World) -> None:
    publish(world, 30)
    await world.poll()
    assert [await restamped(world) for _ in range(3)] == [[304] * 30, [], []]


async def test_a_story_it_adds_is_told_and_an_edit_is_found(world: World) -> None:
    publish(world, 5)
    await world.poll()
    for _ in range(3):
        await restamped(world)
    world.site.publish(world.story("strike"))
    await restamped(world)
    assert [post.json["type"] for post in world.hook.posts] == ["article.matched"]
    world.site.edit("strike", title="Trucks turn back at the border as the strike goes on")
    await restamped(world)
    assert [post.json["type"] for post in world.hook.posts[1:]] == ["article.updated"]
