"""The `backtest` command: what a rule would have found in the stored articles."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import click

from monitor.cli.completion import complete_topic
from monitor.cli.context import WrongUse, load_settings, options
from monitor.cli.names import unknown_name
from monitor.cli.output import Output, count_noun, data_options, printable, wrap
from monitor.cli.times import WhenParam
from monitor.core.rules import Sighting, count_per_day, first_sightings, simulate_messages
from monitor.data_access import open_archive
from monitor.model import Level, utc_instant
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
        raise unknown_name("topic", name, [each.name for each in settings.topics])
    rule = query or (topic.query if topic else None)
    if rule is None:
        raise WrongUse("give --topic NAME or --query RULE")
    found = BacktestResult()
    least = topic.at_least if topic else Level.MENTION
    _run(settings, rule, topic.query if topic else rule, since, least, found)
    output = Output.of(ctx)
    if output.for_people:
        _print(report(found, settings, topic), topic)
    else:
        output.print_row(report(found, settings, topic))


def _no_sightings() -> dict[Level, list[Sighting]]:
    return {level: [] for level in Level}


@dataclass(slots=True)
class BacktestResult:
    """Counts, sightings and samples of a backtest over the stored articles."""

    articles: int = 0  # matched so far
    sightings: list[Sighting] = field(default_factory=list)  # by the tried rule, which alert
    levels: dict[Level, list[Sighting]] = field(
        default_factory=lambda: {each: [] for each in Level}
    )
    samples: list[Row] = field(default_factory=list)  # the newest
    gained: list[Row] = field(default_factory=list)
    lost: list[Row] = field(default_factory=list)


def _run(
    settings: Settings,
    rule: str,
    in_force: str,
    since: datetime,
    least: Level,
    found: BacktestResult,
) -> None:
    """Match the rule and the one in force against the stored texts; add to `found`."""
    from monitor.cli.progress import RunningFigures
    from monitor.config.word_lists import written_lists
    from monitor.core.rules import Backtest, parse

    lists = written_lists(settings.lists).named_in(rule)
    backtest, figures = Backtest(parse(rule, lists), parse(in_force)), RunningFigures()
    with open_archive(settings.database) as archive:
        for row in archive.texts(since):
            found.articles += 1
            if match := backtest.match(document(row)):
                sample = _sample(row, match.clause, match.excerpt)
                if match.tried:
                    found.levels[match.level].append(sighting(row))
                if match.tried and match.level.reaches(least):
                    found.sightings.append(sighting(row))
                    found.samples = [*found.samples, sample][:SAMPLES]
                if match.tried != match.in_force:
                    (found.gained if match.tried else found.lost).append(sample)
            figures.update(partial(_format_progress, found, row))
    figures.end()
    for newest_first in (found.samples, found.gained, found.lost):
        newest_first.reverse()


def _format_progress(found: BacktestResult, row: Row) -> str:
    hits, articles = count_noun(len(found.sightings), "hit"), count_noun(found.articles, "article")
    return f"{hits} in {articles} so far, back to {row['first_seen_at'][:10]}"


def document(row: Row) -> Any:
    """Return the rules' Document of a stored article's text."""
    from monitor.core.rules import Document

    return Document(
        title=row["title"], body=row["text"], language=row["language"], source=row["source"]
    )


def sighting(row: Row) -> Sighting:
    """Return the sighting of a stored article's text."""
    return Sighting(
        article_id=row["id"],
        story_id=row["story_id"] or row["id"],
        source=row["source"],
        at=utc_instant(row["first_seen_at"]),
    )


def _sample(row: Row, clause: str, excerpt: str) -> Row:
    return {"id": row["id"], "title": row["title"], "clause": clause, "excerpt": excerpt}


# ── the report ───────────────────────────────────────────────────────────────────────────


def report(found: BacktestResult, settings: Settings, topic: Topic | None) -> dict[str, Any]:
    """Return hits, new stories and each channel's messages by day, samples and differences.

    Days are those of the reader's zone.
    """
    new_stories = first_sightings(found.sightings)
    return {
        "articles": found.articles,
        "hits": len(found.sightings),
        "days": count_per_day((each.at for each in found.sightings), settings.timezone),
        "stories": count_per_day((story.at for story in new_stories), settings.timezone),
        "messages": {
            name: count_per_day(simulate_messages(new_stories, pace), settings.timezone)
            for name, pace in paces(settings, topic)
        },
        "levels": {level.value: _at_least(level, found) for level in Level},
        "samples": found.samples,
        "gained": found.gained,
        "lost": found.lost,
    }


def _at_least(level: Level, found: BacktestResult) -> dict[str, int]:
    """Count the hits and new stories that a topic with this `at_least` would alert of."""
    sightings = [
        each for other, matched in found.levels.items() if other.reaches(level) for each in matched
    ]
    return {"hits": len(sightings), "stories": len(first_sightings(sightings))}


def paces(settings: Settings, topic: Topic | None) -> Iterator[tuple[str, Pace]]:
    """Yield the channels of the topic's alerts with their pace; without a topic all channels."""
    for channel in settings.channels:
        if topic is None or topic.channels is None or channel.name in topic.channels:
            yield channel.name, channel.pace(settings.timezone)


def busiest(days: Iterable[Days]) -> Days:
    """Return the maximum over the channels for each day."""
    most: Days = {}
    for each in days:
        for day, count in each.items():
            most[day] = max(count, most.get(day, 0))
    return most


def excess(messages: Days, most: int) -> str | None:
    """Describe the days above a limit: `2 days, most on 2019-09-11 (12)`. None: there is none."""
    over = {day: count for day, count in messages.items() if count > most}
    if not over:
        return None
    worst = max(over, key=lambda day: over[day])
    return f"{count_noun(len(over), 'day')}, most on {worst} ({over[worst]})"


def _print(result: Mapping[str, Any], topic: Topic | None) -> None:
    _print_chart(result["days"], result["stories"])
    stories = count_noun(sum(result["stories"].values()), "story", "stories")
    click.echo(f"{result['hits']} of {count_noun(result['articles'], 'article')}, {stories}")
    for level, counts in result["levels"].items():
        stories = count_noun(counts["stories"], "story", "stories")
        click.echo(f"at_least {level}: {count_noun(counts['hits'], 'article')}, {stories}")
    for name, days in result["messages"].items():
        count = count_noun(sum(days.values()), "message")
        click.echo(f"{name}: {count}, at most {max(days.values(), default=0)} a day")
    if topic and topic.max_per_day:
        messages = busiest(result["messages"].values()) or result["stories"]
        if over := excess(messages, topic.max_per_day):
            click.echo(f"more than max_per_day ({topic.max_per_day}) on {over}")
    _print_samples("the newest", result["samples"])
    _print_samples(f"gained: {len(result['gained'])}", result["gained"][-SAMPLES:])
    _print_samples(f"lost: {len(result['lost'])}", result["lost"][-SAMPLES:])


def _print_chart(days: Days, stories: Days) -> None:
    """Print a line a day, from the first to the last day with a hit."""
    if not days:
        return
    most, last = max(days.values()), date.fromisoformat(max(days))
    day = date.fromisoformat(min(days))
    while day <= last:
        count = days.get(str(day), 0)
        bar = "█" * round(BAR * count / most) or ("▏" if count else "")
        line = f"{count} ({count_noun(stories.get(str(day), 0), 'new story', 'new stories')})"
        click.echo(f"{day}  {bar} {line if count else '·'}")
        day += timedelta(days=1)


def _print_samples(heading: str, rows: Iterable[Row]) -> None:
    lines = [
        line
        for row in rows
        for line in (
            wrap(f"{row['id']}  {printable(row['title'])}", 2),
            wrap(printable(row["excerpt"]), 6),
            wrap(f"by {printable(_shorten(row['clause']))}", 6),
        )
    ]
    if lines:
        click.echo("\n".join([heading, *lines]))


def _shorten(clause: str) -> str:
    return clause if len(clause) <= CLAUSE else f"{clause[:CLAUSE]}…"
