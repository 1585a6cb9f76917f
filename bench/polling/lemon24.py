"""The peer: lemon24's `reader`, from PyPI, in an environment of its own, with 8 workers."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from contender import perform
from reader import Reader, make_reader

WORKERS = 8


class Peer:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: set[str] = set()

    async def poll(self, urls: Sequence[str]) -> None:
        for url in self._known - set(urls):
            self._reader.disable_feed_updates(url)
        for url in set(urls) - self._known:
            self._reader.add_feed(url)
        self._known |= set(urls)
        self._reader.update_feeds(scheduled=False, workers=WORKERS)


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        await perform(Peer(make_reader(str(Path(name) / "peer.sqlite"))).poll)


if __name__ == "__main__":
    asyncio.run(main())
