"""One article's revisions as a document: what was seen when, from where, and what changed.

Takes the plain rows of the archive; does not know where they come from.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any

from monitor.core.revisions.diff import Op, words

Row = Mapping[str, Any]
Marks = Mapping[str, tuple[str, str]]  # removed, added → what stands before and after it

_BREAK = re.compile(r"(\s*\n\s*\n\s*)")
_MARKDOWN: Marks = {"removed": ("~~", "~~"), "added": ("**", "**")}
_HTML: Marks = {"removed": ("<del>", "</del>"), "added": ("<ins>", "</ins>")}

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}ins{background:#2a24;text-decoration:none}"
    "del{background:#c224}td{padding-right:1rem;vertical-align:top;overflow-wrap:anywhere}"
)


def changes(revisions: Sequence[Row]) -> list[dict[str, Any]]:
    """The words that came and went, from each revision to the next.

    No piece spans paragraphs: the breaks between them are pieces of their own.
    """
    return [
        {
            "from": old["number"],
            "to": new["number"],
            "title": words(old["title"], new["title"]) if old["title"] != new["title"] else None,
            "text": list(_apart(words(old["text"], new["text"]))),
        }
        for old, new in pairwise(revisions)
    ]


def marked(text: str, mark: tuple[str, str]) -> str:
    """The text between the two halves of a mark; white space at its ends stays outside."""
    core = text.strip()
    if not core:
        return text
    start = text.index(core)
    return f"{text[:start]}{mark[0]}{core}{mark[1]}{text[start + len(core) :]}"


def _apart(ops: Iterable[Op]) -> Iterator[Op]:
    """The same way, with the breaks between paragraphs as pieces of their own."""
    for op, text in ops:
        yield from ((op, piece) for piece in _BREAK.split(text) if piece)


def markdown(article: Row, revisions: Sequence[Row]) -> str:
    """For people who read it as text; changed words as ~~old~~ and **new**."""
    lines = [f"# {article['title']}", "", *(f"- {k}: {v}" for k, v in _facts(article)), ""]
    for revision in revisions:
        lines += [f"## Revision {revision['number']} ({revision['change']})", ""]
        lines += [f"- {name}: {value}" for name, value in _evidence(revision)]
        for paragraph in _paragraphs(revisions, revision, _MARKDOWN, str):
            lines += ["", paragraph]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def html(article: Row, revisions: Sequence[Row]) -> str:
    """One page that needs nothing else; every text is escaped."""
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
    return [(name, _flat(article[name])) for name in names if article[name]]


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
    return [(name, _flat(revision[name])) for name in names if revision[name]]


def _flat(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _table(facts: list[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><td>{escape(k)}<td>{escape(v)}" for k, v in facts)
    return f"<table>{rows}</table>"


def _paragraphs(
    revisions: Sequence[Row], revision: Row, marks: Marks, safe: Callable[[str], str]
) -> Iterator[str]:
    """The paragraphs of a revision, with what changed since the one before."""
    before = next((r for r in revisions if r["number"] == revision["number"] - 1), None)
    ops: list[Op] = [("equal", revision["text"])]
    if before is not None:
        ops = words(before["text"], revision["text"])
    paragraph = ""
    for op, piece in _apart(ops):
        if not _BREAK.fullmatch(piece):
            paragraph += marked(safe(piece), marks[op]) if op in marks else safe(piece)
        elif paragraph.strip():
            yield paragraph.strip()
            paragraph = ""
    if paragraph.strip():
        yield paragraph.strip()
