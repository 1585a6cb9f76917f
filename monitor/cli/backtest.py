"""`backtest`: what a rule would have found in what is stored."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

import click

from monitor.cli.context import (
    WRONG_USE,
    Duration,
    as_json,
    emit,
    load_settings,
    now,
    options,
    shown,
)
from monitor.settings import Settings

SAMPLES = 5
BAR = 40  # characters of the longest bar

Found = dict[str, Any]


@click.command()
@options
@as_json
@click.option("--topic", metavar="NAME", help="A configured topic.")
@click.option("--query", metavar="Q", help="A rule; with --topic it is compared with that one.")
@click.option("--since", type=Duration(), default="30d", show_default=True)
@click.pass_context
def backtest(
    ctx: click.Context, json_lines: bool, topic: str | None, query: str | None, since: timedelta
) -> int:
    """What a rule would have found: hits a day, samples, difference to the rule in force."""
    from monitor.store.archive import Archive

    settings = load_settings(ctx)
    in_force = _rule_of(settings, topic)
    if topic and in_force is None:
        names = ", ".join(t.name for t in settings.topics)
        click.echo(f"no topic '{topic}' (there are: {names})", err=True)
        return WRONG_USE
    rule = query or in_force
    if rule is None:
        click.echo("say --topic NAME or --query RULE", err=True)
        return WRONG_USE
    with Archive(settings.database) as archive:
        report = summed(_found(archive.texts(now() - since), rule, in_force))
    if json_lines:
        emit(report)
    else:
        _print(report)
    return 0


def _rule_of(settings: Settings, topic: str | None) -> str | None:
    return next((t.query for t in settings.topics if t.name == topic), None)


def _found(rows: Iterable[Found], rule: str, in_force: str | None) -> Iterator[Found]:
    """Each stored article that either rule finds, with which of them did."""
    find = _finder(rule, in_force or rule)
    for row in rows:
        hits = find(row)
        if hits:
            yield {
                "id": row["id"],
                "day": row["first_seen_at"][:10],
                "story": row["story_id"] or row["id"],
                "title": row["title"],
                "now": any(hit.topic == "now" for hit in hits),
                "before": any(hit.topic == "before" for hit in hits),
                "excerpt": next((hit.excerpt for hit in hits if hit.topic == "now"), ""),
            }


def _finder(rule: str, in_force: str) -> Callable[[Found], Iterable[Any]]:
    from monitor.core.match import hits
    from monitor.core.rules import parse

    parse(rule)  # a broken rule is refused here, with line and column
    rules = (("now", rule), ("before", in_force))
    return lambda row: hits(
        row["title"], row["text"], language=row["language"], source=row["source"], topics=rules
    )


def summed(found: Iterable[Found]) -> Found:
    """The report: hits and messages a day, samples, and what the new rule gains and loses."""
    rows = list(found)
    hits = [row for row in rows if row["now"]]
    days: dict[str, int] = {}
    stories: dict[str, set[int]] = {}
    for row in hits:
        days[row["day"]] = days.get(row["day"], 0) + 1
        stories.setdefault(row["day"], set()).add(row["story"])
    return {
        "hits": len(hits),
        "days": days,
        "messages": {day: len(ids) for day, ids in stories.items()},
        "samples": [_sample(row) for row in hits[-SAMPLES:]],
        "gained": [_sample(row) for row in hits if not row["before"]],
        "lost": [_sample(row) for row in rows if row["before"] and not row["now"]],
    }


def _sample(row: Found) -> Found:
    return {"id": row["id"], "title": row["title"], "excerpt": row["excerpt"]}


def _print(report: Found) -> None:
    most = max(report["days"].values(), default=0)
    for day, count in report["days"].items():
        bar = "█" * max(1, round(BAR * count / most))
        click.echo(f"{day}  {bar} {count} ({report['messages'][day]} stories)")
    click.echo(f"{report['hits']} articles")
    for row in report["samples"]:
        click.echo(f"  {row['id']}  {shown(row['title'])}\n      {shown(row['excerpt'])}")
    for name in ("gained", "lost"):
        if report[name]:
            click.echo(f"{name}: {len(report[name])}")
            for row in report[name][:SAMPLES]:
                click.echo(f"  {row['id']}  {shown(row['title'])}")
