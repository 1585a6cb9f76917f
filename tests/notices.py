"""Notices for the tests of messages: a small one, and ways to change it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from monitor.model import (
    Alert,
    AlertId,
    ArticleId,
    Change,
    ChangeKind,
    Hit,
    Item,
    Message,
    MessageKind,
    Place,
    Reason,
    Story,
)

NOW = datetime(2019, 9, 11, 15, 0, tzinfo=UTC)
HEADLINE = "Tariff on steel doubled"
SENTENCE = "The import duty on steel was doubled, the second tariff increase of the month."

STORY = Story(
    id=ArticleId(3),
    url="https://news.example/steel?a=1&b=2",
    guid="news-3",
    title=HEADLINE,
    source="kjzz",
    authors=("Ana Ruiz",),
    published_at=datetime(2019, 9, 11, 14, 45, tzinfo=UTC),
    updated_at=datetime(2019, 9, 11, 14, 51, tzinfo=UTC),
    language="en",
    revision=1,
    timezone="America/New_York",
)
CHANGE = Change(
    kind=ChangeKind.MATERIAL,
    score=0.4,
    title=("Tariff on steel raised", HEADLINE),
    added=("The duty will be 50 percent from Monday, the ministry said.",),
    removed=("The duty will be 25 percent from Monday, the ministry said.",),
)


def alert(topic: str = "tariff", reason: Reason = Reason.NEW, number: int = 7) -> Alert:
    return Alert(id=AlertId(number), topic=topic, reason=reason, created_at=NOW)


def hit(word: str, text: str = SENTENCE, *, topic: str = "tariff", at: int = 0) -> Hit:
    """The first `word` of a sentence that begins at offset `at` of the article's text."""
    start = text.index(word)
    return Hit(
        topic=topic,
        place=Place.BODY,
        start=at + start,
        end=at + start + len(word),
        excerpt=text,
        excerpt_at=at,
    )


def title_hit(word: str, title: str = HEADLINE, topic: str = "tariff") -> Hit:
    return replace(hit(word, title, topic=topic), place=Place.TITLE)


def item(
    *alerts: Alert, hits: tuple[Hit, ...] = (), change: Change | None = None, **story: Any
) -> Item:
    return Item(
        alerts=alerts or (alert(),), story=replace(STORY, **story), hits=hits, change=change
    )


def notice(*items: Item, **values: Any) -> Message:
    kind = MessageKind.ARTICLE if len(items) < 2 else MessageKind.DIGEST
    told = Message(kind=kind, id="msg_a1_7_9", created_at=NOW, items=items or (item(),))
    return replace(told, **values)
