"""The configuration as the steps change it, and the settings that it makes."""

from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from pathlib import Path

from model.naive import TopicRule
from model.stories import PLANTS
from model.world import FeedFile
from monitor.channels.config import GroupConfig, QuietConfig
from monitor.channels.email.config import EmailConfig
from monitor.channels.webhook.config import WebhookConfig
from monitor.model import Reason
from monitor.settings import (
    ChannelSettings,
    DigestTime,
    NetworkSettings,
    PollSettings,
    Settings,
    Source,
    Topic,
)

EVERY = timedelta(minutes=15)
RECIPIENTS = {
    "desk": ("ana@desk.example", "bo@desk.example", "cy@desk.example"),
    "hook": ("hook",),
    "paper": ("paper@desk.example",),
    "night": ("night", "shift"),
}
WANTED = (
    frozenset(Reason),
    frozenset({Reason.NEW, Reason.UPDATED}),
    frozenset({Reason.NEW, Reason.CORRECTION, Reason.HEADLINE, Reason.RETRACTED}),
    frozenset({Reason.UPDATED, Reason.NO_LONGER_MATCHES}),
)
CHOICES: tuple[tuple[str, ...] | None, ...] = (None, ("desk",), ("hook", "night"), ("paper",), ())


@dataclass(slots=True)
class Config:
    """What `config.yaml` says at the moment."""

    folder: Path
    sources: dict[str, FeedFile]
    topics: dict[str, TopicRule] = field(default_factory=dict)
    channels: list[str] = field(default_factory=lambda: list(RECIPIENTS))

    def __post_init__(self) -> None:
        for word in PLANTS:
            self.topics[word] = TopicRule(name=word, word=word, channels=None, on=WANTED[0])

    def rules(self) -> tuple[TopicRule, ...]:
        """The topics; a channel that is not configured is none that a topic may name."""
        return tuple(replace(one, channels=self._configured(one)) for one in self.topics.values())

    def settings(self) -> Settings:
        return Settings(
            path=self.folder / "config.yaml",
            database=self.folder / "news.db",
            timezone="UTC",
            poll=PollSettings(),
            network=NetworkSettings(
                user_agent="test", host_delay=timedelta(0), host_connections=50
            ),
            sources=tuple(
                Source(
                    name=name,
                    url=feed.url,
                    every=EVERY,
                    timezone="UTC",
                    language="en",
                    fetch_articles=feed.paged,
                )
                for name, feed in self.sources.items()
            ),
            topics=tuple(
                Topic(
                    name=one.name,
                    query=one.word,
                    channels=one.channels,
                    on=one.on,
                    spread=(2, 3) if one.spread else (),
                )
                for one in self.rules()
            ),
            channels=tuple(_channel(name) for name in self.channels),
        )

    def _configured(self, topic: TopicRule) -> tuple[str, ...] | None:
        if topic.channels is None:
            return None
        return tuple(name for name in topic.channels if name in self.channels)


def _channel(name: str) -> ChannelSettings:
    """`desk` sends at once, `hook` twice an hour, `paper` once a day, `night` not at night."""
    match name:
        case "desk":
            return EmailConfig(
                type="email",
                name=name,
                to=RECIPIENTS[name],
                sender="m@desk.example",
                max_per_hour=0,
            )
        case "hook":
            return WebhookConfig(
                type="webhook", name=name, url="https://hook.example/", max_per_hour=2
            )
        case "paper":
            digest = DigestTime(at=time(7))
            return EmailConfig(
                type="email", name=name, to=RECIPIENTS[name], sender="m@desk.example", digest=digest
            )
    return WebhookConfig(
        type="webhook",
        name=name,
        url="https://night.example/",
        max_per_hour=0,
        group=GroupConfig(),
        quiet=QuietConfig(start=time(22), end=time(6)),
    )
