"""Builds the JSON payload of a webhook.

It is cut to its maximum size by shortening texts and lists; the JSON itself is never truncated.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from monitor.core.messages.excerpts import choose_hits, cut_excerpt
from monitor.core.messages.lede import lede
from monitor.core.messages.match_levels import highest_rank
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

MAX_ARTICLE_BYTES = 20_000
MAX_DIGEST_BYTES = 1_000_000
ENVELOPE_BYTES = 1_800  # reserved for type, timestamp, note and the braces around `data`
MAX_MESSAGE_CHARS = 4_000
MAX_NOTE_CHARS = 300

_MATCH_REASONS = {Reason.NEW, Reason.NOW_MATCHES}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLimits:
    """Limits for the texts and lists of an article; lengths in characters."""

    excerpts: int
    excerpt: int
    sentences: int  # added, and as many removed
    sentence: int
    title: int = 500
    authors: int = 20
    name: int = 200  # an author, a topic, a source
    alerts: int = 100
    summary: int = 300
    address: int = 4_000  # a longer one is left out, as half an address is useless


# From loose to tight; the first within the size limit is used. The last fits any article.
LIMIT_STEPS = (
    TextLimits(excerpts=20, excerpt=1_000, sentences=50, sentence=1_000),
    TextLimits(excerpts=20, excerpt=400, sentences=20, sentence=400),
    TextLimits(excerpts=10, excerpt=300, sentences=8, sentence=300, authors=10),
    TextLimits(excerpts=5, excerpt=200, sentences=3, sentence=200, authors=5),
    TextLimits(excerpts=1, excerpt=120, sentences=0, sentence=0, title=300, authors=3, name=80),
    TextLimits(
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


def build_payload(message: Message) -> Json:
    """Build the body: `type`, `timestamp`, `data`. It is the same on every attempt.

    Encoded, one article is under 20 kB and a digest under 1 MB.
    """
    kind, data = _type_and_data(message)
    return {"type": kind, "timestamp": utc_text(message.created_at), "data": data}


def encode_payload(body: Json) -> bytes:
    """Encode the body as the bytes that are signed and sent."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _type_and_data(message: Message) -> tuple[str, Json]:
    match message.kind:
        case MessageKind.ARTICLE if len(message.items) == 1:
            (item,) = message.items
            data, _, _ = _fit(item, MAX_ARTICLE_BYTES - ENVELOPE_BYTES)
            return _type(item), {**data, **_note(message)}
        case MessageKind.ARTICLE | MessageKind.DIGEST:
            part = {"part": message.part} if message.part else {}
            return "digest", {**_digest(message.items), **part, **_note(message)}
        case MessageKind.OPERATOR | MessageKind.TEST:
            return message.kind.value, {"message": clean_line(message.text, MAX_MESSAGE_CHARS)}


def _note(message: Message) -> Json:
    """The message's note about all of its articles."""
    return {"note": clean_line(message.text, MAX_NOTE_CHARS)} if message.text else {}


def _type(item: Item) -> str:
    reasons = {alert.reason for alert in item.alerts}
    if Reason.RETRACTED in reasons:
        return "article.retracted"
    return "article.matched" if reasons & _MATCH_REASONS else "article.updated"


def _digest(items: tuple[Item, ...]) -> Json:
    """Fit the items into one digest, the highest level first.

    Each gets an even share of the space that is left.

    `omitted` counts the items that did not fit; several thousand do.
    """
    left = MAX_DIGEST_BYTES - ENVELOPE_BYTES
    found: list[Json] = []
    step = 0
    items = tuple(sorted(items, key=highest_rank, reverse=True))  # stable: else in order of alerts
    for index, item in enumerate(items):
        # Items are similar, so the search starts one step looser than the last item's.
        data, size, step = _fit(item, left // (len(items) - index), max(0, step - 1))
        if size > left:
            return {"items": found, "omitted": len(items) - index}
        found.append(data)
        left -= size
    return {"items": found}


def _fit(item: Item, limit: int, first: int = 0) -> tuple[Json, int, int]:
    """Fit an item into `limit` bytes; return its data, its size with a comma, and its step."""
    for step in range(first, len(LIMIT_STEPS)):
        data = _data(item, LIMIT_STEPS[step])
        size = len(encode_payload(data)) + 1
        if size <= limit:
            break
    return data, size, step


def _data(item: Item, limits: TextLimits) -> Json:
    return {
        "alerts": [_alert(alert, limits) for alert in item.alerts[: limits.alerts]],
        "article": _article(item.story, limits),
        "matches": [_match(hit, limits) for hit in choose_hits(item.hits, limits.excerpts)],
        "change": _change(item.change, item.run, limits) if item.change else None,
    }


def _alert(alert: Alert, limits: TextLimits) -> Json:
    return {
        "id": alert.id,
        "topic": clean_line(alert.topic, limits.name),
        "reason": alert.reason.value,
    }


def _article(story: Story, limits: TextLimits) -> Json:
    article: Json = {
        "id": story.id,
        "url": _clean_address(story.url, limits.address),
        "guid": _clean_address(story.guid, limits.address),
        "title": clean_line(story.title, limits.title),
        "summary": lede(story.opening, story.title, limits.summary),
        "source": clean_line(story.source, limits.name),
        "authors": [clean_line(name, limits.name) for name in story.authors[: limits.authors]],
        "published": utc_text(story.published_at),
        "updated": utc_text(story.updated_at),
        "language": clean_line(story.language, 35) if story.language else None,
        "revision": story.revision,
    }
    if story.also_at:
        article["also_at"] = [
            clean_line(name, limits.name) for name in story.also_at[: limits.authors]
        ]
    return article


def _match(hit: Hit, limits: TextLimits) -> Json:
    return {
        "topic": clean_line(hit.topic, limits.name),
        "place": hit.place.value,
        "excerpt": clean_line(cut_excerpt(hit, limits.excerpt), limits.excerpt),
        "level": hit.level.value,
    }


def _change(change: Change, run: EditRun | None, limits: TextLimits) -> Json:
    title = change.title
    edits = {"edits": run.count, "since": utc_text(run.since)} if run else {}
    return {
        **edits,
        "kind": change.kind.value,
        "score": round(change.score, 4),
        "title": [clean_line(headline, limits.title) for headline in title] if title else None,
        "added": _sentences(change.added, limits),
        "removed": _sentences(change.removed, limits),
    }


def _sentences(sentences: Iterable[str], limits: TextLimits) -> list[str]:
    return [clean_line(text, limits.sentence) for text in tuple(sentences)[: limits.sentences]]


def _clean_address(address: str | None, limit: int) -> str | None:
    """Clean an address; None if it is longer than `limit`."""
    if address is None:
        return None
    cleaned = clean_line(address, limit)
    return cleaned if len(address) <= limit >= len(cleaned.encode()) else None
