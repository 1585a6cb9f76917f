"""Views for people and other tools; their names and columns are as stable as the tables'.

Each is cheap to page through and to look up by id: none groups or sorts a whole table.
"""

from dataclasses import dataclass

from monitor.store.health import HEALTH


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A documented view."""

    name: str
    about: str
    columns: dict[str, str]  # name → meaning
    body: str  # SQL after the list of columns
    exprs: dict[str, str]  # column → SQL expression, unless it is the column itself

    @property
    def sql(self) -> str:
        """The SELECT statement that the view stands for."""
        columns = ", ".join(
            f"{self.exprs[name]} AS {name}" if name in self.exprs else name for name in self.columns
        )
        return f"SELECT {columns} {self.body}"


_TOPICS = (
    "(SELECT group_concat(topic, ', ') FROM (SELECT DISTINCT topic FROM matches m"
    " WHERE m.article_id = a.id AND m.revision = a.revision ORDER BY topic))"
)
_OF_ARTICLE = {"title": "its headline", "source": "the source it came from", "url": "its address"}


def _of(alias: str, *names: str) -> dict[str, str]:
    return {name: f"{alias}.{name}" for name in names}


VIEWS = (
    View(
        name="v_articles",
        about="One row per article, as its newest revision has it.",
        columns={
            "id": "number of the article",
            "source": "name of the source that brought it first",
            "title": "headline",
            "url": "canonical address; NULL where none is known",
            "language": "as the page or the feed declares it",
            "published_at": "when it was published, as far as is known",
            "updated_at": "when it was last updated, as its publisher says",
            "first_seen_at": "when it was stored",
            "last_seen_at": "when it was last listed or visited",
            "revision": "number of its newest revision",
            "words": "length of its text",
            "topics": "topics that its newest revision matches, by commas; NULL for none",
            "story_id": "articles of one story share it (the lowest article id)",
            "partial": "why its text is only the feed's summary; NULL for a whole text",
            "retracted_at": "when it was found gone",
            "returns": "how often it went back to an earlier text without a new revision",
            "text": "its text",
        },
        exprs={"topics": _TOPICS},
        body="FROM articles a",
    ),
    View(
        name="v_matches",
        about="One row per place where a topic's rule found something.",
        columns={
            "id": "number of the match",
            "topic": "name of the topic",
            "article_id": "the article",
            "revision": "the revision it was found in",
            "newest": "1 where that is the article's newest revision",
            "place": "`title` or `body`",
            "excerpt": "the words around it",
            "weight": "the rule's weight",
            "level": "of the topic in this revision: `mention`, `likely` or `about`",
            **_OF_ARTICLE,
            "first_seen_at": "when the article was stored",
        },
        exprs={
            **_of("m", "id", "topic", "article_id", "revision"),
            **_of("a", "title", "source", "url", "first_seen_at"),
            "newest": "m.revision = a.revision",
        },
        body="FROM matches m JOIN articles a ON a.id = m.article_id",
    ),
    View(
        name="v_alerts",
        about="One row per alert: an article, a revision, a topic and a reason.",
        columns={
            "id": "number of the alert",
            "created_at": "when it was raised",
            "topic": "name of the topic",
            "reason": "`new`, `updated`, `now_matches`, …",
            "article_id": "the article",
            "revision": "the revision that raised it",
            **_OF_ARTICLE,
            "silence": "the silence that kept it from being sent; NULL where none did",
            "messages": "how many messages carry it",
            "sent": "how many of them were sent",
        },
        exprs={
            **_of("l", "id", "topic", "article_id", "revision"),
            **_of("a", "title", "source", "url"),
            "messages": "(SELECT count(*) FROM delivery_alerts d WHERE d.alert_id = l.id)",
            "sent": "(SELECT count(*) FROM delivery_alerts d JOIN deliveries e"
            " ON e.id = d.delivery_id WHERE d.alert_id = l.id AND e.state = 'sent')",
        },
        body="FROM alerts l JOIN articles a ON a.id = l.article_id",
    ),
    View(
        name="v_edits",
        about="One row per revision after the first: what a publisher changed.",
        columns={
            "article_id": "the article",
            "revision": "number of the revision, from 2",
            "seen_at": "when it was stored",
            "change": "`cosmetic`, `material`, `headline`, `correction`",
            "score": "how weighty the change is, 0 to 1",
            "stealth": "1 where the text changed but no date on the page",
            **_OF_ARTICLE,
            "headline": "the headline of that revision",
            "published_at": "as that revision says",
            "updated_at": "as that revision says",
            "detail": "JSON: `title` (before, after), `added`, `removed`",
        },
        exprs={
            "revision": "r.number",
            "headline": "r.title",
            **_of("r", "seen_at", "published_at", "updated_at"),
            **_of("a", "title", "source", "url"),
        },
        body="FROM revisions r JOIN articles a ON a.id = r.article_id WHERE r.number > 1",
    ),
    View(
        name="v_stories",
        about="One row per story: the articles of one report, by its first.",
        columns={
            "story_id": "number of the story",
            "article_id": "its first article",
            "title": "the headline of that article",
            "source": "the source of that article",
            "url": "the address of that article",
            "first_seen_at": "when that article was stored",
            "articles": "how many articles the story has",
            "sources": "how many sources have it",
        },
        exprs={
            "article_id": "a.id",
            "articles": "(SELECT count(*) FROM articles b WHERE b.story_id = a.story_id)",
            "sources": "(SELECT count(DISTINCT b.source) FROM articles b"
            " WHERE b.story_id = a.story_id)",
        },
        body="FROM articles a"
        " WHERE a.id = (SELECT min(b.id) FROM articles b WHERE b.story_id = a.story_id)",
    ),
    View(
        name="v_source_health",
        about="One row per source of the configuration: how its polls go.",
        columns={
            "name": "name of the source",
            "health": "`well`, `quiet` (it answers and publishes nothing), `failing`, `new`",
            "url": "its address, as configured",
            "moved_to": "the address that is polled instead, after a permanent redirect",
            "last_polled_at": "when it was last polled",
            "answered_at": "the last poll that did not fail",
            "last_changed_at": "the last poll that brought something new",
            "due_at": "when it is polled next; NULL: it is disabled",
            "failures": "polls that failed in a row",
            "last_error": "why the last one failed",
            "trouble": "what is wrong for long",
            "articles": "how many articles are stored of it",
        },
        exprs={
            "health": HEALTH,
            "articles": "(SELECT count(*) FROM articles a WHERE a.source = sources.name)",
        },
        body="FROM sources WHERE configured = 1",
    ),
    View(
        name="v_deliveries",
        about="One row per message: owed, sent or dead.",
        columns={
            "id": "number of the message",
            "channel": "name of the channel",
            "state": "`pending`, `sent`, `dead`",
            "created_at": "when it was owed",
            "due_at": "when it is tried next",
            "sent_at": "when it was accepted",
            "attempts": "how often it was tried",
            "last_error": "why the last try failed",
            "kind": "`article`, `digest`, `operator`, …",
            "part": "of a large digest that was split: which of how many",
            "alerts": "how many alerts it carries",
            "alert_id": "the lowest of them",
            "article_id": "its article; NULL where it has several or none",
            "title": "headline of that article",
            "message_id": "the same at every attempt",
        },
        exprs={
            **_of("d", "id", "created_at", "due_at", "article_id"),
            "alerts": "(SELECT count(*) FROM delivery_alerts l WHERE l.delivery_id = d.id)",
            "title": "a.title",
        },
        body="FROM deliveries d LEFT JOIN articles a ON a.id = d.article_id",
    ),
)
