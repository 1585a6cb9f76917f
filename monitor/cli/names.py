"""Names of topics, sources and channels as arguments: which exist, and which was meant."""

import difflib
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Literal

import click

from monitor.cli.context import WrongUse, basics, config_path
from monitor.data_access import open_archive
from monitor.errors import ConfigError, StoreError
from monitor.queries import KnownNames

Kind = Literal["topic", "source", "channel"]

MOST_LISTED = 10


def require_known(
    ctx: click.Context, *, topic: str | None = None, source: str | None = None
) -> None:
    """Raise WrongUse for a topic or source in neither the database nor the configuration."""
    wanted: list[tuple[Kind, str]] = []
    wanted += [("topic", topic)] if topic is not None else []
    wanted += [("source", source)] if source is not None else []
    if not wanted:
        return
    stored = stored_names(basics(ctx).database)
    for kind, name in wanted:
        if name in names_of(stored, kind):
            continue
        known = {*names_of(stored, kind), *names_of(configured_names(ctx), kind)}
        if name not in known:
            raise unknown_name(kind, name, known)


def unknown_name(kind: Kind, name: str, known: Collection[str]) -> WrongUse:
    """Return the error for an unknown name, with the most similar known one."""
    near = nearest(name, known)
    if near is not None:
        return WrongUse(f"no {kind} '{name}'; did you mean '{near}'?")
    listed = ", ".join(sorted(known)[:MOST_LISTED]) or "none is configured"
    more = len(known) - MOST_LISTED
    return WrongUse(
        f"no {kind} '{name}' (there are: {listed}{f' and {more:,} more' if more > 0 else ''})"
    )


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is spelled most similarly. None: no name is similar."""
    by_folded = {each.casefold(): each for each in known}
    found = difflib.get_close_matches(name.casefold(), by_folded, n=1)
    return by_folded[found[0]] if found else None


def names_of(names: KnownNames, kind: Kind) -> tuple[str, ...]:
    """Return the names of one kind."""
    match kind:
        case "topic":
            return names.topics
        case "source":
            return names.sources
        case "channel":
            return names.channels


def all_names(ctx: click.Context) -> KnownNames:
    """Return the names of the configuration and the database together."""
    stored, configured = stored_names(basics(ctx).database), configured_names(ctx)
    return KnownNames(
        topics=_merge(stored.topics, configured.topics),
        sources=_merge(stored.sources, configured.sources),
        channels=_merge(stored.channels, configured.channels),
    )


def _merge(*names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({name for each in names for name in each}))


def stored_names(database: Path) -> KnownNames:
    """Return the names in the database; none if it cannot be read or does not exist yet."""
    try:
        with open_archive(database) as archive:
            return archive.known_names()
    except StoreError:
        return KnownNames()


def configured_names(ctx: click.Context) -> KnownNames:
    """Return the names in the configuration; of a broken one those that can be read."""
    from monitor import config
    from monitor.config.topics import builtin_topics

    try:
        settings = config.load(config.find(config_path(ctx)))
    except ConfigError:
        readable = basics(ctx)
        topics = readable.topics or tuple(topic.name for topic in builtin_topics())
        return KnownNames(topics=topics, sources=readable.sources, channels=readable.channels)
    return KnownNames(
        topics=tuple(topic.name for topic in settings.topics),
        sources=tuple(source.name for source in settings.sources),
        channels=tuple(channel.name for channel in settings.channels),
    )
