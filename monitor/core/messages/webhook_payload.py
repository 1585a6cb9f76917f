"""A message as the JSON that a webhook carries. Cut to size by its texts, never by its bytes."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from monitor.core.messages.excerpts import around, chosen
from monitor.core.messages.lede import lede
from monitor.core.text import clean_line
from monitor.model import (
    Alert,
    Change,
    EditRun,
    Hit,
    Item,
    Message,
    MessageKind,
    Reason,
    Story,
    utc_text,
)

Json = dict[str, Any]

ARTICLE_BYTES = 20_000
DIGEST_BYTES = 1_000_000
ENVELOPE_BYTES = 1_800  # type, timestamp, note (as UTF-8) and the braces around `data`
MESSAGE_LETTERS = 4_000
NOTE_LETTERS = 300

_MATCHED = {Reason.NEW, Reason.NOW_MATCHES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How much of each text stays; lengths in characters."""

    excerpts: int
    excerpt: int
    sentences: int  # added, and as many removed
    sentence: int
    title: int = 500
    authors: int = 20
    name: int = 200  # an author, a topic, a source
    alerts: int = 100
    summary: int = 300
    address: int = 4_000  # half an address leads nowhere: a longer one is left out whole


# The first that fits is taken. The last one fits an article whatever it holds.
LADDER = (
    Cut(excerpts=20, excerpt=1_000, sentences=50, sentence=1_000),
    Cut(excerpts=20, excerpt=400, sentences=20, sentence=400),
    Cut(excerpts=10, excerpt=300, sentences=8, sentence=300, authors=10),
    Cut(excerpts=5, excerpt=200, sentences=3, sentence=200, authors=5),
    Cut(excerpts=1, excerpt=120, sentences=0, sentence=0, title=300, authors=3, name=80),
    Cut(
        excerpts=0,
        excerpt=0,
        sentences=0,
        sentence=0,
        title=200,
        authors=0,
        name=60,
        alerts=25,
        summary=120,
        address=1_500,
    ),
)


def payload(message: Message) -> Json:
    """The whole body: `type`, `timestamp`, `data`. The same on every attempt.

    As UTF-8 an article stays under 20 kB and a digest under 1 MB.
    """
    kind, data = _type_and_data(message)
    return {"type": kind, "timestamp": utc_text(message.created_at), "data": data}


def encoded(body: Json) -> bytes:
    """The bytes that are signed and sent."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _type_and_data(message: Message) -> tuple[str, Json]:
    match message.kind:
        case MessageKind.ARTICLE if len(message.items) == 1:
            (item,) = message.items
            data, _, _ = _fit(item, ARTICLE_BYTES - ENVELOPE_BYTES)
            return _type(item), {**data, **_note(message)}
        case MessageKind.ARTICLE | MessageKind.DIGEST:
            part = {"part": message.part} if message.part else {}
            return "digest", {**_digest(message.items), **part, **_note(message)}
        case MessageKind.OPERATOR | MessageKind.TEST:
            return message.kind.value, {"message": clean_line(message.text, MESSAGE_LETTERS)}


def _note(message: Message) -> Json:
    """What the message says of all its articles."""
    return {"note": clean_line(message.text, NOTE_LETTERS)} if message.text else {}


def _type(item: Item) -> str:
    reasons = {alert.reason for alert in item.alerts}
    if Reason.RETRACTED in reasons:
        return "article.retracted"
    return "article.matched" if reasons & _MATCHED else "article.updated"


def _digest(items: tuple[Item, ...]) -> Json:
    """Every item gets an even share of what is left, so that short ones leave room for long ones.

    `omitted` counts the items that found no room at all: several thousand fit.
    """
    left = DIGEST_BYTES - ENVELOPE_BYTES
    found: list[Json] = []
    rung = 0
    for index, item in enumerate(items):
        # Neighbours are alike: one rung above the last one's is where to begin.
        data, size, rung = _fit(item, left // (len(items) - index), max(0, rung - 1))
        if size > left:
            return {"items": found, "omitted": len(items) - index}
        found.append(data)
        left -= size
    return {"items": found}


def _fit(item: Item, limit: int, first: int = 0) -> tuple[Json, int, int]:
    """The item with as much of its texts as `limit` bytes hold, its size with a comma, its rung."""
    for rung in range(first, len(LADDER)):
        data = _data(item, LADDER[rung])
        size = len(encoded(data)) + 1
        if size <= limit:
            break
    return data, size, rung


def _data(item: Item, cut: Cut) -> Json:
    return {
        "alerts": [_alert(alert, cut) for alert in item.alerts[: cut.alerts]],
        "article": _article(item.story, cut),
        "matches": [_match(hit, cut) for hit in chosen(item.hits, cut.excerpts)],
        "change": _change(item.change, item.run, cut) if item.change else None,
    }


def _alert(alert: Alert, cut: Cut) -> Json:
    return {
        "id": alert.id,
        "topic": clean_line(alert.topic, cut.name),
        "reason": alert.reason.value,
    }


def _article(story: Story, cut: Cut) -> Json:
    article: Json = {
        "id": story.id,
        "url": _whole(story.url, cut.address),
        "guid": _whole(story.guid, cut.address),
        "title": clean_line(story.title, cut.title),
        "summary": lede(story.opening, story.title, cut.summary),
        "source": clean_line(story.source, cut.name),
        "authors": [clean_line(name, cut.name) for name in story.authors[: cut.authors]],
        "published": utc_text(story.published_at),
        "updated": utc_text(story.updated_at),
        "language": clean_line(story.language, 35) if story.language else None,
        "revision": story.revision,
    }
    if story.also_at:
        article["also_at"] = [clean_line(name, cut.name) for name in story.also_at[: cut.authors]]
    return article


def _match(hit: Hit, cut: Cut) -> Json:
    return {
        "topic": clean_line(hit.topic, cut.name),
        "place": hit.place.value,
        "excerpt": clean_line(around(hit, cut.excerpt), cut.excerpt),
    }


def _change(change: Change, run: EditRun | None, cut: Cut) -> Json:
    title = change.title
    several = {"edits": run.count, "since": utc_text(run.since)} if run else {}
    return {
        **several,
        "kind": change.kind.value,
        "score": round(change.score, 4),
        "title": [clean_line(headline, cut.title) for headline in title] if title else None,
        "added": _sentences(change.added, cut),
        "removed": _sentences(change.removed, cut),
    }


def _sentences(sentences: Iterable[str], cut: Cut) -> list[str]:
    return [clean_line(text, cut.sentence) for text in tuple(sentences)[: cut.sentences]]


def _whole(address: str | None, limit: int) -> str | None:
    if address is None:
        return None
    cleaned = clean_line(address, limit)
    return cleaned if len(address) <= limit >= len(cleaned.encode()) else None
