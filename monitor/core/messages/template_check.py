"""Checks a template by rendering made-up messages of every kind, for `news-monitor check`."""

from dataclasses import replace
from datetime import UTC, datetime

from monitor.core.messages.template import Template
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

_NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
_HOSTILE = 'A "border" \\ {{ story }} <b>@everyone</b> \\'  # a quote or a backslash breaks JSON
_MINIMAL_STORY = Story(
    id=ArticleId(1),
    url=None,
    guid=None,
    title=_HOSTILE,
    source="valley radio",
    authors=(),
    published_at=None,
    updated_at=None,
    language=None,
    revision=1,
)
_FULL_STORY = replace(
    _MINIMAL_STORY,
    url="https://news.example/story?a=1&b=2",
    guid="story-1",
    authors=("Ana Reyes",),
    published_at=_NOW,
    updated_at=_NOW,
    language="en",
    revision=2,
)


def check_template(template: Template) -> None:
    """Render every sample message. Raises TemplateError for the first that fails."""
    for message in _SAMPLES:
        template.render(message, zone="UTC")


def _alert(reason: Reason) -> Alert:
    return Alert(id=AlertId(1), topic="border", reason=reason, created_at=_NOW)


_HIT = Hit(topic="border", place=Place.TITLE, start=3, end=9, excerpt=_HOSTILE, excerpt_at=0)
_CHANGE = Change(
    kind=ChangeKind.MATERIAL,
    score=0.4,
    title=("A border story", _HOSTILE),
    added=(_HOSTILE,),
    removed=("A sentence that went.",),
)
_NEW = Item(alerts=(_alert(Reason.NEW),), story=_MINIMAL_STORY)
_UPDATED = Item(alerts=(_alert(Reason.UPDATED),), story=_FULL_STORY, hits=(_HIT,), change=_CHANGE)
_PLAIN = Message(kind=MessageKind.ARTICLE, id="msg_trial", created_at=_NOW, items=(_UPDATED,))
_SAMPLES = (
    _PLAIN,
    replace(_PLAIN, items=(_NEW,)),
    replace(_PLAIN, kind=MessageKind.DIGEST, items=(_NEW, _UPDATED)),
    replace(_PLAIN, kind=MessageKind.OPERATOR, items=(), text=_HOSTILE),
    replace(_PLAIN, kind=MessageKind.TEST, items=(), text="This is a test."),
)
