"""A message as a mail: subject, plain text and HTML; `webhook_payload` is for webhooks."""

import shlex
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from monitor.core.alerts import MAX_NAME_CHARS, label_of, topics_of
from monitor.core.dates import zone_or_utc
from monitor.core.messages.excerpts import Piece
from monitor.core.messages.view import (
    ALONE,
    IN_DIGEST,
    IN_LONG_DIGEST,
    SHORT,
    Detail,
    StoryView,
    view,
)
from monitor.core.text import clean_line
from monitor.model import Item, Message, MessageKind

SUBJECT_TOPICS_LETTERS = 60
HEADLINE_LETTERS = 160
LONG_DIGEST = 100  # articles; past this they are named, not quoted
LINE_LETTERS = 76
SILENCES = 3  # topics for which a message shows how to silence them
MESSAGE_LETTERS = 20_000

# What plain text puts around a piece, by its kind.
_SIGNS = {"": ("", ""), "mark": ("*", "*"), "added": ("{+", "+}"), "removed": ("[-", "-]")}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailText:
    """One line, and two bodies that say the same."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSection:
    """A digest's stories under one topic."""

    topic: str
    stories: tuple[StoryView, ...]


def mail(message: Message, *, zone: str, short: bool = False) -> MailText:
    """`zone` is the reader's, an IANA name; `short`: an article without excerpts, as text only."""
    match message.kind:
        case MessageKind.ARTICLE | MessageKind.DIGEST if len(message.items) == 1:
            text = _article(message, zone, SHORT if short else ALONE)
            return replace(text, html="") if short else text
        case MessageKind.ARTICLE | MessageKind.DIGEST:
            return _digest(message, zone)
        case MessageKind.OPERATOR | MessageKind.TEST:
            return _operator_mail(message)


def _article(message: Message, zone: str, detail: Detail) -> MailText:
    (item,) = message.items
    label = label_of(item)
    headline = clean_line(item.story.title, HEADLINE_LETTERS) or "(no headline)"
    subject = f"{_tag(message)} {label + ': ' if label else ''}{headline}"
    story = view(item, zone_or_utc(zone), detail)
    return _rendered(
        "article", subject, story=story, note=_note(message), silences=_silences(message)
    )


def _digest(message: Message, zone: str) -> MailText:
    articles = f"{len(message.items)} article{'' if len(message.items) == 1 else 's'}"
    subject = f"{_tag(message)} {articles}"
    told = sections(message.items, zone)
    return _rendered(
        "digest", subject, sections=told, note=_note(message), silences=_silences(message)
    )


def _note(message: Message) -> str:
    """What a message says before its articles."""
    return clean_line(message.text, MESSAGE_LETTERS)


def sections(items: tuple[Item, ...], zone: str) -> tuple[DigestSection, ...]:
    """Topics by name, their stories the newest first. Each story stands once."""
    detail = IN_LONG_DIGEST if len(items) > LONG_DIGEST else IN_DIGEST
    reader = zone_or_utc(zone)
    topics: dict[str, list[StoryView]] = {}
    for item in sorted(items, key=_told_at, reverse=True):
        story = view(item, reader, detail)
        topics.setdefault(next(iter(story.topics), ""), []).append(story)
    return tuple(DigestSection(topic=name, stories=tuple(topics[name])) for name in sorted(topics))


def _silences(message: Message) -> list[str]:
    """A command for each topic, ready to be run."""
    topics = sorted({alert.topic for item in message.items for alert in item.alerts})
    names = [clean_line(topic, MAX_NAME_CHARS) for topic in topics[:SILENCES]]
    return [f"news-monitor silence {shlex.quote(name)} --for 1d" for name in names]


def _told_at(item: Item) -> float:
    return max((alert.created_at.timestamp() for alert in item.alerts), default=0.0)


def _operator_mail(message: Message) -> MailText:
    lines = [
        clean_line(line, MESSAGE_LETTERS) for line in message.text[:MESSAGE_LETTERS].split("\n")
    ]
    test = message.kind is MessageKind.TEST
    first = next((line for line in lines if line), "(nothing to say)")
    about = "Test message" if test else textwrap.shorten(first, HEADLINE_LETTERS, placeholder=" …")
    return _rendered("message", f"[news-monitor] {about}", lines=lines, test=test, silences=[])


def _tag(message: Message) -> str:
    """`[border, tariff]`, with `+3` where more topics than fit are meant; then which part it is."""
    part = f" [{message.part}]" if message.part else ""
    return f"[{_names(message.items)}]{part}"


def _names(items: Iterable[Item]) -> str:
    topics = sorted({topic for item in items for topic in topics_of(item)})
    shown: list[str] = []
    for topic in topics:
        if shown and len(", ".join([*shown, topic])) > SUBJECT_TOPICS_LETTERS:
            return f"{', '.join(shown)} +{len(topics) - len(shown)}"
        shown.append(topic)
    return ", ".join(shown)


# ── templates ────────────────────────────────────────────────────────────────────────────


def _rendered(name: str, subject: str, **values: object) -> MailText:
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
    templates.filters.update(plain=_plain, wrapped=_wrapped)
    return templates


def _plain(pieces: tuple[Piece, ...]) -> str:
    return "".join(_signed(piece) for piece in pieces)


def _signed(piece: Piece) -> str:
    before, after = _SIGNS[piece.kind]
    return f"{before}{piece.text}{after}"


def _wrapped(text: str, first: str = "", then: str = "") -> str:
    """Lines of 76 characters; a longer word, an address for one, stays whole."""
    lines = textwrap.wrap(
        text,
        LINE_LETTERS,
        initial_indent=first,
        subsequent_indent=then,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines)
