"""One run of the model-based test: steps on the world, the product and the model.

A step is a name and three numbers, which choose among what there is when it is done; where there is
nothing to choose it does nothing. So a script stays valid when steps are taken out of it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from model import checks, stories
from model.config import CHOICES, RECIPIENTS, WANTED, Config
from model.naive import Model, SilenceRule, TopicRule
from model.runner import Runner
from model.stories import MOST_FACTS, MOST_NOTES, PLANTS, Post, State
from model.world import Clock, FeedFile, Inbox, Killed, Trap, Web
from monitor.model import SilenceKind
from monitor.store import silences
from monitor.store.deliveries import retry
from monitor.store.sqlite import open_beside

RECENT = 20  # posts that are still edited
WAITS = tuple(timedelta(minutes=m) for m in (1, 6, 16, 16, 31, 61, 150, 400, 1500, 4400))
CLOCK_STEPS = tuple(timedelta(hours=h) for h in (1, -1, 24, -24, 240, -240))
AGES = (timedelta(minutes=5), timedelta(minutes=5), timedelta(hours=5), timedelta(days=3), None)
FEED_MODES = ("error", "missing", "gone", "throttled", "garbage", "empty")
PAGE_MODES = ("error", "missing", "missing", "missing", "gone", "throttled", "garbage")
INBOX_MODES = (
    "failing",
    "refusing",
    "closed",
    "throttled",
    "partial",
    "partial",
    "partial",
    "small",
)
TRAPS = tuple(
    [f"{side} {what}" for side in ("before", "after") for what in ("poll", "read", "delivery")]
    + ["before acceptance", "after acceptance", "after acceptance", "fetch"]
)
FIRST_ID = 4_120_000  # in the addresses: a story keeps its number when its slug changes
SLUGS = ("border", "harbor", "meadow", "window", "winter")
SUFFIXES = ("", "x", "y")  # of a source's name
OUTLETS = (("alder", False), ("birch", True), ("cedar", True))  # name, whether pages are fetched


class Step(NamedTuple):
    do: str
    a: int = 0
    b: int = 0
    c: int = 0


class Machine:
    """The world, the product and the model, from one step to the next."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.trap, self.model = Clock(), Trap(), Model()
        self.web = Web(self.clock, self.trap)
        self.posts: list[Post] = []
        for outlet, paged in OUTLETS:
            for which in range(2):
                site = f"{outlet}.example"
                feed = FeedFile(
                    url=f"http://{site}/feed{which}", outlet=site, paged=paged, atom=which == 1
                )
                self.web.feeds[feed.url] = feed
        self.feeds = list(self.web.feeds.values())
        named = {f"{feed.outlet[:5]}-{feed.url[-1]}": feed for feed in self.feeds}
        self.config = Config(folder, dict(named))
        self.name_of = {feed.url: name for name, feed in named.items()}  # as it was last
        self.web.feed_of = {
            f"{name}{suffix}": feed for name, feed in named.items() for suffix in SUFFIXES
        }
        self.inboxes = {name: Inbox(who) for name, who in RECIPIENTS.items()}
        self.runner = Runner(folder / "news.db", self.web, self.inboxes, self.model, self.trap)
        self.steps: dict[str, Callable[[int, int, int], Awaitable[None]]] = {
            name.removeprefix("do_"): getattr(self, name)
            for name in dir(self)
            if name.startswith("do_")
        }

    async def open(self) -> None:
        self._follow()
        await self.runner.open(self.config.settings())

    async def close(self) -> None:
        await self.runner.stop()
        rows = self.runner.rows
        assert rows is not None
        checks.database(rows)
        rows.close()

    def abandon(self) -> None:
        """After a failure: nothing more is expected of it."""
        self.runner.ledger._writer.close()
        if self.runner.rows is not None:
            self.runner.rows.close()

    async def do(self, step: Step) -> None:
        """One step. A kill in the midst of it starts the next process."""
        try:
            await self.steps[step.do](step.a, step.b, step.c)
        except Killed:
            await self.runner.kill(self.config.settings())

    def _follow(self) -> None:
        self.model.topics = self.config.rules()
        self.model.channels = tuple(self.config.channels)

    async def _reload(self) -> None:
        self._follow()
        await self.runner.apply(self.config.settings())

    # ── editors ──────────────────────────────────────────────────────────────────────────

    async def do_publish(self, a: int, b: int, c: int) -> None:
        """A new story in one feed: with or without guid, link and date, with 0 to 3 topics."""
        feed = self.feeds[a % len(self.feeds)]
        number = len(self.posts)
        has_guid, has_link = b % 4 != 0, feed.paged or b % 4 != 1
        age = AGES[c % len(AGES)]
        state = State(plants=frozenset(p for i, p in enumerate(PLANTS) if b >> (4 + i) & 1))
        post = Post(
            number=number,
            text=number,
            outlet=feed.outlet,
            guid=f"tag:{feed.outlet},{number}" if has_guid else None,
            link=_link(feed.outlet, number) if has_link else None,
            published=self.clock() - age if age is not None else None,
            paged=feed.paged,
            state=state,
            is_long=feed.paged and c % 2 == 0,
        )
        self._list(feed, post)

    async def do_copy(self, a: int, b: int, c: int) -> None:
        """Another outlet takes a story over, word for word."""
        chosen = [
            post
            for post in self.posts[-RECENT:]
            if post.is_long
            and post.number in self.model.rows
            and not self.model.rows[post.number].partial
            and sum(other.text == post.text for other in self.posts) == 1
        ]
        if not chosen:
            return
        post = chosen[a % len(chosen)]
        feeds = [feed for feed in self.feeds if feed.paged and feed.outlet != post.outlet]
        feed = feeds[b % len(feeds)]
        number = len(self.posts)
        copy = replace(
            post,
            number=number,
            outlet=feed.outlet,
            guid=f"tag:{feed.outlet},{number}",
            link=_link(feed.outlet, number),
            published=self.clock(),
            history=[],
            is_moved=False,
        )
        self._list(feed, copy)

    def _list(self, feed: FeedFile, post: Post) -> None:
        self.posts.append(post)
        feed.posts.insert(0, post)
        if post.link:
            self.web.pages[post.link] = post

    def _recent(self, a: int) -> Post | None:
        chosen = self.posts[-RECENT:]
        return chosen[a % len(chosen)] if chosen else None

    async def do_edit(self, a: int, b: int, c: int) -> None:
        """An edit that matters: a sentence with a number, or a topic's words, come or go."""
        if post := self._recent(a):
            facts, plants = set(post.state.facts), set(post.state.plants)
            if b % 3 == 0:
                plants ^= {PLANTS[c % len(PLANTS)]}
            elif len(facts) >= MOST_FACTS:
                facts.discard(sorted(facts)[c % len(facts)])
            else:
                facts.add(c % 7)
            self._edit(post, facts=frozenset(facts), plants=frozenset(plants))

    async def do_typo(self, a: int, b: int, c: int) -> None:
        if post := self._recent(a):
            self._edit(post, typo=not post.state.typo)

    async def do_headline(self, a: int, b: int, c: int) -> None:
        if post := self._recent(a):
            self._edit(post, headline=(post.state.headline + 1 + b % 3) % 5)

    async def do_correct(self, a: int, b: int, c: int) -> None:
        if post := self._recent(a):
            self._edit(post, notes=min(MOST_NOTES, post.state.notes + 1))

    async def do_revert(self, a: int, b: int, c: int) -> None:
        """An earlier state is back."""
        post = self._recent(a)
        if post and post.history:
            self._edit(post, **_parts(post.history[b % len(post.history)]))

    def _edit(self, post: Post, **changes: object) -> None:
        state = replace(post.state, **changes)  # type: ignore[arg-type]
        if state != post.state:
            post.edit(state)

    # ── feeds and pages ──────────────────────────────────────────────────────────────────

    async def do_restamp(self, a: int, b: int, c: int) -> None:
        """One story, or all of a feed, get a new date and no new word."""
        feed = self.feeds[a % len(self.feeds)]
        listed = feed.entries()
        chosen = listed if b % 2 else listed[:1]
        for post in chosen:
            post.published = self.clock() - timedelta(seconds=c % 600)

    async def do_reorder(self, a: int, b: int, c: int) -> None:
        feed = self.feeds[a % len(self.feeds)]
        if feed.posts:
            at = b % len(feed.posts)
            feed.posts = feed.posts[at:] + feed.posts[:at]

    async def do_drop(self, a: int, b: int, c: int) -> None:
        feed = self.feeds[a % len(self.feeds)]
        if feed.posts:
            feed.posts.pop(b % len(feed.posts))

    async def do_list_again(self, a: int, b: int, c: int) -> None:
        """A feed of the outlet lists a story that it had dropped, or that another one has."""
        post = self._recent(a)
        if post is None or not post.link:
            return
        feeds = [feed for feed in self.feeds if feed.outlet == post.outlet]
        feed = feeds[b % len(feeds)]
        if post not in feed.posts and (self._was_read(feed, post) or not post.is_moved):
            feed.posts.insert(0, post)

    async def do_track(self, a: int, b: int, c: int) -> None:
        """The same page under an address with a tracking parameter."""
        post = self._recent(a)
        if post and post.link:
            post.link = f"{post.link.partition('?')[0]}?utm_source=feed{c % 5}"

    async def do_redirect(self, a: int, b: int, c: int) -> None:
        """A story is listed under an address that leads to its page."""
        post = self._recent(a)
        if post and post.paged and post.number in self.model.rows and self._may_move(post):
            post.is_moved = True
            page = next(url for url, found in self.web.pages.items() if found is post)
            post.link = f"http://{post.outlet}/r/{FIRST_ID + post.number}-{c % 3}"
            self.web.redirects[post.link] = page

    async def do_slug(self, a: int, b: int, c: int) -> None:
        """A story has another address; the old one leads there."""
        post = self._recent(a)
        if post and post.link and self._may_move(post):
            post.is_moved = True
            slug = f"{FIRST_ID + post.number}-{SLUGS[c % len(SLUGS)]}"
            old, post.link = post.link, f"http://{post.outlet}/news/{slug}"
            self.web.pages[post.link] = post
            self.web.redirects.pop(post.link, None)
            for url in [url for url, found in self.web.pages.items() if found is post]:
                if url != post.link:
                    self.web.redirects[url] = post.link
            self.web.redirects[old.partition("?")[0]] = post.link

    def _may_move(self, post: Post) -> bool:
        """Whether every feed that lists a post will be known to mean it under a new address.

        An entry is followed by its guid once it was read. In a feed that had not listed the post, a
        new address is compared by its text alone, and for five days only (0045); after an edit of
        the text, or where the page fails, it is another story.
        """
        listing = [feed for feed in self.feeds if post in feed.posts]
        is_new = post.number not in self.model.rows and len(listing) < 2
        return post.guid is not None and (
            is_new or all(self._was_read(feed, post) for feed in listing)
        )

    def _was_read(self, feed: FeedFile, post: Post) -> bool:
        """Whether a feed's entry led to the article of this post."""
        listing = self.model.listings.get((feed.url, post.key))
        return listing is not None and listing.row is not None and listing.row.post is post

    async def do_reuse(self, a: int, b: int, c: int) -> None:
        """A feed gives the guid of an old story to a new one."""
        chosen = [p for p in self.posts[-RECENT:] if p.guid and p.link and not p.paged]
        if not chosen:
            return
        old, number = chosen[a % len(chosen)], len(self.posts)
        new = replace(
            old,
            number=number,
            text=number,
            link=_link(old.outlet, number),
            published=self.clock(),
            state=State(plants=frozenset({PLANTS[c % len(PLANTS)]})),
            history=[],
            is_moved=False,
        )
        old.link = None  # it is listed nowhere any more
        self.posts.append(new)
        for feed in self.feeds:
            feed.posts = [new if post is old else post for post in feed.posts]

    async def do_break_page(self, a: int, b: int, c: int) -> None:
        post = self._recent(a)
        if post and post.paged:
            self.web.page_modes[post.number] = PAGE_MODES[b % len(PAGE_MODES)]

    async def do_mend_page(self, a: int, b: int, c: int) -> None:
        broken = sorted(self.web.page_modes)
        if broken:
            del self.web.page_modes[broken[a % len(broken)]]

    async def do_break_feed(self, a: int, b: int, c: int) -> None:
        self.feeds[a % len(self.feeds)].mode = FEED_MODES[b % len(FEED_MODES)]

    async def do_mend_feed(self, a: int, b: int, c: int) -> None:
        self.feeds[a % len(self.feeds)].mode = "ok"

    # ── the configuration ────────────────────────────────────────────────────────────────

    async def do_source(self, a: int, b: int, c: int) -> None:
        """A source leaves the configuration, or returns."""
        feed = self.feeds[a % len(self.feeds)]
        name = self.name_of[feed.url]
        if name in self.config.sources:
            del self.config.sources[name]
        else:
            self.config.sources[name] = feed
        await self._reload()

    async def do_rename(self, a: int, b: int, c: int) -> None:
        """A source has another name; it may have been away."""
        feed = self.feeds[a % len(self.feeds)]
        old = self.name_of[feed.url]
        new = old.rstrip("xy") + SUFFIXES[b % len(SUFFIXES)]
        if new == old:
            return
        self.config.sources.pop(old, None)
        self.config.sources[new] = feed
        self.name_of[feed.url] = new
        self.model.rename(old, new)
        await self._reload()

    async def do_topic(self, a: int, b: int, c: int) -> None:
        """A topic leaves, returns, or has other wishes."""
        name = PLANTS[a % len(PLANTS)]
        if name in self.config.topics and b % 3 == 0:
            del self.config.topics[name]
        else:
            on, channels = WANTED[b % len(WANTED)], CHOICES[c % len(CHOICES)]
            self.config.topics[name] = TopicRule(
                name=name, word=name, channels=channels, on=on, spread=c % 3 == 0
            )
        await self._reload()

    async def do_channel(self, a: int, b: int, c: int) -> None:
        """A channel leaves the configuration, or returns."""
        names = list(RECIPIENTS)
        name = names[a % len(names)]
        if name in self.config.channels and len(self.config.channels) > 1:
            self.config.channels.remove(name)
        elif name not in self.config.channels:
            self.config.channels.append(name)
        await self._reload()

    async def do_break_channel(self, a: int, b: int, c: int) -> None:
        names = list(RECIPIENTS)
        self.inboxes[names[a % len(names)]].mode = INBOX_MODES[b % len(INBOX_MODES)]

    async def do_mend_channel(self, a: int, b: int, c: int) -> None:
        names = list(RECIPIENTS)
        self.inboxes[names[a % len(names)]].mode = "ok"

    async def do_silence(self, a: int, b: int, c: int) -> None:
        kind = (SilenceKind.TOPIC, SilenceKind.SOURCE, SilenceKind.QUERY)[a % 3]
        names = sorted(self.name_of.values()) if kind is SilenceKind.SOURCE else PLANTS
        value = names[b % len(names)]
        until = self.clock() + WAITS[5 + c % 5]
        with open_beside(self.runner.path) as conn:
            number = silences.add(conn, kind, value, until, "", self.clock())
        conn.close()
        self.model.silences[number] = SilenceRule(
            number=number, kind=kind.value, value=value, until=until
        )

    async def do_unsilence(self, a: int, b: int, c: int) -> None:
        numbers = sorted(self.model.silences)
        if numbers:
            number = numbers[a % len(numbers)]
            with open_beside(self.runner.path) as conn:
                silences.remove(conn, number)
            conn.close()
            del self.model.silences[number]

    # ── time and the process ─────────────────────────────────────────────────────────────

    async def do_wait(self, a: int, b: int, c: int) -> None:
        self.clock.now += WAITS[a % len(WAITS)] + timedelta(seconds=b % 60)
        await self.runner.ledger.note_alive()
        await self.runner.drain()

    async def do_clock(self, a: int, b: int, c: int) -> None:
        """The wall clock is set while the daemon runs, or while it is stopped."""
        by = CLOCK_STEPS[a % len(CLOCK_STEPS)]
        running = b % 4 != 0
        if not running:
            await self.runner.stop()
        before = self.clock.now
        self.clock.now += by
        if running:
            await self.runner.shift(by)
        else:
            await self.runner.open(self.config.settings())
        if running or by < timedelta(0):
            self._shift_silences(min(before, self.clock.now), by)

    def _shift_silences(self, after: object, by: timedelta) -> None:
        for number, one in self.model.silences.items():
            if one.until > after:  # type: ignore[operator]
                self.model.silences[number] = replace(one, until=one.until + by)

    async def do_restart(self, a: int, b: int, c: int) -> None:
        await self.runner.stop()
        await self.runner.open(self.config.settings())

    async def do_kill(self, a: int, b: int, c: int) -> None:
        """The process dies at some point of the next work, or now."""
        self.trap.point, self.trap.left = TRAPS[a % len(TRAPS)], 1 + b % 3
        await self.do_wait(c, 0, 0)
        self.trap.point = ""
        raise Killed("at rest")

    async def do_refuse(self, a: int, b: int, c: int) -> None:
        """The database takes nothing for a while."""
        self.trap.refusals = 1 + a % 8
        await self.do_wait(b, 0, 0)
        self.trap.refusals = 0

    async def do_hold(self, a: int, b: int, c: int) -> None:
        """Some time later work is taken and not begun: a poll, a read or a message."""
        self.clock.now += WAITS[2 + b % 3]
        name = ("poll", "read", "send")[a % 3]
        if name != "poll":
            await self.runner.drain("poll")
        if name == "send":
            await self.runner.drain("read")
            name = f"send {self.config.channels[c % len(self.config.channels)]}"
        await self.runner.hold(name, 1 if name.startswith("send") else 1 + b % 5)

    async def do_resume(self, a: int, b: int, c: int) -> None:
        await self.runner.resume()

    async def do_oversleep(self, a: int, b: int, c: int) -> None:
        """A worker is slower than its lease: another one does its work before it ends."""
        await self.do_hold(a, b, c)
        await self.do_wait(4, 0, 0)
        name = self.config.channels[c % len(self.config.channels)]
        mode, self.inboxes[name].mode = self.inboxes[name].mode, "failing"
        await self.runner.resume()
        self.inboxes[name].mode = mode

    async def do_requeue(self, a: int, b: int, c: int) -> None:
        await self.runner.requeue()

    # ── at rest ──────────────────────────────────────────────────────────────────────────

    async def do_settle(self, a: int, b: int, c: int) -> None:
        """All works again and time passes: then all that is owed was sent, and nothing waits."""
        self.trap.point, self.trap.refusals = "", 0
        await self.runner.resume()
        for feed in self.feeds:
            feed.mode = "ok"
        self.web.page_modes.clear()
        for inbox in self.inboxes.values():
            inbox.mode = "ok"
        self.config.channels = list(RECIPIENTS)
        await self._reload()
        await self._ask_stopped()
        checks.returned_channels(self)
        with open_beside(self.runner.path) as conn:
            retry(conn, None, self.clock())
        conn.close()
        for _ in range(3):
            await self.do_wait(8, 0, 0)
        checks.rest(self)

    async def _ask_stopped(self) -> None:
        """`poll --source` of those that 410 stopped; then a daemon again."""
        rows = self.runner.rows
        assert rows is not None
        stopped = rows.all("SELECT name FROM sources WHERE configured AND due_at IS NULL")
        await self.runner.ledger.make_due([row["name"] for row in stopped])
        await self.runner.drain()
        await self.do_restart(0, 0, 0)


def _link(outlet: str, number: int) -> str:
    return f"http://{outlet}/story/{FIRST_ID + number}"


def _parts(state: State) -> dict[str, object]:
    return {name: getattr(state, name) for name in stories.State.__dataclass_fields__}
