"""One file → Settings, or every fault in it at once."""

import difflib
import os
from pathlib import Path

from monitor.config import shape
from monitor.config.include import included
from monitor.config.nodes import Document, Loc, read_nodes
from monitor.config.parts import Parts, Report, parts_of
from monitor.config.secrets import Secrets
from monitor.config.topics import builtin_topics
from monitor.core.rules import parse
from monitor.errors import ConfigError, MonitorError, RuleError
from monitor.model import Reason
from monitor.net.guard import Guard
from monitor.settings import (
    RETRY,
    ChannelSettings,
    EmailSettings,
    NetworkSettings,
    PollSettings,
    Settings,
    Smtp,
    Source,
    Tls,
    Topic,
    WebhookSettings,
)

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")


def load_settings(path: Path) -> Settings:
    """Raises ConfigError."""
    document = read_nodes(path)
    report = Report(document)
    if not isinstance(document.value, dict):
        what = "is empty" if document.value is None else "is no list of keys and values"
        raise ConfigError(
            [f"{path}:1:1: the configuration {what} ('news-monitor init' writes a starter)"]
        )
    settings = Reader(parts_of(document, report), document, report).settings()
    if report.faults or report.elsewhere:
        raise ConfigError(report.fault_lines())
    return settings


class Reader:
    """Turns the checked shape into Settings; what only whole files can show is checked here."""

    def __init__(self, config: Parts, document: Document, report: Report) -> None:
        self._config = config
        self._folder = document.path.parent
        self._document = document
        self._report = report
        self._secrets = Secrets(self._folder, report.fault)
        self._guard = Guard(config.network.allow_private)

    def settings(self) -> Settings:
        config = self._config
        channels = tuple(self._channel(loc, item) for loc, item in config.channels)
        self._unique("channels")
        topics = self._topics({name for _, name in self._names("channels")})
        sources = self._sources()
        if not sources:
            self._report.warn(("sources",), "no source is configured: nothing will be watched")
        return Settings(
            path=self._document.path,
            database=self._folder / config.database,
            timezone=config.timezone or _machine_zone(),
            poll=PollSettings(
                every=config.poll.every,
                min=config.poll.min,
                max=config.poll.max,
                first_alert_age=config.poll.first_alert_age,
            ),
            network=NetworkSettings(
                **{
                    **config.network.model_dump(),
                    "allow_private": tuple(config.network.allow_private),
                }
            ),
            sources=sources,
            topics=topics,
            channels=channels,
            warnings=self._report.warning_lines(),
        )

    def _unique(self, section: str) -> None:
        """Of the items with another fault too."""
        first: dict[str, int] = {}
        for i, name in self._names(section):
            if name in first:
                line = self._document.at((section, first[name], "name"))[0]
                self._report.fault(
                    (section, i, "name"),
                    f"the name '{name}' is taken (line {line}; give each its own)",
                )
            first.setdefault(name, i)

    def _names(self, section: str) -> list[tuple[int, str]]:
        raw = self._document.value.get(section)
        return [
            (i, str(item["name"]))
            for i, item in enumerate(raw if isinstance(raw, list) else ())
            if isinstance(item, dict) and "name" in item
        ]

    # sources

    def _sources(self) -> tuple[Source, ...]:
        found: list[Source] = []
        for loc, item in self._config.sources:
            if isinstance(item, shape.Include):
                found += self._included(loc, item.include)
            else:
                found.append(self._source(loc, item))
        self._unique("sources")
        return tuple(_numbered(found))

    def _included(self, loc: Loc, name: str) -> list[Source]:
        try:
            items = included(self._folder, name)
        except ConfigError as error:
            self._report.elsewhere += error.faults
            return []
        except MonitorError as error:
            self._report.fault((*loc, "include"), str(error))
            return []
        return [self._source(loc, item) for item in items]

    def _source(self, loc: Loc, item: shape.Source) -> Source:
        self._warn_url((*loc, "url"), item.url)
        headers = tuple(item.headers.items())
        password = self._secrets.get(loc, item, "password")
        token = self._secrets.get(loc, item, "token")
        if item.username is not None:
            headers += (("Authorization", _basic(item.username, password or "")),)
        elif token:
            headers += (("Authorization", f"Bearer {token}"),)
        return Source(
            name=item.name,
            url=item.url,
            every=item.every or self._config.poll.every,
            timezone=item.timezone,
            language=item.language,
            fetch_articles=item.fetch_articles,
            enabled=item.enabled,
            headers=headers,
        )

    def _warn_url(self, loc: Loc, url: str, allow: tuple[str, ...] = ()) -> None:
        guard = Guard((*self._config.network.allow_private, *allow)) if allow else self._guard
        try:
            guard.check_url(url)
        except MonitorError as error:
            self._report.warn(loc, str(error))

    # topics

    def _topics(self, channels: set[str]) -> tuple[Topic, ...]:
        builtin = {topic.name: topic for topic in builtin_topics()}
        if self._config.topics is None:
            return tuple(builtin.values())
        self._unique("topics")
        return tuple(self._topic(loc, item, builtin, channels) for loc, item in self._config.topics)

    def _topic(
        self, loc: Loc, topic: shape.Topic, builtin: dict[str, Topic], channels: set[str]
    ) -> Topic:
        query = topic.match
        if query is None and topic.name in builtin:
            query = builtin[topic.name].query
        elif query is None:
            names = ", ".join(builtin)
            self._report.fault(loc, f"topic '{topic.name}' has no match (built in are: {names})")
        else:
            self._check_rule((*loc, "match"), query)
        for i, name in enumerate(topic.alert or ()):
            if name not in channels:
                near = difflib.get_close_matches(name, channels, n=1)
                hint = f"did you mean '{near[0]}'?" if near else "define it under channels:"
                self._report.fault((*loc, "alert", i), f"there is no channel '{name}' ({hint})")
        return Topic(
            name=topic.name,
            query=query or "",
            channels=None if topic.alert is None else tuple(topic.alert),
            on=frozenset(Reason(word) for word in topic.on),
        )

    def _check_rule(self, loc: Loc, query: str) -> None:
        try:
            rule = parse(query)
        except RuleError as error:
            line, column = self._inside(loc, error.line, error.column)
            hint = f" ({error.hint})" if error.hint else ""
            self._report.faults.append(((line, column), f"{error}{hint}"))
            return
        for warning in rule.warnings:
            self._report.warn(loc, str(warning))

    def _inside(self, loc: Loc, line: int, column: int) -> tuple[int, int]:
        """A place in a rule as a place in the file; a block's text begins on the next line."""
        at, left = self._document.at(loc)
        if loc in self._document.blocks:
            return at + line, self._document.key_marks[loc][1] + 1 + column
        return (at + line - 1, left + column) if line == 1 else (at + line - 1, column)

    # channels

    def _channel(self, loc: Loc, item: shape.Email | shape.Webhook) -> ChannelSettings:
        retry = RETRY if item.retry is None else tuple(item.retry)
        if isinstance(item, shape.Email):
            return EmailSettings(
                name=item.name,
                to=tuple(item.to),
                sender=item.sender,
                smtp=self._smtp((*loc, "smtp"), item.smtp),
                allow_private=tuple(item.allow_private),
                retry=retry,
                max_per_hour=item.max_per_hour,
            )
        self._warn_url((*loc, "url"), item.url, tuple(item.allow_private))
        return WebhookSettings(
            name=item.name,
            url=item.url,
            secrets=self._secrets.signing(loc, item),
            allow_private=tuple(item.allow_private),
            retry=retry,
            max_per_hour=item.max_per_hour,
        )

    def _smtp(self, loc: Loc, item: shape.Smtp) -> Smtp:
        if item.tls == "none" and item.host not in LOOPBACK_HOSTS:
            self._report.fault(
                (*loc, "tls"),
                f"mail to {item.host} would go in clear (write tls: starttls or tls: implicit)",
            )
        return Smtp(
            host=item.host,
            port=item.port,
            user=item.user,
            password=self._secrets.get(loc, item, "password"),
            tls=Tls(item.tls),
        )


def _basic(user: str, password: str) -> str:
    from base64 import b64encode

    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def _numbered(sources: list[Source]) -> list[Source]:
    """Included files may repeat a name; the later one gets a number."""
    from dataclasses import replace

    taken: set[str] = set()
    found = []
    for source in sources:
        name, n = source.name, 2
        while name in taken:
            name, n = f"{source.name} ({n})", n + 1
        taken.add(name)
        found.append(source if name == source.name else replace(source, name=name))
    return found


def _machine_zone() -> str:
    from tzlocal import get_localzone_name

    return os.environ.get("TZ") or get_localzone_name() or "UTC"
