"""What holds when all works again and enough time has passed."""

from datetime import timedelta
from typing import TYPE_CHECKING

from model import stories
from model.naive import Row
from model.stories import State
from model.watched import Rows
from model.world import Discrepancy, FeedFile, Inbox

if TYPE_CHECKING:
    from model.machine import Machine

YOUNG = timedelta(days=27)  # an article is read again for 30 days
PAGE_TRIES = 6  # after which a page that could not be had is not asked for again


def rest(machine: "Machine") -> None:
    rows = machine.runner.rows
    store = machine.runner.store
    assert rows is not None
    assert store is not None
    nothing_waits(rows)
    for row in machine.model.rows.values():
        rows.compare(row)
        text_is_the_newest(rows, row)
    counts_agree(rows, machine.model.rows)
    for row in machine.model.rows.values():
        everybody_has(rows, row, machine.inboxes, store.excused)
    for source, feed in machine.config.sources.items():
        feed_was_read(machine, source, feed)


def returned_channels(machine: "Machine") -> None:
    """What a removed channel owed is not dead any more once the channel is back."""
    rows = machine.runner.rows
    assert rows is not None
    sql = "SELECT id, channel FROM deliveries WHERE state = 'dead' AND removed_kind IS NOT NULL"
    for one in rows.all(sql):
        raise Discrepancy(f"delivery {one['id']}: {one['channel']} is back, and it is still dead")


def nothing_waits(rows: Rows) -> None:
    now_held = {
        table: rows.all(f"SELECT * FROM {table} WHERE lease IS NOT NULL")
        for table in ("sources", "entries", "articles", "deliveries")
    }
    if found := {table: len(held) for table, held in now_held.items() if held}:
        raise Discrepancy(f"leases at rest: {found}")
    for one in rows.all("SELECT * FROM deliveries WHERE state != 'sent'"):
        raise Discrepancy(
            f"delivery {one['id']} of {one['channel']} is {one['state']}"
            f" (due {one['due_at']}, {one['last_error']})"
        )
    for one in rows.all("SELECT name FROM sources WHERE configured AND due_at IS NULL"):
        raise Discrepancy(f"source {one['name']} is not scheduled")


def text_is_the_newest(rows: Rows, row: Row) -> None:
    if not isinstance(row.text, State):
        return
    [stored] = rows.all(
        "SELECT title, text FROM articles WHERE id = ?", rows.id_of[row.post.number]
    )
    title = stories.title(row.post, row.text)
    text = "\n\n".join(stories.sentences(row.post, row.text))
    if (stored["title"], stored["text"]) != (title, text):
        raise Discrepancy(f"{row.post.token}: another text is stored than was read last")


def counts_agree(rows: Rows, model: dict[int, Row]) -> None:
    [found] = rows.all("SELECT (SELECT count(*) FROM articles) AS a, count(*) AS n FROM alerts")
    owed = len(model), sum(len(row.alerts) for row in model.values())
    if (found["a"], found["n"]) != owed:
        raise Discrepancy(f"articles and alerts: {tuple(found)}, by the model {owed}")


def everybody_has(rows: Rows, row: Row, inboxes: dict[str, Inbox], excused: set[str]) -> None:
    """Each recipient of each channel has each alert once; after a crash, at least once."""
    for one in rows.all(
        "SELECT id, revision, topic, reason FROM alerts WHERE article_id = ?",
        rows.id_of[row.post.number],
    ):
        key = (one["revision"], one["topic"], one["reason"])
        for channel in row.alerts[key].channels:
            inbox = inboxes[channel]
            for who in inbox.recipients:
                copies = inbox.copies[who, one["id"]]
                if copies == 0:
                    raise Discrepancy(f"{row.post.token}: {who} never had {key}")
                if copies > 1 and inbox.message_of[who, one["id"]] not in excused:
                    raise Discrepancy(f"{row.post.token}: {who} had {key} {copies} times")


def feed_was_read(machine: "Machine", source: str, feed: FeedFile) -> None:
    """Of all that a feed lists the newest state was read."""
    now = machine.clock()
    for post in feed.entries():
        row = machine.model.rows.get(post.number)
        if row is None:
            raise Discrepancy(f"{post.token}: listed by {source}, and never read")
        if row.partial:
            if not (row.is_final or row.tries >= PAGE_TRIES):
                raise Discrepancy(f"{post.token}: its page was never asked for again")
        elif not post.paged or now - row.first_seen < YOUNG:
            if row.last_read != post.state:
                raise Discrepancy(f"{post.token}: its newest edit was never read ({source})")
            if row.retracted:
                raise Discrepancy(f"{post.token}: still retracted, and its page is there")


def database(rows: Rows) -> None:
    [verdict] = rows.all("PRAGMA integrity_check")
    if verdict[0] != "ok" or rows.all("PRAGMA foreign_key_check"):
        raise Discrepancy(f"the database is damaged: {verdict[0]}")
