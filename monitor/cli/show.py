"""The `show` command: one article with its dates, matches, revisions and alerts."""

import re
from collections.abc import Iterator

import click

from monitor.cli.context import FAILED, database, options
from monitor.cli.output import (
    Fact,
    Output,
    count_noun,
    print_facts,
    print_text,
    printable,
    time_options,
)
from monitor.core.revisions import surround
from monitor.core.text import clean_text
from monitor.data_access import open_archive
from monitor.queries import Row

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
    from monitor.core.revisions import revision_diffs

    with open_archive(database(ctx)) as archive:
        article = archive.article(article_id)
        if article is None:
            click.echo(f"no article {article_id} is stored", err=True)
            return FAILED
        revisions = archive.revisions(article_id)
        wanted = revision or article["revision"]
        chosen = next((r for r in revisions if r["number"] == wanted), None)
        if chosen is None:
            count = count_noun(len(revisions), "revision")
            click.echo(f"article {article_id} has {count}", err=True)
            return FAILED
        matches = archive.matches(article_id, wanted)
        alerts = archive.alerts(article_id)
    changes = revision_diffs(revisions) if diff else []
    output = Output.of(ctx)
    if not output.for_people:
        row = {**article, "text": chosen["text"], "title": chosen["title"], "matches": matches}
        row |= {"revisions": revisions, "alerts": alerts}
        output.print_row(row | ({"changes": changes} if changes else {}))
        return 0
    print_text((printable(chosen["title"]), "bold"))
    head = _head_facts(article, alerts, output)
    print_facts((*head, *_match_facts(matches), *_revision_facts(revisions, output)))
    if diff:
        _print_changes(changes)
    else:
        click.echo()
        print_text((clean_text(chosen["text"], len(chosen["text"]) + 1), ""))
    return 0


def _head_facts(article: Row, alerts: list[Row], output: Output) -> Iterator[Fact]:
    for name in ("url", "source", "authors", "tags", "language"):
        if article[name]:
            yield name, printable(article[name])
    for name in ("published", "updated"):
        yield name, output.time(article[f"{name}_at"]) or "unknown"
    for date in article["dates"]:
        instant = f"{_format_candidate(date['at'], output):<11}  {date['origin']:<7}"
        raw, verdict = printable(date["raw"]), printable(date["verdict"])
        yield f"  {date['field']}", f"{instant}  {raw} ({verdict})"
    yield "seen", _format_seen(article, output)
    if article["partial"]:
        yield "partial", f"the feed's own words: {printable(article['partial'])}"
    if article["retracted_at"]:
        yield "retracted", output.time(article["retracted_at"])
    if article["returns"]:
        yield "returns", f"{article['returns']} to an earlier text, without a revision"
    for alert in alerts:
        raised = (
            f"{output.time(alert['created_at'])}  {printable(alert['topic'])}: {alert['reason']}"
        )
        yield "alert", f"{raised} (revision {alert['revision']}){_format_silence(alert)}"


def _format_candidate(at: str | None, output: Output) -> str:
    """Format a date candidate; a day alone has no time."""
    if at is None:
        return "–"
    return at if len(at) == len("2026-11-24") else output.time(at)


def _format_silence(alert: Row) -> str:
    return f", silenced: {printable(alert['silence'])}" if alert["silence"] else ""


def _match_facts(matches: list[Row]) -> Iterator[Fact]:
    for match in matches:
        start, end = match["start"] - match["excerpt_at"], match["end"] - match["excerpt_at"]
        parts = (match["excerpt"][:start], match["excerpt"][start:end], match["excerpt"][end:])
        before, found, after = (_BREAKS.sub(" ", _clean_piece(part)) for part in parts)
        where = f"{printable(match['topic'])} ({match['level']}) in the {match['place']}: "
        yield "match", [(where, ""), (before.lstrip(), ""), (found, "bold"), (after.rstrip(), "")]


def _format_seen(article: Row, output: Output) -> str:
    first, last = article["first_seen_at"], article["last_seen_at"]
    return f"{output.times.format_date(first)} … {output.times.format_date(last)}"


def _revision_facts(revisions: list[Row], output: Output) -> Iterator[Fact]:
    for r in revisions:
        stealth = ", stealth" if r["stealth"] else ""
        seen = f"{r['number']}  {output.time(r['seen_at'])}"
        yield "revision", f"{seen}  {r['change']}{stealth}  score {r['score']:.2f}"


def _print_changes(changes: list[Row]) -> None:
    if not changes:
        click.echo("\nno change was seen")
    for change in changes:
        click.secho(f"\nrevision {change['from']} → {change['to']}", bold=True)
        for field in ("title", "text"):
            if change[field]:
                print_text(*(_colored(op, _clean_piece(text)) for op, text in change[field]))


def _colored(op: str, text: str) -> tuple[str, str]:
    match op:
        case "added":
            return surround(text, ("{+", "+}")), "green"
        case "removed":
            return surround(text, ("[-", "-]")), "red"
        case _:
            return text, ""


def _clean_piece(text: str) -> str:
    """Clean a piece of a text, keeping the white space that separates it from its neighbours."""
    core = clean_text(text, len(text) + 1)
    if not core:
        return _clean_space(text)
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{_clean_space(before)}{core}{_clean_space(after)}"


def _clean_space(space: str) -> str:
    """Reduce white space to a paragraph break, a line break, a blank or nothing."""
    breaks = space.count("\n")
    return "\n\n" if breaks > 1 else "\n" if breaks else " " if space else ""
