"""The project itself: the whole service on a database of its own, text from the feed."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from contender import perform

from monitor import logs
from monitor.contracts import Outcome
from monitor.service import Service, open_service
from monitor.settings import NetworkSettings, PollSettings, Settings, Source


class Ours:
    def __init__(self, folder: Path, service: Service) -> None:
        self._folder = folder
        self._service = service
        self._known: set[str] = set()

    async def poll(self, urls: Sequence[str]) -> None:
        if self._known >= set(urls):
            await self._service.make_due(None)
        else:
            self._known |= set(urls)
            await self._service.apply(settings(self._folder, sorted(self._known)))
        await self._service.drain()


def settings(folder: Path, urls: Sequence[str]) -> Settings:
    return Settings(
        path=folder / "config.yaml",
        database=folder / "news.db",
        timezone="UTC",
        poll=PollSettings(),
        network=NetworkSettings(user_agent="bench", allow_private=("127.0.0.0/8",)),
        sources=tuple(
            Source(name=url, url=url, every=timedelta(hours=1), fetch_articles=False)
            for url in urls
        ),
        topics=(),
        channels=(),
    )


def alarm(desk: str, error: Exception) -> None:
    sys.exit(f"{desk}: {error!r}")


def observe(outcome: Outcome) -> None:
    if outcome.error:
        sys.exit(outcome.error)
    if outcome.worker == "poll":
        logs.log_outcome(outcome)


async def main() -> None:
    logs.configure()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with open_service(settings(folder, ()), observe=observe, alarm=alarm) as service:
            await perform(Ours(folder, service).poll)


if __name__ == "__main__":
    with Path(os.devnull).open("w") as sys.stderr:  # a line a changed feed: written, not shown
        asyncio.run(main())
