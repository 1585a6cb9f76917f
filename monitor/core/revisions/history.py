"""Renders one article's revisions as a document: what was seen when, from where, what changed.

Takes rows of the archive as mappings and queries nothing itself.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any

from monitor.core.revisions.diff import Op, diff_words

Row = Mapping[str, Any]
Marks = Mapping[str, tuple[str, str]]  # "removed", "added" → the text before and after it

_BREAK = re.compile(r"(\s*\n\s*\n\s*)")
_MARKDOWN: Marks = {"removed": ("~~", "~~"), "added": ("**", "**")}
_HTML: Marks = {"removed": ("<del>", "</del>"), "added": ("<ins>", "</ins>")}

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}ins{background:#2a24;text-decoration:none}"
    "del{background:#c224}td{padding-right:1rem;vertical-align:top;overflow-wrap:anywhere}"
)


def revision_diffs(revisions: Sequence[Row]) -> list[dict[str, Any]]:
    """Word diff of title and text from each revision to the next; `title` None if it is the same.

    No piece spans paragraphs: the breaks between them are pieces of their own.
    """
    return [
        {
            "from": old["number"],
            "to": new["number"],
            "title": diff_words(old["title"], new["title"])
            if old["title"] != new["title"]
            else None,
            "text": list(_split_at_breaks(diff_words(old["text"], new["text"]))),
        }
        for old, new in pairwise(revisions)
    ]


def surround(text: str, mark: tuple[str, str]) -> str:
    """Put the two halves of a mark around a text, inside the white space at its ends."""
    core = text.strip()
    if not core:
        return text
    start = text.index(core)
    return f"{text[:start]}{mark[0]}{core}{mark[1]}{text[start + len(core) :]}"


def _split_at_breaks(ops: Iterable[Op]) -> Iterator[Op]:
    """Split the breaks between paragraphs off as pieces of their own."""
    for op, text in ops:
        yield from ((op, piece) for piece in _BREAK.split(text) if piece)


def render_markdown(article: Row, revisions: Sequence[Row]) -> str:
    """Render as Markdown; changed words as ~~old~~ and **new**."""
    lines = [f"# {article['title']}", "", *(f"- {k}: {v}" for k, v in _facts(article)), ""]
    for revision in revisions:
        lines += [f"## Revision {revision['number']} ({revision['change']})", ""]
        lines += [f"- {name}: {value}" for name, value in _evidence(revision)]
        for paragraph in _paragraphs(revisions, revision, _MARKDOWN, str):
            lines += ["", paragraph]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def render_html(article: Row, revisions: Sequence[Row]) -> str:
    """Render as one HTML page without external resources; every text is escaped."""
    title = escape(article["title"])
    parts = [f"<h1>{title}</h1>", _table(_facts(article))]
    for revision in revisions:
        parts.append(f"<h2>Revision {revision['number']} ({escape(revision['change'])})</h2>")
        parts.append(_table(_evidence(revision)))
        parts += [
            f"<p>{paragraph}</p>" for paragraph in _paragraphs(revisions, revision, _HTML, escape)
        ]
    return (
        f'<!DOCTYPE html><html lang="{escape(article["language"] or "en")}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"<style>{_STYLE}</style>{''.join(parts)}</html>\n"
    )


def _facts(article: Row) -> list[tuple[str, str]]:
    names = ("url", "source", "authors", "published_at", "updated_at", "first_seen_at")
    return [(name, _format_value(article[name])) for name in names if article[name]]


def _evidence(revision: Row) -> list[tuple[str, str]]:
    names = (
        "seen_at",
        "published_at",
        "updated_at",
        "fetched_from",
        "etag",
        "last_modified",
        "body_sha256",
        "digest",
        "link",
    )
    return [(name, _format_value(revision[name])) for name in names if revision[name]]


def _format_value(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _table(facts: list[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><td>{escape(k)}<td>{escape(v)}" for k, v in facts)
    return f"<table>{rows}</table>"


def _paragraphs(
    revisions: Sequence[Row], revision: Row, marks: Marks, escape_text: Callable[[str], str]
) -> Iterator[str]:
    """Paragraphs of a revision, with the words that changed since the one before marked."""
    before = next((r for r in revisions if r["number"] == revision["number"] - 1), None)
    ops: list[Op] = [("equal", revision["text"])]
    if before is not None:
        ops = diff_words(before["text"], revision["text"])
    paragraph = ""
    for op, piece in _split_at_breaks(ops):
        if not _BREAK.fullmatch(piece):
            text = escape_text(piece)
            paragraph += surround(text, marks[op]) if op in marks else text
        elif paragraph.strip():
            yield paragraph.strip()
            paragraph = ""
    if paragraph.strip():
        yield paragraph.strip()
