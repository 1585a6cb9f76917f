"""`show`: one article, with the reasons."""

import re
from collections.abc import Iterator
from typing import Any

import click

from monitor.cli.context import FAILED, database, options
from monitor.cli.output import Fact, Output, counted, facts, prose, time_options
from monitor.cli.output import printable as shown
from monitor.core.revisions import marked
from monitor.core.text import clean_text
from monitor.data_access import open_archive

_BREAKS = re.compile(r"\n+")


@click.command()
@options
@time_options
@click.argument("article_id", metavar="ID", type=int)
@click.option("--revision", type=click.IntRange(1), help="This revision instead of the newest.")
@click.option("--diff", is_flag=True, help="What changed from each revision to the next.")
@click.pass_context
def show(ctx: click.Context, article_id: int, revision: int | None, diff: bool) -> int:
    """Show one article: text, dates with their origin, matches, revisions, what changed.

    Example: news-monitor show 12 --diff
    """
    from monitor.core.revisions import changes as revision_changes

    with open_archive(database(ctx)) as archive:
        article = archive.article(article_id)
        if article is None:
            click.echo(f"no article {article_id} is stored", err=True)
            return FAILED
        revisions = archive.revisions(article_id)
        wanted = revision or article["revision"]
        chosen = next((r for r in revisions if r["number"] == wanted), None)
        if chosen is None:
            click.echo(f"article {article_id} has {counted(len(revisions), 'revision')}", err=True)
            return FAILED
        matches = archive.matches(article_id, wanted)
        alerts = archive.alerts(article_id)
    changes = revision_changes(revisions) if diff else []
    output = Output.of(ctx)
    if not output.for_people:
        whole = {**article, "text": chosen["text"], "title": chosen["title"]}
        output.row(
            {**whole, "matches": matches, "revisions": revisions, "alerts": alerts} | _if(changes)
        )
        return 0
    prose((shown(chosen["title"]), "bold"))
    facts((*_head(article, alerts, output), *_matches(matches), *_revisions(revisions, output)))
    if diff:
        _print_changes(changes)
    else:
        click.echo()
        prose((clean_text(chosen["text"], len(chosen["text"]) + 1), ""))
    return 0


def _if(changes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"changes": changes} if changes else {}


def _head(article: dict[str, Any], alerts: list[dict[str, Any]], output: Output) -> Iterator[Fact]:
    for name in ("url", "source", "authors", "tags", "language"):
        if article[name]:
            yield name, shown(article[name])
    for name in ("published", "updated"):
        yield name, output.time(article[f"{name}_at"]) or "unknown"
    for date in article["dates"]:
        found = f"{_candidate(date['at'], output):<11}  {date['origin']:<7}"
        yield f"  {date['field']}", f"{found}  {shown(date['raw'])} ({shown(date['verdict'])})"
    yield "seen", _span(article, output)
    if article["partial"]:
        yield "partial", f"the feed's own words: {shown(article['partial'])}"
    if article["retracted_at"]:
        yield "retracted", output.time(article["retracted_at"])
    if article["returns"]:
        yield "returns", f"{article['returns']} to an earlier text, without a revision"
    for alert in alerts:
        said = f"{output.time(alert['created_at'])}  {shown(alert['topic'])}: {alert['reason']}"
        yield "alert", f"{said} (revision {alert['revision']}){_silenced(alert)}"


def _candidate(at: str | None, output: Output) -> str:
    """A stamp that was found: a day alone has no time to show."""
    if at is None:
        return "–"
    return at if len(at) == len("2026-11-24") else output.time(at)


def _silenced(alert: dict[str, Any]) -> str:
    return f", silenced: {shown(alert['silence'])}" if alert["silence"] else ""


def _matches(matches: list[dict[str, Any]]) -> Iterator[Fact]:
    for match in matches:
        start, end = match["start"] - match["excerpt_at"], match["end"] - match["excerpt_at"]
        parts = (match["excerpt"][:start], match["excerpt"][start:end], match["excerpt"][end:])
        before, found, after = (_BREAKS.sub(" ", _piece(part)) for part in parts)
        where = f"{shown(match['topic'])} in the {match['place']}: "
        yield "match", [(where, ""), (before.lstrip(), ""), (found, "bold"), (after.rstrip(), "")]


def _span(article: dict[str, Any], output: Output) -> str:
    first, last = article["first_seen_at"], article["last_seen_at"]
    return f"{output.times.dated(first)} … {output.times.dated(last)}"


def _revisions(revisions: list[dict[str, Any]], output: Output) -> Iterator[Fact]:
    for r in revisions:
        stealth = ", stealth" if r["stealth"] else ""
        seen = f"{r['number']}  {output.time(r['seen_at'])}"
        yield "revision", f"{seen}  {r['change']}{stealth}  score {r['score']:.2f}"


def _print_changes(changes: list[dict[str, Any]]) -> None:
    if not changes:
        click.echo("\nno change was seen")
    for change in changes:
        click.secho(f"\nrevision {change['from']} → {change['to']}", bold=True)
        for field in ("title", "text"):
            if change[field]:
                prose(*(_coloured(op, _piece(text)) for op, text in change[field]))


def _coloured(op: str, text: str) -> tuple[str, str]:
    match op:
        case "added":
            return marked(text, ("{+", "+}")), "green"
        case "removed":
            return marked(text, ("[-", "-]")), "red"
        case _:
            return text, ""


def _piece(text: str) -> str:
    """A piece of a text, printable, with the white space that parts it from its neighbours."""
    core = clean_text(text, len(text) + 1)
    if not core:
        return _gap(text)
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{_gap(before)}{core}{_gap(after)}"


def _gap(space: str) -> str:
    """White space as one paragraph's end, one line's, one blank or none."""
    breaks = space.count("\n")
    return "\n\n" if breaks > 1 else "\n" if breaks else " " if space else ""
