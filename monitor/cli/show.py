"""`show`: one article, with the reasons."""

from typing import Any

import click

from monitor.cli.context import FAILED, as_json, database, emit, options, shown


@click.command()
@options
@as_json
@click.argument("article_id", metavar="ID", type=int)
@click.option("--revision", type=click.IntRange(1), help="This revision instead of the newest.")
@click.option("--diff", is_flag=True, help="What changed from each revision to the next.")
@click.pass_context
def show(
    ctx: click.Context, json_lines: bool, article_id: int, revision: int | None, diff: bool
) -> int:
    """One article: text, dates with their origin, matches, revisions, what changed."""
    from monitor.core import history
    from monitor.store.archive import Archive

    with Archive(database(ctx)) as archive:
        article = archive.article(article_id)
        if article is None:
            click.echo(f"no article {article_id} is stored", err=True)
            return FAILED
        revisions = archive.revisions(article_id)
        wanted = revision or article["revision"]
        chosen = next((r for r in revisions if r["number"] == wanted), None)
        if chosen is None:
            click.echo(f"article {article_id} has {len(revisions)} revisions", err=True)
            return FAILED
        matches = archive.matches(article_id, wanted)
        alerts = archive.alerts(article_id)
    changes = history.changes(revisions) if diff else []
    if json_lines:
        whole = {**article, "text": chosen["text"], "title": chosen["title"]}
        emit({**whole, "matches": matches, "revisions": revisions, "alerts": alerts} | _if(changes))
        return 0
    _head(article, chosen, alerts)
    _matches(matches)
    _revisions(revisions)
    if diff:
        _print_changes(changes)
    else:
        click.echo("\n" + _printable(chosen["text"]))
    return 0


def _if(changes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"changes": changes} if changes else {}


def _head(article: dict[str, Any], chosen: dict[str, Any], alerts: list[dict[str, Any]]) -> None:
    click.secho(shown(chosen["title"]), bold=True)
    for name in ("url", "source", "authors", "tags", "language"):
        if article[name]:
            click.echo(f"{name:<10} {shown(article[name])}")
    for name in ("published", "updated"):
        click.echo(f"{name:<10} {article[f'{name}_at'] or 'unknown'}")
    for date in article["dates"]:
        click.echo(
            f"  {date['field']:<10} {date['at'] or '–':<21} {date['origin']:<14}"
            f" {shown(date['raw'])} ({shown(date['verdict'])})"
        )
    click.echo(f"{'seen':<10} {article['first_seen_at']} … {article['last_seen_at']}")
    if article["partial"]:
        click.echo(f"{'partial':<10} the feed's own words: {shown(article['partial'])}")
    if article["retracted_at"]:
        click.echo(f"{'retracted':<10} {article['retracted_at']}")
    if article["returns"]:
        click.echo(f"{'returns':<10} {article['returns']} to an earlier text, without a revision")
    for alert in alerts:
        click.echo(
            f"{'alert':<10} {alert['created_at']} {shown(alert['topic'])}: {alert['reason']}"
            f" (revision {alert['revision']}){_silenced(alert)}"
        )


def _silenced(alert: dict[str, Any]) -> str:
    return f", silenced: {shown(alert['silence'])}" if alert["silence"] else ""


def _matches(matches: list[dict[str, Any]]) -> None:
    for match in matches:
        start, end = match["start"] - match["excerpt_at"], match["end"] - match["excerpt_at"]
        text = match["excerpt"]
        marked = shown(text[:start]), click.style(shown(text[start:end]), bold=True)
        gap = " " if text[:start].endswith((" ", "\n")) else ""
        tail = text[end:]
        click.echo(
            f"{'match':<10} {shown(match['topic'])} in the {match['place']}: "
            f"{marked[0]}{gap}{marked[1]}{' ' if tail[:1].isspace() else ''}{shown(tail)}"
        )


def _revisions(revisions: list[dict[str, Any]]) -> None:
    for r in revisions:
        stealth = ", stealth" if r["stealth"] else ""
        click.echo(
            f"{'revision':<10} {r['number']}  {r['seen_at']}  {r['change']}{stealth}"
            f"  score {r['score']:.2f}"
        )


def _print_changes(changes: list[dict[str, Any]]) -> None:
    if not changes:
        click.echo("\nno change was seen")
    for change in changes:
        click.secho(f"\nrevision {change['from']} → {change['to']}", bold=True)
        for field in ("title", "text"):
            if change[field]:
                click.echo("".join(_coloured(op, text) for op, text in change[field]))


def _coloured(op: str, text: str) -> str:
    text = _printable(text)
    match op:
        case "added":
            return click.style(f"{{+{text}+}}", fg="green")
        case "removed":
            return click.style(f"[-{text}-]", fg="red")
        case _:
            return text


def _printable(text: str) -> str:
    from monitor.core.clean import clean_text

    return clean_text(text, len(text) + 1)
