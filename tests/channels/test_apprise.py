"""The library apprise as a channel, against real receivers. Without it there is nothing to test."""

import warnings
from collections.abc import AsyncIterator

import pytest
from notices import HEADLINE, notice
from sinks import FakeReceiver, receiver

from monitor.channels.apprise.channel import AppriseChannel
from monitor.channels.apprise.config import AppriseConfig
from monitor.errors import DeliveryError
from monitor.model import Message

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what a library of old uses is not ours to mend
    pytest.importorskip("apprise")

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
async def sinks() -> AsyncIterator[tuple[FakeReceiver, FakeReceiver]]:
    async with receiver() as one, receiver() as two:
        yield one, two


def channel(*sinks: FakeReceiver) -> AppriseChannel:
    urls = tuple(f"json://127.0.0.1:{sink.port}/t0ken" for sink in sinks)
    return AppriseChannel(AppriseConfig(type="apprise", name="chat", urls=urls), zone="UTC")


async def failure(chat: AppriseChannel, message: Message) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await chat.send(message)
    assert "t0ken" not in str(caught.value)
    assert not caught.value.permanent
    return caught.value


async def test_every_url_gets_the_subject_and_the_text_of_the_mail(
    sinks: tuple[FakeReceiver, FakeReceiver],
) -> None:
    await channel(*sinks).send(notice())
    for sink in sinks:
        (post,) = sink.posts
        assert post.json["title"] == f"[tariff] {HEADLINE}"
        assert "https://news.example/steel?a=1&b=2" in post.json["message"]


async def test_only_the_urls_that_failed_are_tried_again(
    sinks: tuple[FakeReceiver, FakeReceiver],
) -> None:
    one, two = sinks
    two.answer(500)
    error = await failure(channel(*sinks), notice())
    assert len(error.served) == 1
    assert str(error) == "apprise chat: not accepted by number 2 of its urls"
    await channel(*sinks).send(notice(served=frozenset(error.served)))
    assert (len(one.posts), len(two.posts)) == (1, 2)


async def test_a_url_that_the_library_does_not_know_is_a_failure_of_that_one(
    sinks: tuple[FakeReceiver, FakeReceiver],
) -> None:
    settings = AppriseConfig(type="apprise", name="chat", urls=("t0ken", "nosuch://t0ken"))
    error = await failure(AppriseChannel(settings, zone="UTC"), notice())
    assert error.served == ()
    assert str(error) == "apprise chat: not accepted by number 1, 2 of its urls"


async def test_a_url_that_was_added_after_the_others_were_served_gets_the_message(
    sinks: tuple[FakeReceiver, FakeReceiver],
) -> None:
    one, two = sinks
    two.answer(500)
    served = frozenset((await failure(channel(*sinks), notice())).served)
    await channel(one).send(notice(served=served))
    assert len(one.posts) == 1
    await channel(two, one).send(notice(served=served))
    assert (len(one.posts), len(two.posts)) == (1, 2)
