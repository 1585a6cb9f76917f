"""Digests of thousands of articles, and servers that refuse large messages."""

import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from delivering import ANA, BEN, START, Deliveries, deliveries

EVENING = START + timedelta(hours=6)
TOO_LARGE = "552 5.3.4 message size exceeds the fixed limit"


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Deliveries]:
    async with deliveries(tmp_path) as running:
        yield running


def sent_articles(outbox: Deliveries) -> Counter[str]:
    """Number of mails that contain each article."""
    words = "\n".join(mail.text for mail in outbox.sink.mails).split()
    return Counter(word for word in words if word.startswith("http://kjzz.test/story-"))


def subjects(outbox: Deliveries) -> list[str]:
    return [str(mail.message["Subject"]) for mail in outbox.sink.mails]


async def test_a_large_digest_is_sent_as_numbered_mails(outbox: Deliveries) -> None:
    await outbox.owe(1_300, hold_until=EVENING)
    outbox.advance(hours=6)
    await outbox.attempts()
    numbered = [f"[tariff] [{part}/7] 200 articles" for part in range(1, 7)]
    assert subjects(outbox) == [*numbered, "[tariff] [7/7] 100 articles"]
    ids = {mail.message["Message-ID"] for mail in outbox.sink.mails}
    assert len(ids) == 7
    assert len(sent_articles(outbox)) == 1_300
    assert set(sent_articles(outbox).values()) == {1}


async def test_a_crash_between_two_mails_of_a_digest_loses_and_repeats_nothing(
    outbox: Deliveries,
) -> None:
    await outbox.owe(500, hold_until=EVENING)
    outbox.advance(hours=6)
    await outbox.attempt()
    await outbox.store.take_deliveries("desk", 1)  # and nobody settles it
    await outbox.attempts()
    outbox.advance(minutes=31)
    await outbox.attempts()
    assert len(sent_articles(outbox)) == 500
    assert set(sent_articles(outbox).values()) == {1}
    assert sorted(subjects(outbox)) == [
        "[tariff] [1/3] 200 articles",
        "[tariff] [2/3] 200 articles",
        "[tariff] [3/3] 100 articles",
    ]


async def test_a_digest_too_large_for_the_server_is_halved_and_retried(
    outbox: Deliveries,
) -> None:
    outbox.sink.data_answers = [TOO_LARGE, "552 too much mail data", "523 message too big"]
    await outbox.owe(100, hold_until=EVENING)
    outbox.advance(hours=6)
    await outbox.attempts()
    assert len(sent_articles(outbox)) == 100
    assert set(sent_articles(outbox).values()) == {1}
    assert len(outbox.sink.mails) == 4
    assert [row["state"] for row in outbox.rows("SELECT state FROM deliveries")] == ["sent"] * 4
    assert all(f"/{part}]" in " ".join(subjects(outbox)) for part in (4,))


async def test_a_server_with_a_small_limit_receives_the_whole_digest(tmp_path: Path) -> None:
    async with deliveries(tmp_path, data_size_limit=60_000) as outbox:
        await outbox.owe(150, hold_until=EVENING)
        outbox.advance(hours=6)
        await outbox.attempts()
        assert len(sent_articles(outbox)) == 150
        assert set(sent_articles(outbox).values()) == {1}
        assert max(len(mail.raw) for mail in outbox.sink.mails) <= 60_000


async def test_a_recipient_that_accepted_the_whole_digest_gets_none_of_its_halves(
    outbox: Deliveries,
) -> None:
    outbox.sink.refusals = {BEN: [TOO_LARGE]}
    await outbox.owe(4, hold_until=EVENING)
    outbox.advance(hours=6)
    await outbox.attempts()
    assert outbox.recipients() == [(ANA,), (BEN,), (BEN,)]
    assert set(sent_articles(outbox).values()) == {2}


async def test_a_single_article_that_is_too_large_is_sent_in_short_form(outbox: Deliveries) -> None:
    outbox.sink.data_answers = [TOO_LARGE]
    await outbox.owe()
    await outbox.attempts()
    [mail] = outbox.sink.mails
    assert "Tariff report story-0" in mail.text
    assert "http://kjzz.test/story-0" in mail.text
    assert "Where it matched" not in mail.text
    assert mail.message.get_body(("html",)) is None


async def test_a_single_article_too_large_even_in_short_form_is_dead(outbox: Deliveries) -> None:
    outbox.sink.data_answers = [TOO_LARGE] * 2
    await outbox.owe()
    [outcome] = await outbox.attempts()
    assert (outcome.result, len(outbox.sink.mails)) == ("dead", 0)


async def test_a_full_mailbox_does_not_split_a_digest(outbox: Deliveries) -> None:
    outbox.sink.data_answers = ["552 5.2.2 mailbox full"]
    await outbox.owe(4, hold_until=EVENING)
    outbox.advance(hours=6)
    [outcome] = await outbox.attempts()
    assert outcome.result == "dead"
    assert len(outbox.rows("SELECT 1 FROM deliveries")) == 1


async def test_an_oversized_stored_digest_is_split_when_it_is_claimed(
    outbox: Deliveries,
) -> None:
    await outbox.owe(450, hold_until=EVENING)
    with closing(sqlite3.connect(outbox.store.path)) as conn, conn:
        conn.execute("UPDATE delivery_alerts SET delivery_id = 1")
        conn.execute("DELETE FROM deliveries WHERE id > 1")
    outbox.advance(hours=6)
    await outbox.attempts()
    assert sorted(subjects(outbox)) == [
        "[tariff] [1/3] 200 articles",
        "[tariff] [2/3] 200 articles",
        "[tariff] [3/3] 50 articles",
    ]
    assert set(sent_articles(outbox).values()) == {1}


async def test_a_message_is_loaded_without_the_writer(outbox: Deliveries) -> None:
    """Settlements do not wait until a digest's articles have been loaded."""
    await outbox.owe(200, hold_until=EVENING)
    outbox.advance(hours=6)
    statements: list[str] = []
    await outbox.store._writer.do(lambda conn: conn.set_trace_callback(statements.append))
    [delivery] = await outbox.store.take_deliveries("desk", 1)
    await outbox.store._writer.do(lambda conn: conn.set_trace_callback(None))
    assert len(delivery.message.items) == 200
    assert len(statements) < 10
