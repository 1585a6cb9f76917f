"""One file → Settings, or every fault in it at once."""

import difflib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from monitor.config import shape
from monitor.config.include import included
from monitor.config.nodes import Document, Loc, read_nodes
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
    config = _validated(document, report)
    settings = Reader(config, document, report).settings() if config else None
    if settings is None or report.faults:
        raise ConfigError(report.fault_lines())
    return settings


class Report:
    """Collects what is wrong, and what only looks so."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.faults = list(document.faults)
        self.elsewhere: list[str] = []  # ready lines about included files
        self.warnings: list[tuple[tuple[int, int], str]] = []

    def fault(self, loc: Loc, message: str, *, key: bool = False) -> None:
        self.faults.append((self._document.at(loc, key=key), message))

    def warn(self, loc: Loc, message: str) -> None:
        self.warnings.append((self._document.at(loc), message))

    def fault_lines(self) -> list[str]:
        lines = [self._document.line(*fault) for fault in sorted(set(self.faults))]
        return lines + self.elsewhere

    def warning_lines(self) -> tuple[str, ...]:
        return tuple(
            self._document.line(mark, f"warning: {message}")
            for mark, message in sorted(set(self.warnings))
        )


def _validated(document: Document, report: Report) -> shape.Config | None:
    try:
        return shape.Config.model_validate(document.value)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            loc = _plain(each["loc"], document.value)
            if loc is not None:
                _explain(loc, each, report)
        return None


def _plain(loc: Iterable[str | int], value: Any) -> Loc | None:
    """pydantic's location without the names of union members; None: another member's view."""
    found: list[str | int] = []
    parts = list(loc)
    for i, part in enumerate(parts):
        if part in ("Source", "Include"):
            is_include = isinstance(value, dict) and "include" in value
            if is_include != (part == "Include"):
                return None
            continue
        if part in ("Topic", "email", "webhook") and not _has(value, part):
            continue
        if part == "str" and isinstance(value, dict):
            return None
        found.append(part)
        if isinstance(value, dict):
            value = value.get(str(part))
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        elif i + 1 < len(parts):
            value = None
    return tuple(found)


def _has(value: Any, part: str | int) -> bool:
    return isinstance(value, dict) and part in value


def _explain(loc: Loc, error: Any, report: Report) -> None:
    kind, message = error["type"], str(error["msg"])
    name = loc[-1] if loc else ""
    if kind == "extra_forbidden":
        report.fault(loc, f"unknown key '{name}'{_nearest(loc)}", key=True)
    elif kind == "missing":
        report.fault(loc[:-1], f"'{name}' is missing")
    elif kind in ("union_tag_not_found", "union_tag_invalid"):
        report.fault(loc, "a channel needs a type (write type: email or type: webhook)")
    else:
        report.fault(loc, f"{name}: {message.removeprefix('Value error, ')}")


def _nearest(loc: Loc) -> str:
    """The key that was probably meant, among those that may stand there."""
    words = [part for part in loc if isinstance(part, str)]
    sections: dict[str, list[type[BaseModel]]] = {
        "poll": [shape.Poll],
        "network": [shape.Network],
        "sources": [shape.Source],
        "topics": [shape.Topic],
        "channels": [shape.Smtp] if "smtp" in words[:-1] else [shape.Email, shape.Webhook],
    }
    models = sections.get(words[0] if len(words) > 1 else "", [shape.Config])
    keys = sorted({field.alias or name for m in models for name, field in m.model_fields.items()})
    near = difflib.get_close_matches(str(loc[-1]), keys, n=1)
    if near:
        return f" (did you mean '{near[0]}'?)"
    return f" (known here: {', '.join(key for key in keys if not key.endswith(('_file', '_env')))})"


class Reader:
    """Turns the checked shape into Settings; what only whole files can show is checked here."""

    def __init__(self, config: shape.Config, document: Document, report: Report) -> None:
        self._config = config
        self._folder = document.path.parent
        self._document = document
        self._report = report
        self._secrets = Secrets(self._folder, report.fault)
        self._guard = Guard(config.network.allow_private)

    def settings(self) -> Settings:
        config = self._config
        channels = tuple(self._channel(("channels", i), c) for i, c in enumerate(config.channels))
        self._unique("channels", [channel.name for channel in channels])
        topics = self._topics({channel.name for channel in channels})
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

    def _unique(self, section: str, names: list[str]) -> None:
        first: dict[str, int] = {}
        for i, name in enumerate(names):
            if name in first:
                line = self._document.at((section, first[name], "name"))[0]
                self._report.fault(
                    (section, i, "name"),
                    f"the name '{name}' is taken (line {line}; give each its own)",
                )
            first.setdefault(name, i)

    # sources

    def _sources(self) -> tuple[Source, ...]:
        found: list[Source] = []
        names: list[str] = []
        for i, item in enumerate(self._config.sources):
            if isinstance(item, shape.Include):
                names.append(f"\0{i}")
                found += self._included(("sources", i), item.include)
            else:
                names.append(item.name)
                found.append(self._source(("sources", i), item))
        self._unique("sources", names)
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
        found = [
            self._topic(("topics", i), item, builtin, channels)
            for i, item in enumerate(self._config.topics)
        ]
        self._unique("topics", [topic.name for topic in found])
        return tuple(found)

    def _topic(
        self, loc: Loc, item: shape.Topic | str, builtin: dict[str, Topic], channels: set[str]
    ) -> Topic:
        topic = shape.Topic(name=item) if isinstance(item, str) else item
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
