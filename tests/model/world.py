"""The outside: sites, channels and the clock, as small honest fakes behind the product's ports.

The sites serve real RSS and Atom bytes and real HTML, and note what they served; the channels note
what they accepted. A trap set by a step ends the process at a chosen point.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from typing import Protocol

from model import stories
from model.stories import Post, State
from monitor.errors import DeliveryError, Gone, Throttled, Unreachable
from monitor.model import Message, Page, Request, Unchanged, Validators

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
LONGEST_FEED = 12  # posts listed


class Killed(BaseException):
    """The process ends here: what is not durable is lost."""


class Discrepancy(AssertionError):
    """The database does not say what the model says."""


@dataclass(slots=True)
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@dataclass(slots=True)
class Trap:
    """Kills at the `left`-th pass of a point, or makes the database refuse there."""

    point: str = ""
    left: int = 0
    refusals: int = 0  # settlements that the database still refuses

    def pass_by(self, point: str) -> None:
        if point != self.point:
            return
        self.left -= 1
        if self.left <= 0:
            self.point = ""
            raise Killed(point)


@dataclass(slots=True, kw_only=True)
class FeedFile:
    """One feed of an outlet: which posts it lists, and how its server answers."""

    url: str
    outlet: str
    paged: bool  # whether the pages behind it are fetched
    atom: bool
    posts: list[Post] = field(default_factory=list)
    mode: str = "ok"

    def entries(self) -> list[Post]:
        return [] if self.mode == "empty" else self.posts[:LONGEST_FEED]


@dataclass(slots=True)
class Web:
    """Implements ports.Fetcher and ports.Turns. `last` is what the newest answer was."""

    clock: Clock
    trap: Trap
    feeds: dict[str, FeedFile] = field(default_factory=dict)  # by url
    feed_of: dict[str, FeedFile] = field(default_factory=dict)  # by every name of a source
    pages: dict[str, Post] = field(default_factory=dict)  # by url
    redirects: dict[str, str] = field(default_factory=dict)
    page_modes: dict[int, str] = field(default_factory=dict)  # by the number of a post
    rendered: dict[str, tuple[Post, State]] = field(default_factory=dict)  # what was ever served
    last: tuple[Post, State | str] | None = None  # what the newest answer for a page was
    last_feed: FeedFile | None = None

    async def get(self, request: Request) -> Page | Unchanged:
        self.trap.pass_by("fetch")
        found = self.feeds.get(request.url)
        if found is not None:
            self.last_feed = found
            return self._answer(request, (), request.url, feed_bytes(self, found), found.mode)
        url = self.redirects.get(_plain(request.url), _plain(request.url))
        hops = (request.url,) if url != request.url else ()
        post = self.pages[url]
        mode = self.page_modes.get(post.number, "ok")
        self.last = (post, mode)
        body = stories.page(post, post.state).encode()
        answer = self._answer(request, hops, url, body, mode)
        if isinstance(answer, Unchanged):
            self.last = (post, "unchanged")
        elif mode != "garbage":
            self.last = (post, post.state)
        return answer

    def _answer(
        self, request: Request, hops: tuple[str, ...], url: str, body: bytes, mode: str
    ) -> Page | Unchanged:
        match mode:
            case "error":
                raise Unreachable("HTTP 500", url=url, status=500)
            case "missing":
                raise Gone("HTTP 404", url=url, status=404)
            case "gone":
                raise Gone("HTTP 410", url=url, status=410, permanent=True)
            case "throttled":
                wait = timedelta(hours=2)
                raise Throttled("HTTP 429", url=url, status=429, retry_after=wait)
            case "garbage":
                body = b"<html><body>Back soon.</body></html>"
        etag = f'"{sha256(body).hexdigest()[:16]}"'
        said = Validators(etag=etag)
        now = self.clock()
        if request.validators.etag == etag:
            return Unchanged(url=url, validators=said, fetched_at=now)
        kind = "text/html" if body.startswith(b"<!DOCTYPE html") else "application/xml"
        return Page(
            url=url, hops=hops, body=body, content_type=kind, validators=said, fetched_at=now
        )

    def busy(self) -> frozenset[str]:
        return frozenset()

    def next_free(self) -> float | None:
        return None

    def summary(self, post: Post) -> str:
        """What a feed says of a post; remembers what that meant."""
        body = stories.teaser(post) if post.paged else stories.paragraphs(post, post.state)
        self.rendered[f"{stories.title(post, post.state)}\n{body}"] = (post, post.state)
        return body


def _plain(url: str) -> str:
    return url.partition("?")[0]


def feed_bytes(web: Web, feed: FeedFile) -> bytes:
    write = _atom_entry if feed.atom else _rss_item
    items = "".join(write(web, post) for post in feed.entries())
    if feed.atom:
        return (
            '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
            f"<title>{feed.outlet}</title><id>{feed.url}</id>{items}</feed>"
        ).encode()
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>{feed.outlet}</title><link>http://{feed.outlet}/</link>"
        f"<description>News</description>{items}</channel></rss>"
    ).encode()


def _rss_item(web: Web, post: Post) -> str:
    guid = f'<guid isPermaLink="false">{post.guid}</guid>' if post.guid else ""
    link = f"<link>{escape(post.link)}</link>" if post.link else ""
    date = f"<pubDate>{format_datetime(post.published)}</pubDate>" if post.published else ""
    return (
        f"<item><title>{stories.title(post, post.state)}</title>{guid}{link}{date}"
        f"<description>{escape(web.summary(post))}</description></item>"
    )


def _atom_entry(web: Web, post: Post) -> str:
    guid = f"<id>{post.guid}</id>" if post.guid else ""
    link = f'<link href="{escape(post.link)}"/>' if post.link else ""
    date = f"<published>{post.published.isoformat()}</published>" if post.published else ""
    return (
        f"<entry><title>{stories.title(post, post.state)}</title>{guid}{link}{date}"
        f'<summary type="html">{escape(web.summary(post))}</summary></entry>'
    )


@dataclass(slots=True)
class Inbox:
    """What one channel's readers have; survives restarts. `mode` is how its server answers."""

    recipients: tuple[str, ...]
    mode: str = "ok"
    copies: Counter[tuple[str, int]] = field(default_factory=Counter)  # (recipient, alert)
    notices: Counter[tuple[str, str]] = field(default_factory=Counter)  # (recipient, message)
    message_of: dict[tuple[str, int], str] = field(default_factory=dict)  # (recipient, alert)
    split: set[str] = field(default_factory=set)  # messages that were found too large
    alerts_of: dict[str, frozenset[int]] = field(default_factory=dict)  # message → its alerts


class Outgoing(Protocol):
    """What is known of messages under way."""

    accepted: set[str]  # not settled yet
    excused: set[str]  # may come twice: accepted, and the settlement was lost


@dataclass(slots=True)
class Line:
    """Implements ports.Channel on top of an inbox."""

    name: str
    inbox: Inbox
    trap: Trap
    ledger: Outgoing

    async def send(self, message: Message) -> None:
        self.trap.pass_by("before acceptance")
        waiting = [one for one in self.inbox.recipients if one not in message.served]
        served = self._answer(message, waiting)
        self._accept(message, served)
        self.ledger.accepted.add(message.id)
        self.trap.pass_by("after acceptance")
        if len(served) < len(waiting):
            raise DeliveryError("451 for some", channel=self.name, served=served)

    async def close(self) -> None:
        return

    def _answer(self, message: Message, waiting: list[str]) -> list[str]:
        """Who accepts. Raises DeliveryError where nobody does."""
        match self.inbox.mode:
            case "failing":
                raise DeliveryError("HTTP 500", channel=self.name)
            case "refusing":
                raise DeliveryError("HTTP 400", channel=self.name, permanent=True)
            case "closed":
                raise DeliveryError("HTTP 410", channel=self.name, permanent=True, disable=True)
            case "throttled":
                wait = timedelta(hours=1)
                raise DeliveryError("HTTP 429", channel=self.name, retry_after=wait)
            case "small" if len(message.items) > 1:
                self.inbox.split.add(message.id)
                raise DeliveryError("552 too large", channel=self.name, too_large=True)
            case "partial" if len(waiting) > 1:
                return waiting[:1]
        return waiting

    def _accept(self, message: Message, served: list[str]) -> None:
        alerts = frozenset(alert.id for item in message.items for alert in item.alerts)
        known = self.inbox.alerts_of.get(message.id, alerts)
        self.inbox.alerts_of[message.id] = alerts
        # Some had it whole; it was then too large for the others, who get it in halves.
        is_half = message.id in self.inbox.split and alerts < known
        if known != alerts and not is_half:
            raise Discrepancy(f"{message.id} carries {sorted(alerts)}, before {sorted(known)}")
        for recipient in served:
            self.inbox.notices[recipient, message.id] += 1
            if (
                self.inbox.notices[recipient, message.id] > 1
                and message.id not in self.ledger.excused
            ):
                raise Discrepancy(f"{self.name}: {recipient} has {message.id} twice")
            for alert in alerts:
                self.inbox.copies[recipient, alert] += 1
                other = self.inbox.message_of.setdefault((recipient, alert), message.id)
                if other != message.id and other not in self.inbox.split:
                    raise Discrepancy(
                        f"{self.name}: alert {alert} came in {other} and {message.id}"
                    )
