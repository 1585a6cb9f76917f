"""A local news site: it publishes, edits and retracts stories, and answers conditionally."""

import html
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One story as its editors have it."""

    slug: str
    title: str
    paragraphs: tuple[str, ...]
    published: datetime  # aware
    updated: datetime | None = None
    byline: str = "Ana Reyes"
    tags: tuple[str, ...] = ("Border", "Business")
    related: tuple[str, ...] = ("Monsoon brings relief to the valley",)
    summary: str | None = None
    guid: str | None = None  # None: by its slug
    path: str | None = None  # of its page; None: /story/SLUG


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request the site has answered."""

    path: str
    status: int
    conditional: bool


@dataclass(slots=True)
class Newsroom:
    """Feeds by name, each a list of stories, the newest first. Stamps are in `zone`."""

    zone: ZoneInfo
    feeds: dict[str, list[str]] = field(default_factory=lambda: {"news": []})
    stories: dict[str, Story] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)  # announced, but the page is not there
    raw: dict[str, str] = field(default_factory=dict)  # a page that is something else for once
    answers: dict[str, Answer] = field(default_factory=dict)  # instead of a feed
    redirects: dict[str, str] = field(default_factory=dict)  # from the page of a slug to another's
    failing: set[str] = field(default_factory=set)  # answered with 500
    visits: list[Visit] = field(default_factory=list)
    address: str = ""

    def publish(self, story: Story, feed: str = "news") -> None:
        self.stories[story.slug] = story
        self.feeds.setdefault(feed, []).insert(0, story.slug)

    def edit(self, slug: str, **changes: object) -> Story:
        self.stories[slug] = replace(self.stories[slug], **changes)  # type: ignore[arg-type]
        return self.stories[slug]

    def retract(self, slug: str) -> None:
        self.gone.add(slug)

    def feed_url(self, feed: str = "news") -> str:
        return f"{self.address}/feeds/{feed}.xml"

    def page_url(self, slug: str) -> str:
        story = self.stories.get(slug)
        return f"{self.address}{story.path if story and story.path else f'/story/{slug}'}"

    # what readers get

    def feed(self, name: str) -> str:
        items = "".join(
            self._item(self.stories[slug]) for slug in self.feeds[name] if slug not in self.gone
        )
        return (
            '<?xml version="1.0" encoding="utf-8"?>'
            '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
            f"<title>Valley Public Radio: {name}</title><link>{self.address}/</link>"
            f"<description>Local news</description><language>en-us</language>{items}"
            "</channel></rss>"
        )

    def _item(self, story: Story) -> str:
        summary = story.summary if story.summary is not None else story.paragraphs[0]
        updated = (
            f"<atom:updated>{story.updated.isoformat()}</atom:updated>" if story.updated else ""
        )
        return (
            f"<item><title>{html.escape(story.title)}</title>"
            f"<link>{self.page_url(story.slug)}?utm_source=rss</link>"
            f'<guid isPermaLink="false">{story.guid or f"story-{story.slug}"}</guid>'
            f"<pubDate>{format_datetime(story.published)}</pubDate>{updated}"
            f"<description>{html.escape(summary)}</description></item>"
        )

    def page(self, story: Story) -> str:
        paragraphs = "".join(f"<p>{html.escape(text)}</p>" for text in story.paragraphs)
        related = "".join(f'<li><a href="/story/other">{r}</a></li>' for r in story.related)
        tags = "".join(f'<a href="/tags/{tag}">{tag}</a>' for tag in story.tags)
        updated = f"<div>Updated: {self._stamp(story.updated)}</div>" if story.updated else ""
        return (
            f'<!DOCTYPE html><html lang="en"><head><title>{html.escape(story.title)} | Valley'
            f' Public Radio</title><link rel="canonical" href="{self.page_url(story.slug)}">'
            '</head><body><nav><a href="/">Home</a> <a href="/news">News</a></nav><main>'
            f"<article><h1>{html.escape(story.title)}</h1><div>By {story.byline}</div>"
            f"<div>Published: {self._stamp(story.published)}</div>{updated}"
            f'<div class="body">{paragraphs}</div>'
            f"<h3>More Stories From Valley Public Radio</h3><ul>{related}</ul>"
            f'<div class="tags">{tags}</div></article></main>'
            "<footer>© Valley Public Radio. All rights reserved.</footer></body></html>"
        )

    def _stamp(self, at: datetime | None) -> str:
        assert at is not None
        local = at.astimezone(self.zone)
        clock = local.strftime("%I:%M%p").lstrip("0").lower()
        return f"{local:%A, %B} {local.day}, {local.year} - {clock}"

    # the server

    async def _serve_feed(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name in self.answers:
            return self._noted(request, await self.answers[name](request))
        if name not in self.feeds:
            return self._noted(request, web.Response(status=404))
        return self._answer(request, self.feed(name), "application/rss+xml")

    async def _serve_page(self, request: web.Request) -> web.StreamResponse:
        slug = self._slug_at(request.path)
        if slug in self.redirects:
            raise web.HTTPFound(self.page_url(self.redirects[slug]))
        if slug in self.failing:
            return self._noted(request, web.Response(status=500))
        if slug in self.raw:
            return self._answer(request, self.raw[slug], "text/html")
        if slug in self.gone:
            return self._noted(request, web.Response(status=410))
        if slug not in self.stories or slug in self.hidden:
            return self._noted(request, web.Response(status=404))
        return self._answer(request, self.page(self.stories[slug]), "text/html")

    def _slug_at(self, path: str) -> str:
        """The slug of the story whose page is here."""
        named = (slug for slug, story in self.stories.items() if story.path == path)
        return next(named, path.removeprefix("/story/"))

    def _answer(self, request: web.Request, text: str, kind: str) -> web.StreamResponse:
        etag = f'"{sha256(text.encode()).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == etag:
            return self._noted(request, web.Response(status=304, headers={"ETag": etag}))
        return self._noted(
            request,
            web.Response(text=text, content_type=kind, charset="utf-8", headers={"ETag": etag}),
        )

    def _noted(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        conditional = bool({"If-None-Match", "If-Modified-Since"} & set(request.headers))
        self.visits.append(
            Visit(path=request.path, status=response.status, conditional=conditional)
        )
        return response

    async def _robots(self, request: web.Request) -> web.StreamResponse:
        return self._noted(request, web.Response(text="User-agent: *\nAllow: /\n"))

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Newsroom"]:
        """Serves on a free port of the loopback interface."""
        app = web.Application()
        app.router.add_get("/feeds/{name}.xml", self._serve_feed)
        app.router.add_get("/robots.txt", self._robots)
        app.router.add_get("/{path:.+}", self._serve_page)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.address = f"http://{host}:{port}"
        try:
            yield self
        finally:
            await runner.cleanup()
