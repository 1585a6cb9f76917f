"""The `sources check` command: fetches each source once and reports the result."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from monitor.cli.completion import complete_source
from monitor.cli.context import FAILED, load_settings, options
from monitor.cli.names import unknown_name
from monitor.cli.output import WIDE, Column, Output, Table, count_noun, time_options
from monitor.cli.progress import page_progress
from monitor.settings import Settings, Source

REPORTS = Table(
    plain=("name", "result", "status", "format", "entries", "newest_at", "url", "error", "advice"),
    columns=(
        Column(key="name", notes=("error", "advice"), below=WIDE),
        Column(key="name", most=30, least=WIDE),
        Column(key="result", fixed=True),
        Column(key="status", right=True),
        Column(key="format", fixed=True),
        Column(key="entries", right=True),
        Column(key="newest_at", heading="newest", time=True),
        Column(key="error", notes=("advice",), least=WIDE),
    ),
)


@click.command()
@options
@time_options
@click.argument("names", nargs=-1, metavar="[NAME]…", shell_complete=complete_source)
@click.pass_context
def check(ctx: click.Context, names: tuple[str, ...]) -> int:
    """Fetch each source once and report the result; nothing is stored.

    Example: news-monitor sources check kjzz
    """
    import asyncio

    from monitor.source_check import check_sources

    settings = load_settings(ctx)
    wanted = _select(settings, names)
    with _count_progress(len(wanted)) as done:
        reports = asyncio.run(check_sources(settings, wanted, done))
    Output.of(ctx).print_rows(
        REPORTS, [report.row() for report in reports], empty="no source is configured"
    )
    failed = sum(report.error is not None for report in reports)
    if failed:
        click.echo(f"{failed:,} of {count_noun(len(reports), 'source')} failed", err=True)
    return FAILED if failed else 0


def _select(settings: Settings, names: tuple[str, ...]) -> list[Source]:
    """Return the sources of these names, or all that are enabled. Raises WrongUse."""
    if not names:
        return [source for source in settings.sources if source.enabled]
    known = {source.name: source for source in settings.sources}
    for name in names:
        if name not in known:
            raise unknown_name("source", name, known)
    return [known[name] for name in dict.fromkeys(names)]


@contextmanager
def _count_progress(of_all: int) -> Iterator[Any]:
    """Yield a function to be called once for each source; it updates a progress bar."""
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        update(done, of_all)

    with page_progress("checking") as update:
        yield count
