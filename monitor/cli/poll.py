"""The `poll` command: one pass in the foreground."""

import sys
from collections import Counter
from dataclasses import dataclass, field

import click

from monitor.cli.completion import complete_source
from monitor.cli.context import FAILED, load_settings, options
from monitor.cli.names import unknown_name
from monitor.cli.output import Output, count_noun, data_options, print_text, printable
from monitor.contracts import Backlog, Outcome
from monitor.settings import Settings


@dataclass(slots=True)
class Tally:
    """Counts of the outcomes of a pass."""

    results: dict[tuple[str, str], int] = field(default_factory=dict)
    new: int = 0
    changed: int = 0
    alerts: int = 0
    failures: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """Count one outcome."""
        key = (outcome.worker, outcome.result)
        self.results[key] = self.results.get(key, 0) + 1
        self.new += outcome.new
        self.changed += outcome.changed
        self.alerts += outcome.alerts
        if outcome.error and outcome.worker != "read":
            self.failures[f"{outcome.subject}: {outcome.error}"] += 1

    def add_failure(self, worker: str, error: Exception) -> None:
        """Count an error that a worker survived."""
        self.failures[f"{worker}: {error}"] += 1

    def count(self, worker: str, *results: str) -> int:
        """Return how many outcomes of a worker had one of these results."""
        return sum(self.results.get((worker, result), 0) for result in results)

    def summary(self, backlog: Backlog) -> dict[str, int]:
        """Return the figures that `poll` prints."""
        return {
            "polled": self.count("poll", "polled", "unchanged", "failed"),
            "unchanged": self.count("poll", "unchanged"),
            "failed": self.count("poll", "failed"),
            "entries_new": self.new,
            "entries_changed": self.changed,
            "articles_new": self.count("read", "new", "copy"),
            "articles_revised": self.count("read", "revised"),
            "alerts": self.alerts,
            "sent": self.count("send", "sent"),
            "waiting": backlog.deliveries_waiting,
            "dead": backlog.deliveries_dead,
        }


@click.command()
@options
@data_options
@click.option("--all", "everything", is_flag=True, help="Every source, not only what is due.")
@click.option(
    "--source",
    "names",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_source,
    help="Only these sources.",
)
@click.pass_context
def poll(ctx: click.Context, everything: bool, names: tuple[str, ...]) -> int:
    """Make one pass: poll what is due, read every new article, send every message due.

    Each source is polled once. Example: news-monitor poll --source kjzz
    """
    import asyncio

    settings = load_settings(ctx)
    watched = {source.name for source in settings.sources if source.enabled}
    for name in names:
        if name not in watched:
            raise unknown_name("source", name, watched)
    tally = Tally()
    backlog = asyncio.run(_run_pass(settings, tally, everything, names))
    _print_summary(tally, backlog, Output.of(ctx))
    return FAILED if tally.failures else 0


async def _run_pass(
    settings: Settings, tally: Tally, everything: bool, names: tuple[str, ...]
) -> Backlog:
    from monitor.service import OnePass, open_service

    one_pass = OnePass(names=names, everything=everything)
    with _Progress(tally) as observe:
        async with open_service(
            settings,
            observe=observe,
            alarm=tally.add_failure,
            one_pass=one_pass,
            report=_report_progress,
        ) as service:
            backlog = await service.drain()
            await service.prune()
            return backlog


def _report_progress(what: str) -> bool:
    click.echo(what, err=True)
    return True


class _Progress:
    """Observer of outcomes that prints a line of running counts on a terminal."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._status: object | None = None

    def __enter__(self) -> "_Progress":
        if sys.stderr.isatty():
            from rich.console import Console

            self._status = Console(stderr=True).status("polling …")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()  # type: ignore[attr-defined]

    def __call__(self, outcome: Outcome) -> None:
        self._tally.add(outcome)
        if self._status is not None:
            polled = self._tally.count("poll", "polled", "unchanged", "failed")
            read = self._tally.count("read", "new", "copy", "revised", "same")
            sent = self._tally.count("send", "sent")
            self._status.update(  # type: ignore[attr-defined]
                f"{polled} sources polled, {read} articles read, {sent} messages sent"
            )


def _print_summary(tally: Tally, backlog: Backlog, output: Output) -> None:
    for failure, times in tally.failures.items():
        click.echo(printable(failure) + (f" (× {times})" if times > 1 else ""), err=True)
    found = tally.summary(backlog)
    if not output.for_people:
        output.print_row(found)
        return
    print_text(
        (
            f"{count_noun(found['polled'], 'source')} polled ({found['unchanged']} unchanged,"
            f" {found['failed']} failed); {count_noun(found['articles_new'], 'new article')},"
            f" {found['articles_revised']} revised; {count_noun(found['alerts'], 'alert')};"
            f" {count_noun(found['sent'], 'message')} sent,"
            f" {found['waiting']} waiting for another try, {found['dead']} dead",
            "",
        )
    )
