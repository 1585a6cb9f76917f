"""A whole world on the loopback interface: a news site, an inbox, a webhook, the real service."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sinks import FakeInbox, FakeReceiver

from demo.newsroom import Newsroom, Story
from monitor.channels.email.config import EmailConfig, SmtpConfig, Tls
from monitor.channels.webhook.config import WebhookConfig
from monitor.contracts import Backlog, Outcome
from monitor.model import Reason
from monitor.service import Service, open_service
from monitor.settings import (
    RETRY,
    ChannelSettings,
    NetworkSettings,
    PollSettings,
    Settings,
    Source,
    Topic,
)

SECRET = "whsec_bmV3cy1tb25pdG9yLXRlc3Qtc2VjcmV0"
EVERYTHING = frozenset(Reason)
PHOENIX = "America/Phoenix"


@dataclass(slots=True)
class World:
    """What the journeys touch. Time is moved by hand."""

    folder: Path
    site: Newsroom
    inbox: FakeInbox
    hook: FakeReceiver
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    fetch_articles: bool = True
    max_per_hour: int = 0
    archive: bool = False
    operator: tuple[str, ...] | None = None
    retry: tuple[timedelta, ...] = RETRY
    outlets: dict[str, Newsroom] = field(default_factory=dict)  # further sites, a source each
    exits: AsyncExitStack = field(default_factory=AsyncExitStack)
    folder_now: Path = Path()  # of the database in use
    pace: dict[str, Any] = field(default_factory=dict)  # group, digest, quiet of the mail
    feeds: tuple[str, ...] = ("news",)
    channels: tuple[str, ...] = ("desk", "hook")  # those that are configured
    topics: tuple[Topic, ...] = (
        Topic(name="tariff", query='tariff OR "import duty"'),
        Topic(name="border", query="border"),
    )
    outcomes: list[Outcome] = field(default_factory=list)
    alarms: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder_now = self.folder

    def settings(self) -> Settings:
        return Settings(
            path=self.folder / "config.yaml",
            database=self.folder / "news.db",
            timezone="UTC",
            archive=self.archive,
            operator=self.operator,
            poll=PollSettings(),
            network=NetworkSettings(
                user_agent="news-monitor test",
                allow_private=("127.0.0.0/8",),
                host_delay=timedelta(0),
                timeout=timedelta(seconds=60),
            ),
            sources=(
                *(self._source(name, self.site.feed_url(name)) for name in self.feeds),
                *(self._source(name, site.feed_url()) for name, site in self.outlets.items()),
            ),
            topics=self.topics,
            channels=tuple(c for c in self._channels() if c.name in self.channels),
        )

    def _channels(self) -> tuple[ChannelSettings, ...]:
        return (
            EmailConfig(
                type="email",
                name="desk",
                to=("desk@example.org",),
                sender="monitor@example.org",
                max_per_hour=self.max_per_hour,
                smtp=SmtpConfig(host="127.0.0.1", port=self.inbox.port, tls=Tls.NONE),
                **self.pace,
            ),
            WebhookConfig(
                type="webhook",
                name="hook",
                url=self.hook.url,
                secret=(SECRET,),
                retry=self.retry,
                max_per_hour=self.max_per_hour,
            ),
        )

    async def outlet(self, name: str) -> Newsroom:
        """One more site, watched from the next pass on."""
        site = await self.exits.enter_async_context(Newsroom(zone=ZoneInfo(PHOENIX)).open())
        self.outlets[name] = site
        return site

    def _source(self, name: str, url: str) -> Source:
        return Source(
            name=name,
            url=url,
            every=timedelta(minutes=15),
            timezone=PHOENIX,
            fetch_articles=self.fetch_articles,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Service]:
        """The service at work, under this world's clock."""
        async with open_service(
            self.settings(),
            observe=self.outcomes.append,
            alarm=lambda desk, error: self.alarms.append(error),
            clock=lambda: self.now,
        ) as service:
            yield service
        assert self.alarms == []

    async def settle(self, service: Service) -> Backlog:
        """Asks for everything, and waits until nothing is due at this moment of the clock."""
        await service.make_due(None)
        return await service.drain(to_the_end=False)

    async def poll(self) -> Backlog:
        """One `poll --all`."""
        async with self.running() as service:
            await service.make_due(None)
            return await service.drain()

    def rows(self, sql: str, *values: object) -> Sequence[sqlite3.Row]:
        with closing(sqlite3.connect(self.folder_now / "news.db")) as conn:
            conn.row_factory = sqlite3.Row
            return conn.execute(sql, values).fetchall()

    def story(self, slug: str, **changes: object) -> Story:
        facts: dict[str, object] = {
            "slug": slug,
            "title": f"Trucks wait for hours at the border as {slug} begins",
            "paragraphs": (
                f"Drivers waited for hours at the border on Monday, as the {slug} began.",
                "Officials said that the lanes would open again before the end of the week, and"
                " that perishable goods would be let through first.",
                "A warehouse owner in Nogales said that she had hired two more people to keep up"
                " with the paperwork, and that the season had only just started.",
            ),
            "published": self.now - timedelta(minutes=10),
        }
        return Story(**(facts | changes))  # type: ignore[arg-type]
