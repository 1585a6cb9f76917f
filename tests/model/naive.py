"""The naive model: what is owed, from what was published and read. It shares no code with the
product's judge; plain dictionaries, and one paragraph a rule.

It is told of what the product read (which state of which post), never of what it concluded.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from model.stories import Post, State, kind_of
from monitor.model import ChangeKind, Reason

FIRST_ALERT_AGE = timedelta(hours=24)
LOOK_BACK = timedelta(hours=120)  # how long a story is looked for elsewhere
RETURNS, RETURNS_WITHIN = 3, timedelta(days=7)
GONE_TIMES, GONE_FOR = 3, timedelta(hours=1)

Found = dict[str, tuple[Reason, ...]]  # by topic
Text = State | tuple[str, int]  # what was read: a state, or ("teaser", headline) of it


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRule:
    """A topic of the configuration: finds one word."""

    name: str
    word: str
    channels: tuple[str, ...] | None  # None: every one
    on: frozenset[Reason]
    spread: bool = False  # told again when a second outlet has the story


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceRule:
    number: int
    kind: str  # topic, source, query
    value: str
    until: datetime


@dataclass(slots=True)
class Owing:
    """One alert: which silence covers it, and through which channels it goes otherwise."""

    silenced: int | None
    channels: frozenset[str]


@dataclass(slots=True)
class Row:
    """One article as the database should have it."""

    post: Post
    source: str
    first_seen: datetime
    revisions: list[tuple[Text, datetime]]
    partial: bool = False
    is_final: bool = False  # its page will not be asked for again
    tries: int = 0  # visits in a row that brought no page
    gone: int = 0
    gone_since: datetime | None = None
    retracted: bool = False
    alerts: dict[tuple[int, str, Reason], Owing] = field(default_factory=dict)
    last_read: Text | None = None
    had_page: bool = False  # was told of by its page at least once

    @property
    def text(self) -> Text:
        return self.revisions[-1][0]

    @property
    def revision(self) -> int:
        return len(self.revisions)

    def told(self) -> set[str]:
        return {t for (_, t, _), owing in self.alerts.items() if owing.silenced is None}

    def heard_retraction(self) -> set[str]:
        return {
            topic
            for (_, topic, reason), owing in self.alerts.items()
            if reason is Reason.RETRACTED and owing.silenced is None
        }

    def only_silenced(self) -> set[str]:
        return {topic for _, topic, _ in self.alerts} - self.told()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What is true of a visit when it is taken; it is judged by that later."""

    source: str
    silences: tuple[SilenceRule, ...]
    first_sight: bool
    is_first: bool  # an entry that led to no article yet
    is_entry: bool
    known: bool
    partial: bool
    gone: int
    gone_since: datetime | None


@dataclass(slots=True)
class Listing:
    """An entry of a source, and the article it led to."""

    first_sight: bool
    row: Row | None = None


@dataclass(slots=True)
class Model:
    topics: tuple[TopicRule, ...] = ()
    channels: tuple[str, ...] = ()
    silences: dict[int, SilenceRule] = field(default_factory=dict)
    rows: dict[int, Row] = field(default_factory=dict)  # by the number of a post
    listings: dict[tuple[str, str], Listing] = field(default_factory=dict)  # (feed, key)
    polled: set[str] = field(default_factory=set)  # feeds of which a poll listed an entry

    # ── what happened ────────────────────────────────────────────────────────────────────

    def poll(self, feed: str, posts: Iterable[tuple[str, Post]]) -> None:
        """A poll was settled that listed these keys."""
        listed = list(posts)
        for key, _ in listed:
            self.listings.setdefault((feed, key), Listing(feed not in self.polled))
        if listed:
            self.polled.add(feed)

    def rename(self, old: str, new: str) -> None:
        """A source has another name; what is known of its feed stays."""
        for row in self.rows.values():
            row.source = new if row.source == old else row.source
        for number, one in self.silences.items():
            if (one.kind, one.value) == ("source", old):
                self.silences[number] = replace(one, value=new)

    def hand_over(self, row: Row, source: str, feed: str) -> None:
        """An article is read again on behalf of its source, or of another that lists it."""
        lists_it = any(one.row is row for (url, _), one in self.listings.items() if url == feed)
        if row.source != source and not lists_it:
            raise AssertionError(f"{row.post.token} is read for {source}, which does not list it")
        row.source = source

    def take(
        self, source: str, key: tuple[str, str] | None, row: Row | None, now: datetime
    ) -> Taken:
        """A visit begins: of an entry (`key`), or of an article that is read again."""
        listing = self.listings[key] if key is not None else None
        known = listing.row if listing else row
        return Taken(
            source=source,
            silences=tuple(one for one in self.silences.values() if one.until > now),
            first_sight=bool(listing and listing.first_sight),
            is_first=listing is not None and listing.row is None,
            is_entry=listing is not None,
            known=known is not None,
            partial=bool(known and known.partial),
            gone=known.gone if known else 0,
            gone_since=known.gone_since if known else None,
        )

    def read_whole(
        self,
        taken: Taken,
        post: Post,
        state: State,
        published: datetime | None,
        now: datetime,
    ) -> Row:
        """A page, or a feed that tells the whole story."""
        row = self.rows.get(post.number)
        if row is None:
            return self._new(taken, post, state, published, now, partial=False)
        row.last_read, row.had_page = state, True
        heard, unheard = row.heard_retraction(), row.only_silenced()
        if row.partial:
            found = self._complete(row, taken, state, published, now)
        else:
            found = self._compare(row, state, now)
        if row.retracted:
            row.retracted = False
            self._raise(row, taken, state, dict.fromkeys(heard, (Reason.RESTORED,)), now)
        raised = self._raise(row, taken, state, found, now)
        if taken.is_first and taken.source != row.source:
            self._listed_elsewhere(row, taken, state, unheard - raised, published, now)
        row.gone, row.gone_since, row.tries = 0, None, 0
        return row

    def read_teaser(
        self,
        taken: Taken,
        post: Post,
        headline: int,
        published: datetime | None,
        now: datetime,
    ) -> Row:
        """The page could not be had: the feed's few words are all there is."""
        row, text = self.rows.get(post.number), ("teaser", headline)
        if row is None:
            return self._new(taken, post, text, published, now, partial=True)
        if row.partial:
            self._raise(row, taken, text, self._compare(row, text, now), now)
            row.gone, row.gone_since = 0, None
        return row

    def read_unchanged(self, row: Row) -> None:
        row.gone, row.gone_since = 0, None

    def read_gone(self, taken: Taken, row: Row, now: datetime) -> None:
        """The page of a known article was not there: after three times in an hour it is told."""
        row.gone = taken.gone + 1
        row.gone_since = min(row.gone_since or now, now)
        long_enough = now - (taken.gone_since or now) >= GONE_FOR
        if not row.retracted and row.gone >= GONE_TIMES and long_enough:
            told = row.told()
            row.retracted = True
            found: Found = dict.fromkeys(told, (Reason.RETRACTED,))
            self._raise(row, taken, row.text, found, now)

    # ── what follows ─────────────────────────────────────────────────────────────────────

    def _new(
        self,
        taken: Taken,
        post: Post,
        text: Text,
        published: datetime | None,
        now: datetime,
        *,
        partial: bool,
    ) -> Row:
        row = Row(post, taken.source, now, [(text, now)], partial=partial, last_read=text)
        row.had_page = not partial
        told = self._told_elsewhere(post, partial, now)
        self.rows[post.number] = row
        if not self._too_old(taken, published, now):
            found: Found = dict.fromkeys(self._topics(text) - told, (Reason.NEW,))
            found |= dict.fromkeys(self._topics(text) & told, (Reason.SPREAD,))
            self._raise(row, taken, text, found, now)
        return row

    def _told_elsewhere(self, post: Post, partial: bool, now: datetime) -> set[str]:
        """Of a story that another outlet had first, the topics its readers heard of."""
        if partial or not post.paged:
            return set()
        family = [row for row in self.rows.values() if row.post.text == post.text]
        fresh = [r for r in family if now - r.first_seen <= LOOK_BACK and not r.partial]
        elsewhere = [row for row in fresh if row.post.outlet != post.outlet]
        return {topic for row in family for topic in row.told()} if elsewhere else set()

    def _complete(
        self, row: Row, taken: Taken, state: State, published: datetime | None, now: datetime
    ) -> Found:
        row.revisions[-1] = (state, now)
        row.partial = False
        if self._too_old(taken, published, now):
            return {}
        return dict.fromkeys(self._topics(state) - row.told(), (Reason.NEW,))

    def _compare(self, row: Row, text: Text, now: datetime) -> Found:
        before = row.text
        if text == before:
            return {}
        returned = any(text == old for old, _ in row.revisions)
        if returned and self._returns(row, now) >= RETURNS:
            return {}
        row.revisions.append((text, now))
        return {} if returned else self._reasons(before, text)

    def _returns(self, row: Row, now: datetime) -> int:
        """How often within 7 days an earlier text came back."""
        found = 0
        for at, (text, seen) in enumerate(row.revisions):
            earlier = [old for old, _ in row.revisions[:at]]
            found += text in earlier and seen > now - RETURNS_WITHIN
        return found

    def _reasons(self, before: Text, after: Text) -> Found:
        """For each topic the names of what an edit did to it, the narrowest first."""
        old, new = self._topics(before), self._topics(after)
        found: Found = dict.fromkeys(new - old, (Reason.NOW_MATCHES,))
        found |= dict.fromkeys(old - new, (Reason.NO_LONGER_MATCHES,))
        if isinstance(before, State) and isinstance(after, State):
            names = {
                ChangeKind.CORRECTION: (Reason.CORRECTION, Reason.UPDATED),
                ChangeKind.HEADLINE: (Reason.HEADLINE, Reason.UPDATED),
                ChangeKind.MATERIAL: (Reason.UPDATED,),
            }.get(kind_of(before, after), ())
            found |= dict.fromkeys(old & new, names)
        return found

    def _listed_elsewhere(
        self,
        row: Row,
        taken: Taken,
        state: State,
        unheard: set[str],
        published: datetime | None,
        now: datetime,
    ) -> None:
        """A further source lists it: new to those for whom it was silenced."""
        if not self._too_old(taken, published, now):
            fresh = self._topics(state) & unheard
            self._raise(row, taken, state, dict.fromkeys(fresh, (Reason.NEW,)), now)

    def _raise(self, row: Row, taken: Taken, text: Text, found: Found, now: datetime) -> set[str]:
        """Of each topic's reasons the first that its user asked for; the topics that had one."""
        raised = set()
        for name, reasons in found.items():
            topic = next((one for one in self.topics if one.name == name), None)
            reason = next((r for r in reasons if topic and _wants(topic, r)), None)
            if topic is None or reason is None:
                continue
            raised.add(name)
            key = (row.revision, name, reason)
            silenced = self._silenced(taken, name, text, now)
            if key in row.alerts and (row.alerts[key].silenced is None or silenced is not None):
                continue
            wanted = self.channels if topic.channels is None else topic.channels
            channels = frozenset(wanted) if silenced is None else frozenset()
            row.alerts[key] = Owing(silenced, channels)
        return raised

    def _silenced(self, taken: Taken, topic: str, text: Text, now: datetime) -> int | None:
        for one in taken.silences:
            covers = {
                "topic": one.value == topic,
                "source": one.value == taken.source,
                "query": one.value in _words(text),
            }[one.kind]
            if covers and one.until > now:
                return one.number
        return None

    def _topics(self, text: Text) -> set[str]:
        return {topic.name for topic in self.topics if topic.word in _words(text)}

    def _too_old(self, taken: Taken, published: datetime | None, now: datetime) -> bool:
        """At the first sight of a source, what it published long ago is not news."""
        if not taken.first_sight or published is None or (taken.known and not taken.partial):
            return False
        return now - published > FIRST_ALERT_AGE


def _words(text: Text) -> frozenset[str]:
    return text.plants if isinstance(text, State) else frozenset()


def _wants(topic: TopicRule, reason: Reason) -> bool:
    match reason:
        case Reason.NOW_MATCHES:
            return bool({Reason.NEW, Reason.NOW_MATCHES} & topic.on)
        case Reason.RESTORED:
            return Reason.RETRACTED in topic.on
        case Reason.SPREAD:
            return topic.spread
    return reason in topic.on
