"""The floor: aiohttp asks and reads, and nothing else."""

import asyncio
from collections.abc import Iterator, Sequence

import aiohttp
from contender import perform

TASKS = 64


class Bare:
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._etags: dict[str, str] = {}

    async def poll(self, urls: Sequence[str]) -> None:
        waiting = iter(urls)
        async with asyncio.TaskGroup() as group:
            for _ in range(TASKS):
                group.create_task(self._some(waiting))

    async def _some(self, waiting: Iterator[str]) -> None:
        for url in waiting:
            etag = self._etags.pop(url, None)
            headers = {"If-None-Match": etag} if etag else {}
            async with self._session.get(url, headers=headers) as response:
                await response.read()
                if "ETag" in response.headers:
                    self._etags[url] = response.headers["ETag"]


async def main() -> None:
    async with aiohttp.ClientSession() as session:
        await perform(Bare(session).poll)


if __name__ == "__main__":
    asyncio.run(main())
