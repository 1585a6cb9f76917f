"""The `status` command: the state of the daemon, its sources and its outbox."""

from collections.abc import Iterator, Mapping
from typing import Any

import click

from monitor.cli.context import basics, config_path, now, options
from monitor.cli.output import Output, count_noun, print_facts, printable, time_options
from monitor.data_access import open_archive
from monitor.errors import ConfigError
from monitor.ports import StatusQueries

TROUBLED = ("failing", "quiet")  # kinds of health that are listed one by one
MOST_LISTED = 20  # sources of a kind, for people


@click.command()
@options
@time_options
@click.pass_context
def status(ctx: click.Context) -> None:
    """Show the backlog, sources that fail or are quiet, and messages that are owed or dead."""
    _print_config_errors(ctx)
    with open_archive(basics(ctx).database) as archive:
        state = _state(archive)
    output = Output.of(ctx)
    if not output.for_people:
        output.print_row(state)
        return
    print_facts(_facts(state, output), width=11)


def _print_config_errors(ctx: click.Context) -> None:
    """Print the errors of the configuration; the database is found in a broken one too."""
    from monitor import config

    try:
        config.load(config.find(config_path(ctx)))
    except ConfigError as error:
        basics(ctx)  # no configuration at all is an error
        for fault in error.faults:
            click.echo(fault, err=True)


def _state(archive: StatusQueries) -> dict[str, Any]:
    backlog, notes, troubled = archive.backlog(now()), archive.notes(), archive.troubled_sources()
    return {
        **archive.source_counts(),
        **{kind: [_source_row(s) for s in troubled if s["health"] == kind] for kind in TROUBLED},
        "sources_due": backlog.sources_due,
        "reads_due": backlog.reads_due,
        **archive.counts(),
        "deliveries_due": backlog.deliveries_due,
        "channels_disabled": archive.disabled_channels(),
        "running": archive.is_locked(),
        "started_at": notes.get("started_at"),
        "config_loaded_at": notes.get("config_loaded_at"),
        "config_error": notes.get("config_error"),
    }


def _source_row(source: Mapping[str, Any]) -> dict[str, Any]:
    from monitor.core.text import redact_url

    keys = ("failures", "last_error", "trouble", "due_at")
    return {
        "name": source["name"],
        "url": redact_url(source["url"]),
        **{key: source[key] for key in keys},
    }


def _facts(state: Mapping[str, Any], output: Output) -> Iterator[tuple[str, str]]:
    """Yield the facts that are printed for people."""
    health = ", ".join(f"{len(state[kind]):,} {kind}" for kind in TROUBLED)
    yield "sources", f"{count_noun(state['sources'], 'source')} watched, {health}"
    yield "daemon", "runs" if state["running"] else "does not run"
    yield "last poll", output.time(state["last_polled_at"]) or "never"
    articles, revisions = count_noun(state["articles"], "article"), state["revisions"]
    yield "stored", f"{articles}, {count_noun(revisions, 'revision')}"
    reads = count_noun(state["reads_due"], "article")
    yield "backlog", f"{count_noun(state['sources_due'], 'poll')}, {reads} to read"
    owed = f"{state['pending']:,} owed ({state['deliveries_due']:,} due)"
    yield "deliveries", f"{owed}, {state['sent']:,} sent, {state['dead']:,} dead"
    for source in state["failing"][:MOST_LISTED]:
        yield "failing", _describe_failure(source, output)
    for source in state["quiet"][:MOST_LISTED]:
        yield "quiet", f"{printable(source['name'])} {printable(source['trouble'])}"
    if more := sum(max(0, len(state[kind]) - MOST_LISTED) for kind in TROUBLED):
        yield "", f"and {more:,} more: `news-monitor sources` lists them"
    for channel in state["channels_disabled"]:
        yield "disabled", f"channel {channel['name']}: {printable(channel['last_error'])}"
    if state["config_error"]:
        yield "config", "the daemon refused the newest file and runs with the last valid one:"
        yield from (("", printable(line)) for line in state["config_error"].splitlines())


def _describe_failure(source: Mapping[str, Any], output: Output) -> str:
    times = "once" if source["failures"] == 1 else f"{source['failures']:,} times in a row"
    tried = output.time(source["due_at"]) or "on request"
    error = printable(source["last_error"])
    return f"{printable(source['name'])}: {error} ({times}; next try: {tried})"
