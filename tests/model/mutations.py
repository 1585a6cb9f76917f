"""Faults put into the product by hand: the model has to see each of them."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest

from monitor.core import process_article
from monitor.core.alerts import routing as alerts
from monitor.core.revisions import detect_change
from monitor.model import ChangeKind, Reason
from monitor.store import articles, deliveries, entries, leases, lookup, messages, outbox
from monitor.store import source_tasks as tasks
from monitor.store.store import SqliteStore

DECIDE = import_module("monitor.core.revisions.decide")  # the folder gives its function that name
VERDICT = import_module("monitor.core.revisions.verdict")

Fault = Callable[[pytest.MonkeyPatch], None]


def an_alert_is_not_raised(patch: pytest.MonkeyPatch) -> None:
    raise_ = outbox._store_alert

    def skipping(conn: Any, article: Any, revision: int, due: Any, now: datetime) -> int | None:
        if due.reason is Reason.UPDATED and revision > 2:
            return None
        return raise_(conn, article, revision, due, now)

    patch.setattr(outbox, "_store_alert", skipping)


def a_message_is_not_owed(patch: pytest.MonkeyPatch) -> None:
    deliver = outbox._queue_delivery

    def skipping(conn: Any, owed: Any, *rest: Any) -> None:
        if owed.channel != "hook" or len(owed.alerts) < 2:
            deliver(conn, owed, *rest)

    patch.setattr(outbox, "_queue_delivery", skipping)


def a_visit_settles_without_its_lease(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(articles, "_holds_lease", lambda conn, visit: True)


def a_failed_delivery_settles_without_its_lease(patch: pytest.MonkeyPatch) -> None:
    not_sent = deliveries._settle_not_sent

    def stealing(conn: sqlite3.Connection, delivery: Any, outcome: Any) -> bool:
        sql = "UPDATE deliveries SET lease = ?, due_at = 'x' WHERE id = ?"
        conn.execute(sql, [delivery.lease, delivery.id])
        return not_sent(conn, delivery, outcome)

    patch.setattr(deliveries, "_settle_not_sent", stealing)


def who_was_served_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(deliveries, "to_json", lambda value: "[]")


def a_start_sends_the_last_message_again(patch: pytest.MonkeyPatch) -> None:
    release_all = leases.release_all

    def doubling(conn: sqlite3.Connection, now: datetime) -> None:
        release_all(conn, now)
        conn.execute(
            "UPDATE deliveries SET state = 'pending', due_at = '2000' WHERE id ="
            " (SELECT max(id) FROM deliveries WHERE state = 'sent')"
        )

    patch.setattr(leases, "release_all", doubling)


def a_start_loses_what_was_under_way(patch: pytest.MonkeyPatch) -> None:
    def losing(conn: sqlite3.Connection, now: datetime) -> None:
        for table in leases.KEYS:
            conn.execute(f"UPDATE {table} SET lease = NULL, due_at = NULL WHERE lease > ''")

    patch.setattr(leases, "release_all", losing)


def what_is_requeued_is_lost(patch: pytest.MonkeyPatch) -> None:
    def losing(conn: sqlite3.Connection, unfinished: Sequence[str], now: datetime) -> None:
        for lease in unfinished:
            leases.give_back(conn, lease, now + timedelta(days=100), None)

    patch.setattr(leases, "requeue", lambda conn, leases, now: losing(conn, leases, now))


def a_silenced_alert_counts_as_told(patch: pytest.MonkeyPatch) -> None:
    found = lookup._alerts

    def told(conn: sqlite3.Connection, article_id: int) -> Any:
        loud, silenced, retraction = found(conn, article_id)
        return loud | silenced, silenced, retraction

    patch.setattr(lookup, "_alerts", told)


def a_changed_entry_is_not_read(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(entries, "_make_due", lambda *args: None)


def old_stories_alert_at_first_sight(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(alerts.Policy, "is_too_old", lambda self, article: False)


def a_step_of_the_clock_is_not_followed(patch: pytest.MonkeyPatch) -> None:
    async def ignoring(self: SqliteStore, *args: Any) -> None:
        return

    patch.setattr(SqliteStore, "shift", ignoring)


def a_correction_passes_for_a_typo(patch: pytest.MonkeyPatch) -> None:
    def blind(*texts: str) -> Any:
        found = detect_change(*texts)
        if found is not None and found.kind is ChangeKind.CORRECTION:
            return replace(found, kind=ChangeKind.COSMETIC)
        return found

    patch.setattr(process_article, "detect_change", blind)


def a_copy_is_told_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(VERDICT, "is_copy", lambda reading, story: False)


def an_address_identifies_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(DECIDE, "identify", lambda reading, known: known.by_guid)


def a_source_that_returns_is_not_read_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(tasks, "_reschedule_articles", lambda conn, task, now: True)


def an_attempt_has_a_message_id_of_its_own(patch: pytest.MonkeyPatch) -> None:
    load = messages.load_deliveries

    def renamed(*args: Any) -> Any:
        return [
            replace(one, message=replace(one.message, id=f"{one.message.id}_{one.lease}"))
            for one in load(*args)
        ]

    patch.setattr(messages, "load_deliveries", renamed)


FAULTS: tuple[Fault, ...] = tuple(
    value
    for name, value in list(globals().items())
    if callable(value) and getattr(value, "__module__", "") == __name__
)
