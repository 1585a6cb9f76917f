"""Renders a message as mail: subject, plain text and HTML.

See `mime` for the header fields, and `webhook_payload` for the JSON of webhooks.
"""

import shlex
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from monitor.core.alerts import MAX_NAME_CHARS, label_of, topics_of
from monitor.core.dates import zone_or_utc
from monitor.core.messages.excerpts import Piece
from monitor.core.messages.match_levels import highest_rank
from monitor.core.messages.view import (
    IN_DIGEST,
    IN_LONG_DIGEST,
    SHORT,
    SINGLE,
    Detail,
    StoryView,
    build_view,
)
from monitor.core.text import clean_line
from monitor.model import Item, Message, MessageKind

MAX_SUBJECT_TOPICS_CHARS = 60
MAX_HEADLINE_CHARS = 160
LONG_DIGEST = 100  # articles; in a longer digest they are named only, not quoted
LINE_CHARS = 76
MAX_SILENCE_COMMANDS = 3  # shown in a message, one per topic
MAX_MESSAGE_CHARS = 20_000

# Marks around a piece in plain text, by its kind.
_PLAIN_MARKS = {"": ("", ""), "mark": ("*", "*"), "added": ("{+", "+}"), "removed": ("[-", "-]")}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailText:
    """Subject and bodies of a mail; `html` is empty for a mail of plain text only."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSection:
    """A digest's stories under one topic."""

    topic: str
    stories: tuple[StoryView, ...]


def render_mail(message: Message, *, zone: str, short: bool = False) -> MailText:
    """Render a message as mail.

    `zone`: the reader's, an IANA name. `short`: an article without excerpts, as plain text only.
    """
    match message.kind:
        case MessageKind.ARTICLE | MessageKind.DIGEST if len(message.items) == 1:
            text = _render_article(message, zone, SHORT if short else SINGLE)
            return replace(text, html="") if short else text
        case MessageKind.ARTICLE | MessageKind.DIGEST:
            return _render_digest(message, zone)
        case MessageKind.OPERATOR | MessageKind.TEST:
            return _render_operator(message)


def _render_article(message: Message, zone: str, detail: Detail) -> MailText:
    (item,) = message.items
    label = label_of(item)
    headline = clean_line(item.story.title, MAX_HEADLINE_CHARS) or "(no headline)"
    subject = f"{_tag(message)} {label + ': ' if label else ''}{headline}"
    story = build_view(item, zone_or_utc(zone), detail)
    return _render(
        "article", subject, story=story, note=_note(message), silences=_silence_commands(message)
    )


def _render_digest(message: Message, zone: str) -> MailText:
    articles = f"{len(message.items)} article{'' if len(message.items) == 1 else 's'}"
    subject = f"{_tag(message)} {articles}"
    sections = digest_sections(message.items, zone)
    return _render(
        "digest",
        subject,
        sections=sections,
        note=_note(message),
        silences=_silence_commands(message),
    )


def _note(message: Message) -> str:
    """The note that a message puts before its articles, cleaned; empty for none."""
    return clean_line(message.text, MAX_MESSAGE_CHARS)


def digest_sections(items: tuple[Item, ...], zone: str) -> tuple[DigestSection, ...]:
    """Group articles by their first topic, by name; within one, by level and newest alert."""
    detail = IN_LONG_DIGEST if len(items) > LONG_DIGEST else IN_DIGEST
    reader = zone_or_utc(zone)
    topics: dict[str, list[StoryView]] = {}
    for item in sorted(items, key=_level_and_time, reverse=True):
        story = build_view(item, reader, detail)
        topics.setdefault(next(iter(story.topics), ""), []).append(story)
    return tuple(DigestSection(topic=name, stories=tuple(topics[name])) for name in sorted(topics))


def _silence_commands(message: Message) -> list[str]:
    """Commands that silence the topics of a message, ready for a shell."""
    topics = sorted({alert.topic for item in message.items for alert in item.alerts})
    names = [clean_line(topic, MAX_NAME_CHARS) for topic in topics[:MAX_SILENCE_COMMANDS]]
    return [f"news-monitor silence {shlex.quote(name)} --for 1d" for name in names]


def _level_and_time(item: Item) -> tuple[int, float]:
    return highest_rank(item), _newest_alert_at(item)


def _newest_alert_at(item: Item) -> float:
    return max((alert.created_at.timestamp() for alert in item.alerts), default=0.0)


def _render_operator(message: Message) -> MailText:
    lines = [
        clean_line(line, MAX_MESSAGE_CHARS) for line in message.text[:MAX_MESSAGE_CHARS].split("\n")
    ]
    test = message.kind is MessageKind.TEST
    first = next((line for line in lines if line), "(nothing to say)")
    first = textwrap.shorten(first, MAX_HEADLINE_CHARS, placeholder=" …")
    subject = f"[news-monitor] {'Test message' if test else first}"
    return _render("message", subject, lines=lines, test=test, silences=[])


def _tag(message: Message) -> str:
    """`[border, tariff]`, with `+3` for topics that do not fit; then the part of a split digest."""
    part = f" [{message.part}]" if message.part else ""
    return f"[{_names(message.items)}]{part}"


def _names(items: Iterable[Item]) -> str:
    topics = sorted({topic for item in items for topic in topics_of(item)})
    names: list[str] = []
    for topic in topics:
        if names and len(", ".join([*names, topic])) > MAX_SUBJECT_TOPICS_CHARS:
            return f"{', '.join(names)} +{len(topics) - len(names)}"
        names.append(topic)
    return ", ".join(names)


# ── templates ────────────────────────────────────────────────────────────────────────────


def _render(name: str, subject: str, **values: object) -> MailText:
    subject = clean_line(subject, len(subject))
    text = _templates().get_template(f"{name}.txt.jinja").render(subject=subject, **values)
    html = _templates().get_template(f"{name}.html.jinja").render(subject=subject, **values)
    return MailText(subject=subject, text=text.strip() + "\n", html=html)


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("monitor.core.messages"),
        autoescape=lambda name: name is not None and ".html" in name,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(plain=_format_pieces, wrapped=_wrap)
    return templates


def _format_pieces(pieces: tuple[Piece, ...]) -> str:
    return "".join(_format_piece(piece) for piece in pieces)


def _format_piece(piece: Piece) -> str:
    before, after = _PLAIN_MARKS[piece.kind]
    return f"{before}{piece.text}{after}"


def _wrap(text: str, first: str = "", then: str = "") -> str:
    """Wrap at LINE_CHARS characters; a longer word, such as an address, stays whole."""
    lines = textwrap.wrap(
        text,
        LINE_CHARS,
        initial_indent=first,
        subsequent_indent=then,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines)
