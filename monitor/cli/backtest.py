"""`backtest`: what a rule would have found in what is stored."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import click

from monitor.cli.completion import complete_topic
from monitor.cli.context import WrongUse, load_settings, options
from monitor.cli.names import unknown
from monitor.cli.output import Output, counted, data_options, wrapped
from monitor.cli.output import printable as shown
from monitor.cli.times import WhenParam
from monitor.core.rules import Sighting, a_day
from monitor.core.rules import messages as simulation_messages
from monitor.core.rules import stories as simulation_stories
from monitor.data_access import open_archive
from monitor.model import utc_instant
from monitor.settings import Pace, Settings, Topic

SAMPLES = 5
BAR = 40  # characters of the longest bar
CLAUSE = 100  # characters of a clause

Row = Mapping[str, Any]
Days = dict[str, int]  # 2019-09-11 → how many


@click.command()
@options
@data_options
@click.option(
    "--topic", "name", metavar="NAME", shell_complete=complete_topic, help="A configured topic."
)
@click.option("--query", metavar="Q", help="A rule; with --topic it is compared with that one.")
@click.option(
    "--since",
    type=WhenParam(),
    metavar="WHEN",
    default="30d",
    show_default=True,
    help="Articles first seen since: 7d, 2026-11-20.",
)
@click.pass_context
def backtest(ctx: click.Context, name: str | None, query: str | None, since: datetime) -> None:
    """Show what a rule would have found: hits a day, messages, samples, gains and losses.

    Example: news-monitor backtest --topic border --query 'border NEAR/5 wall'
    """
    settings = load_settings(ctx)
    topic = next((each for each in settings.topics if each.name == name), None)
    if name and topic is None:
        raise unknown("topic", name, [each.name for each in settings.topics])
    rule = query or (topic.query if topic else None)
    if rule is None:
        raise WrongUse("say --topic NAME or --query RULE")
    found = Found()
    _try(settings, rule, topic.query if topic else rule, since, found)
    output = Output.of(ctx)
    if output.for_people:
        _print(report(found, settings, topic), topic)
    else:
        output.row(report(found, settings, topic))


@dataclass(slots=True)
class Found:
    """What came of a backtest over the stored articles."""

    articles: int = 0  # looked at
    sightings: list[Sighting] = field(default_factory=list)  # by the tried rule
    samples: list[Row] = field(default_factory=list)  # the newest
    gained: list[Row] = field(default_factory=list)
    lost: list[Row] = field(default_factory=list)


def _try(settings: Settings, rule: str, in_force: str, since: datetime, found: Found) -> None:
    from monitor.cli.progress import Figures
    from monitor.core.rules import Backtest, list_entry, parse, word_list

    lists = {
        name: word_list(tuple(map(list_entry, entries))) for name, entries in settings.lists.items()
    }
    backtest, figures = Backtest(parse(rule, lists), parse(in_force)), Figures()
    with open_archive(settings.database) as archive:
        for row in archive.texts(since):
            found.articles += 1
            if match := backtest.match(document(row)):
                sample = _sample(row, match.clause, match.excerpt)
                if match.tried:
                    found.sightings.append(sighting(row))
                    found.samples = [*found.samples, sample][:SAMPLES]
                if match.tried != match.in_force:
                    (found.gained if match.tried else found.lost).append(sample)
            figures.show(partial(_so_far, found, row))
    figures.end()
    for newest_first in (found.samples, found.gained, found.lost):
        newest_first.reverse()


def _so_far(found: Found, row: Row) -> str:
    hits, looked_at = counted(len(found.sightings), "hit"), counted(found.articles, "article")
    return f"{hits} in {looked_at} so far, back to {row['first_seen_at'][:10]}"


def document(row: Row) -> Any:
    from monitor.core.rules import Document

    return Document(
        title=row["title"], body=row["text"], language=row["language"], source=row["source"]
    )


def sighting(row: Row) -> Sighting:
    return Sighting(
        article_id=row["id"],
        story_id=row["story_id"] or row["id"],
        source=row["source"],
        at=utc_instant(row["first_seen_at"]),
    )


def _sample(row: Row, clause: str, excerpt: str) -> Row:
    return {"id": row["id"], "title": row["title"], "clause": clause, "excerpt": excerpt}


# ── the report ───────────────────────────────────────────────────────────────────────────


def report(found: Found, settings: Settings, topic: Topic | None) -> dict[str, Any]:
    """Articles, stories and each channel's messages by the reader's day; samples; differences."""
    told = simulation_stories(found.sightings)
    return {
        "articles": found.articles,
        "hits": len(found.sightings),
        "days": a_day((each.at for each in found.sightings), settings.timezone),
        "stories": a_day((each.at for each in told), settings.timezone),
        "messages": {
            name: a_day(simulation_messages(told, pace), settings.timezone)
            for name, pace in paces(settings, topic)
        },
        "samples": found.samples,
        "gained": found.gained,
        "lost": found.lost,
    }


def paces(settings: Settings, topic: Topic | None) -> Iterator[tuple[str, Pace]]:
    """The channels that hear of the topic."""
    for channel in settings.channels:
        if topic is None or topic.channels is None or channel.name in topic.channels:
            yield channel.name, channel.pace(settings.timezone)


def busiest(days: Iterable[Days]) -> Days:
    """For each day the most of any channel."""
    most: Days = {}
    for each in days:
        for day, count in each.items():
            most[day] = max(count, most.get(day, 0))
    return most


def excess(messages: Days, most: int) -> str | None:
    """`2 days, most on 2019-09-11 (12)`: when a limit of messages a day is broken."""
    over = {day: count for day, count in messages.items() if count > most}
    if not over:
        return None
    worst = max(over, key=lambda day: over[day])
    return f"{counted(len(over), 'day')}, most on {worst} ({over[worst]})"


def _print(told: Mapping[str, Any], topic: Topic | None) -> None:
    _chart(told["days"], told["stories"])
    stories = counted(sum(told["stories"].values()), "story", "stories")
    click.echo(f"{told['hits']} of {counted(told['articles'], 'article')}, {stories}")
    for name, days in told["messages"].items():
        count = counted(sum(days.values()), "message")
        click.echo(f"{name}: {count}, at most {max(days.values(), default=0)} a day")
    if topic and topic.max_per_day:
        messages = busiest(told["messages"].values()) or told["stories"]
        if over := excess(messages, topic.max_per_day):
            click.echo(f"more than max_per_day ({topic.max_per_day}) on {over}")
    _list("the newest", told["samples"])
    _list(f"gained: {len(told['gained'])}", told["gained"][-SAMPLES:])
    _list(f"lost: {len(told['lost'])}", told["lost"][-SAMPLES:])


def _chart(days: Days, stories: Days) -> None:
    """A line a day, from the first to the last with a hit."""
    if not days:
        return
    most, last = max(days.values()), date.fromisoformat(max(days))
    day = date.fromisoformat(min(days))
    while day <= last:
        count = days.get(str(day), 0)
        bar = "█" * round(BAR * count / most) or ("▏" if count else "")
        line = f"{count} ({counted(stories.get(str(day), 0), 'new story', 'new stories')})"
        click.echo(f"{day}  {bar} {line if count else '·'}")
        day += timedelta(days=1)


def _list(heading: str, rows: Iterable[Row]) -> None:
    lines = [
        line
        for row in rows
        for line in (
            wrapped(f"{row['id']}  {shown(row['title'])}", 2),
            wrapped(shown(row["excerpt"]), 6),
            wrapped(f"by {shown(_short(row['clause']))}", 6),
        )
    ]
    if lines:
        click.echo("\n".join([heading, *lines]))


def _short(clause: str) -> str:
    return clause if len(clause) <= CLAUSE else f"{clause[:CLAUSE]}…"
