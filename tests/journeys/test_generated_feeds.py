"""Feeds of every habit, edited and failing in any order: one story is one article.

The model is the list of stories that a newsroom knows. It does not know how they are told apart:
every story has words of its own, so an article that holds words of two was merged, and a story
whose words stand in two articles was doubled.
"""

import asyncio
import random
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.contracts import Decision, Polled, Reading, Stale, Visit
from monitor.core.alerts.routing import Policy
from monitor.core.process_article import ReadJob, process_article
from monitor.core.revisions.decide import decide as decide_reading
from monitor.core.revisions.decide import decide_unreachable
from monitor.model import Entry, Feed, Reason, Validators
from monitor.queries import ArticleFilter
from monitor.settings import Source, Topic
from monitor.store.archive import SqliteArchive
from monitor.store.store import SqliteStore

START = datetime(2026, 1, 5, 12, 17, 11, tzinfo=UTC)
POLICY = Policy(topics=(Topic(name="news", query="the"),), channels=("desk",), now=START)
LISTED = 4  # items of the feed

GUIDS = ("stable", "slots", "permalink", "none")
EDITS = ("headline", "revise", "rewrite", "slug", "relaunch", "fail", "heal", "move all")


@dataclass(slots=True)
class PublishedStory:
    """One story as its editors have it."""

    number: int
    published: datetime
    headline: int = 0
    slug: int = 0
    batch: int = 0  # of ids: all change together
    sentences: list[int] = field(default_factory=lambda: list(range(12)))
    fails: bool = False
    read: bool = False  # whole, since the last edit

    def words(self, seed: object, count: int) -> str:
        """Words that no other story has, the same for the same seed."""
        draw = random.Random(f"{self.number} {seed}")
        return " ".join(f"{draw.choice(SYLLABLES)}{self.number}q" for _ in range(count))

    @property
    def title(self) -> str:
        return self.words(f"title {self.headline}", 6)

    @property
    def text(self) -> str:
        return "\n\n".join(f"The {self.words(f'sentence {n}', 11)}." for n in self.sentences)


SYLLABLES = [a + b + c for a in "bdfgklm" for b in "aeiou" for c in ("ran", "tel", "mos", "nik")]


@dataclass(slots=True)
class Site:
    """A newsroom and its feed."""

    guids: str
    has_ids: bool  # in its addresses
    one_stamp: bool  # all stories carry the same time of publication
    stories: list[PublishedStory] = field(default_factory=list)  # the newest first

    def publish(self, now: datetime, *, fails: bool = False) -> None:
        published = START if self.one_stamp else now
        story = PublishedStory(number=len(self.stories), published=published, fails=fails)
        self.stories.insert(0, story)

    def edit(self, what: str, which: int) -> None:
        """Does it where a reader could tell what happened; else the editor does not do it."""
        story = self.stories[which % len(self.stories)]
        keyed = self.guids == "stable" and self.has_ids  # its id says which story it is
        match what:
            case "headline":
                story.headline, story.read = story.headline + 1, False
            case "revise":
                story.sentences[0], story.read = max(story.sentences) + 1, False
            case "rewrite" if self.guids != "permalink" or story in self.listed:
                first = max(story.sentences) + 1
                story.sentences, story.read = list(range(first, first + 12)), False
            case "slug" if (
                keyed
                or (self.guids == "stable" and story.read)  # its headline is known
                or (self.guids in ("permalink", "none") and story.read and not story.fails)
            ):
                story.slug += 1
            case "relaunch" if keyed:
                self.edit("rewrite", which)
                story.headline, story.slug = story.headline + 1, story.slug + 1
            case "fail":
                story.fails = True
            case "heal":
                story.fails = False
            case "move all" if all(s.read and not s.fails for s in self.listed):
                for each in self.listed:
                    each.batch += 1

    @property
    def listed(self) -> list[PublishedStory]:
        return self.stories[:LISTED]

    def address(self, story: PublishedStory) -> str:
        name = f"{story.words(f'slug {story.slug}', 3).replace(' ', '-')}"
        tail = f"-{70_000_000 + 31 * story.number + story.batch * 7_777}" if self.has_ids else ""
        return f"https://news.example/{'moved/' * story.batch}{name}{tail}"

    def guid(self, place: int, story: PublishedStory) -> str | None:
        match self.guids:
            case "stable":
                return f"story {story.number} {story.batch}"
            case "slots":
                return f"latest-{place}"
            case "permalink":
                return self.address(story)
        return None

    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entry(place, story) for place, story in enumerate(self.listed))

    def _entry(self, place: int, story: PublishedStory) -> Entry:
        link, guid = self.address(story), self.guid(place, story)
        summary = story.text.partition(".")[0]
        return Entry(
            key=guid or link,
            id=guid,
            link=link,
            title=story.title,
            published=story.published,
            summary=summary,
            digest=f"{link} {story.title} {story.text}",
        )


class Monitor:
    """The real store and the real judge; pages come from the site without a network."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.now, self.site = START, site
        self.ledger = SqliteStore(folder / "news.db", lambda: self.now)

    async def poll(self) -> None:
        self.now += timedelta(minutes=31)
        await self.ledger.make_due(None)
        [watch] = await self.ledger.take_polls(1)
        entries = self.site.entries()
        feed = Feed(format="rss20", entries=entries)
        sites = tuple("news.example" for _ in entries)
        due_at = self.now + timedelta(minutes=15)
        polled = Polled(validators=Validators(), feed=feed, sites=sites, due_at=due_at)
        await self.ledger.settle_poll(watch, polled)
        while visits := await self.ledger.take_reads(50, (), 50):
            for visit in visits:
                await self._settle(visit)

    async def _settle(self, visit: Visit) -> None:
        policy = replace(POLICY, now=self.now)
        if visit.entry is None:
            later = self.now + timedelta(hours=1)
            decide = partial(decide_unreachable, visit, later, policy)
            await self.ledger.settle_read(visit, None, decide)
            return
        reading = self._reading(visit)
        found = await self.ledger.settle_read(
            visit, reading, partial(decide_reading, visit, reading, policy)
        )
        if isinstance(found, Stale):
            again = self._reading(replace(visit, newest=found.newest))
            found = await self.ledger.settle_read(
                visit, again, partial(decide_reading, visit, again, policy)
            )
        assert isinstance(found, Decision)
        story = self._story(visit)
        story.read = story.read or not story.fails

    def _story(self, visit: Visit) -> PublishedStory:
        assert visit.entry is not None
        [story] = [s for s in self.site.stories if self.site.address(s) == visit.entry.link]
        return story

    def _reading(self, visit: Visit) -> Reading:
        assert visit.entry is not None
        story = self._story(visit)
        entry = visit.entry if story.fails else replace(visit.entry, summary=story.text)
        job = ReadJob(
            source="news",
            timezone="UTC",
            language="en",
            rules=(("news", "the"),),
            now=self.now,
            site="news.example",
            entry=entry,
            problem="HTTP 500" if story.fails else None,
            newest=visit.newest,
        )
        reading = process_article(job)
        return reading if story.fails else replace(reading, body_sha256="of the page")


async def watched(site: Site, steps: Iterable[tuple[str, int]], folder: Path) -> Path:
    monitor = Monitor(folder, site)
    await monitor.ledger.start()
    source = Source(name="news", url="https://news.example/rss", every=timedelta(minutes=15))
    await monitor.ledger.sync([source], {"desk": "d"})
    site.publish(monitor.now)
    await monitor.poll()
    for what, which in steps:
        if what.startswith("publish"):
            site.publish(monitor.now, fails="failing" in what)
        else:
            site.edit(what, which)
        await monitor.poll()
    for story in site.stories:
        story.fails = False
    for _ in range(2):
        await monitor.poll()
    await monitor.ledger.close()
    return folder / "news.db"


def numbers(*texts: str) -> set[int]:
    """The stories whose words stand in these texts."""
    words = {word.strip(".") for text in texts for word in text.split()} - {"The"}
    return {int("".join(c for c in word if c.isdigit())) for word in words if "q" in word}


SITES = st.builds(
    Site,
    guids=st.sampled_from(GUIDS),
    has_ids=st.booleans(),
    one_stamp=st.booleans(),
)
STEPS = st.lists(
    st.tuples(st.sampled_from(("publish", "publish failing", *EDITS)), st.integers(0, LISTED - 1)),
    max_size=12,
)


@given(SITES, STEPS)
@settings(max_examples=60, deadline=None)
def test_no_two_stories_are_merged_and_no_story_is_doubled(
    site: Site, steps: list[tuple[str, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = asyncio.run(watched(site, steps, Path(folder)))
        with SqliteArchive(path) as archive:
            ids = [row["id"] for row in archive.articles(ArticleFilter(), 999)]
            texts = [
                [text for row in archive.revisions(n) for text in (row["title"], row["text"])]
                for n in ids
            ]
            alerts = [alert["reason"] for n in ids for alert in archive.alerts(n)]
    found = [numbers(*each) for each in texts]
    assert sorted(map(sorted, found)) == [[story.number] for story in reversed(site.stories)]
    assert alerts.count(Reason.NEW) == len(site.stories)
