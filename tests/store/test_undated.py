"""Undated articles of a new source collect in one message until the last of them is read."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.store import digest_parts
from store.watched import Watched, entry


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    async with Watched(tmp_path / "news.db").open() as opened:
        yield opened


async def read_slowly(watched: Watched, count: int) -> None:
    """Read one page every four minutes."""
    await watched.poll(*(replace(entry(f"story-{n}"), published=None) for n in range(count)))
    for _ in range(count):
        [visit] = await watched.take()
        await watched.settle(visit)
        watched.advance(minutes=4)


async def test_each_article_that_joins_postpones_the_message(watched: Watched) -> None:
    await read_slowly(watched, 5)
    assert await watched.store.take_deliveries("desk", 10) == []
    watched.advance(minutes=1)
    [delivery] = await watched.store.take_deliveries("desk", 10)
    assert len(delivery.message.items) == 5
    assert delivery.message.text.startswith("The source 'kjzz' listed these")


async def test_all_parts_of_a_large_message_are_sent_together_and_numbered(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest_parts, "MAX_ARTICLES", 2)
    monkeypatch.setattr("monitor.store.outbox.MAX_ARTICLES", 2)
    await read_slowly(watched, 5)
    assert await watched.store.take_deliveries("desk", 10) == []
    watched.advance(minutes=1)
    notices = [delivery.message for delivery in await watched.store.take_deliveries("desk", 10)]
    assert [len(message.items) for message in notices] == [2, 2, 1]
    assert [message.part for message in notices] == ["1/3", "2/3", "3/3"]
    assert len({message.text for message in notices}) == 1
    assert "no date" in notices[0].text
