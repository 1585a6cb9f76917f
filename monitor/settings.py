"""Settings: `config.yaml` as plain values, checked and with its defaults filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from typing import Protocol

from monitor.model import Level, Reason

RETRY = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
)  # the schedule the Standard Webhooks specification recommends: about three days


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A feed to watch."""

    name: str
    url: str
    every: timedelta
    timezone: str | None = None  # of written dates that name no zone
    language: str | None = None
    fetch_articles: bool = True
    enabled: bool = True
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # with Authorization


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A rule, and who receives its alerts."""

    name: str
    query: str
    channels: tuple[str, ...] | None = None  # None: every channel
    on: frozenset[Reason] = frozenset({Reason.NEW, Reason.UPDATED})
    spread: tuple[int, ...] = ()  # at so many sources a known story alerts again
    breaking: str | None = None  # a rule: what it finds as well is sent at once
    at_least: Level = Level.MENTION  # matches below this level are stored and alert nobody
    at_most: int = 6  # update messages a day of one article and channel; 0: no limit
    max_per_day: int | None = None  # `check` warns when a backtest finds more
    renamed_from: str | None = None  # the former name, whose history it continues


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Grouping as in Alertmanager: the first alert waits for others, then messages are spaced."""

    wait: timedelta = timedelta(seconds=30)
    interval: timedelta = timedelta(minutes=5)
    by: tuple[str, ...] = ("topic",)  # topic, source


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestTime:
    """When a digest is sent: every day, or on one day of the week (0 is Monday)."""

    at: time
    weekday: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours in which a channel sends nothing, in the local time of a zone; may cross midnight."""

    start: time
    end: time
    timezone: str | None = None  # None: the reader's
    exempt: frozenset[str] = frozenset()  # names of topics, or `breaking`


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a channel may send, and when."""

    max_per_hour: int = 100  # messages a topic; 0: no limit
    group: Group | None = None
    digest: DigestTime | None = None
    quiet: Quiet | None = None
    timezone: str = "UTC"  # of the digest, and of quiet hours that name none


class ChannelSettings(Protocol):
    """A configured channel, as far as the engine knows it; each kind has fields of its own."""

    @property
    def name(self) -> str:
        """Unique among the channels."""

    @property
    def type(self) -> str:
        """Its kind, as the configuration names it."""

    @property
    def retry(self) -> tuple[timedelta, ...]:
        """The wait after each failure; after the last one the delivery is dead."""

    def pace(self, timezone: str) -> Pace:
        """Return how fast it may send. `timezone`: the reader's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollSettings:
    """When sources are polled. `min` and `max` bound an adapting interval."""

    every: timedelta = timedelta(minutes=15)
    min: timedelta | None = None
    max: timedelta | None = None
    first_alert_age: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """Limits on requests, and how we present ourselves to sites."""

    user_agent: str
    allow_private: tuple[str, ...] = ()  # CIDRs
    timeout: timedelta = timedelta(seconds=20)
    max_body: int = 10_000_000  # bytes, decompressed
    host_connections: int = 2
    host_delay: timedelta = timedelta(seconds=5)
    robots: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """The address at which metrics and health are served."""

    host: str = "127.0.0.1"
    port: int = 8089

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """An address that is requested while all is well: its silence is the alarm."""

    url: str = field(repr=False)
    every: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long an article is retained from the day it was first seen. None: for ever."""

    unmatched: timedelta | None = timedelta(days=365)
    matched: timedelta | None = None


FileStamp = tuple[int, int, int] | None  # mtime (ns), size, inode; None: no regular file


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a configuration was read from: files in their state then, and what patterns matched."""

    files: tuple[tuple[Path, FileStamp], ...] = ()
    patterns: tuple[tuple[tuple[Path, str], tuple[Path, ...]], ...] = ()  # (beside, include:)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration."""

    path: Path
    database: Path
    timezone: str  # the reader's, an IANA name
    operator: tuple[str, ...] | None = None  # channels for reports of trouble; None: all
    archive: bool = False  # keep the raw page of each revision
    database_group: bool = False  # the file's group may read the database
    keep: Retention = Retention()
    listen: Listen | None = Listen()  # None: nothing is served
    heartbeat: Heartbeat | None = None
    poll: PollSettings
    network: NetworkSettings
    sources: tuple[Source, ...]
    topics: tuple[Topic, ...]
    channels: tuple[ChannelSettings, ...]
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # @name → its entries
    warnings: tuple[str, ...] = ()  # lines to show: file:line:column: message
    inputs: Inputs = Inputs()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The settings in the form that workers need; replaced as a whole on a reload."""

    settings: Settings
    sources: Mapping[str, Source]
    rules: tuple[tuple[str, str], ...]  # (topic, query)
    least: tuple[tuple[str, Level], ...]  # (topic, at_least), of topics that ask for more
    breaking: tuple[tuple[str, str], ...]  # likewise, of the topics that have such a rule
    channels: tuple[str, ...]
    paces: Mapping[str, Pace]  # by channel

    @property
    def operator(self) -> tuple[str, ...]:
        """Channels that receive reports of trouble; every channel by default."""
        named = self.settings.operator
        return self.channels if named is None else named

    @classmethod
    def of(cls, settings: Settings) -> "Plan":
        """Build the plan of these settings."""
        return cls(
            settings=settings,
            sources={source.name: source for source in settings.sources if source.enabled},
            rules=tuple((topic.name, topic.query) for topic in settings.topics),
            least=tuple(
                (topic.name, topic.at_least)
                for topic in settings.topics
                if topic.at_least is not Level.MENTION
            ),
            breaking=tuple((t.name, t.breaking) for t in settings.topics if t.breaking),
            channels=tuple(channel.name for channel in settings.channels),
            paces={channel.name: channel.pace(settings.timezone) for channel in settings.channels},
        )
