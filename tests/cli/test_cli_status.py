"""`status` and `sources` say the same of a source's health, in right words."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta

from terminal import Cli

from monitor.model import utc_text
from monitor.store.stats import collect_stats


def test_a_source_that_published_nothing_is_quiet_and_not_failing(cli: Cli, now: datetime) -> None:
    [state] = cli.run("status", "--json").rows
    assert [source["name"] for source in state["failing"]] == ["kjzz"]
    assert [source["name"] for source in state["quiet"]] == ["gazette"]
    health = {row["name"]: row["health"] for row in cli.run("sources", "--json").rows}
    assert health == {"gazette": "quiet", "kjzz": "failing", "valley radio": "well"}
    counted = collect_stats(cli.config.parent / "news.db", now).sources
    assert counted == {"well": 1, "quiet": 1, "failing": 1, "new": 0}


def test_status_has_numbers_and_plurals_right(cli: Cli, now: datetime) -> None:
    assert cli.run("status").out.splitlines() == [
        "sources     3 sources watched, 1 failing, 1 quiet",
        "daemon      does not run",
        f"last poll   {utc_text(now - timedelta(minutes=3))}",
        "stored      3 articles, 4 revisions",
        "backlog     0 polls, 0 articles to read",
        "deliveries  0 owed (0 due), 0 sent, 1 dead",
        "failing     kjzz: HTTP 500 (2 times in a row; next try: on request)",
        "quiet       gazette has published nothing for 4 days; it used to every 2 hours",
    ]


def test_status_names_twenty_sources_of_a_kind_and_counts_the_others(cli: Cli) -> None:
    with closing(sqlite3.connect(cli.config.parent / "news.db")) as conn:
        conn.executemany(
            "INSERT INTO sources (name, url, failures, last_error) VALUES (?, '', 1, 'HTTP 500')",
            [(f"source {number}",) for number in range(30)],
        )
        conn.commit()
    lines = cli.run("status").out.splitlines()
    assert sum(line.startswith("failing ") for line in lines) == 20
    assert lines[-1] == "            and 11 more: `news-monitor sources` lists them"
    assert len(cli.run("status", "--json").rows[0]["failing"]) == 31


def test_status_on_a_terminal_has_short_times(cli: Cli) -> None:
    assert "last poll   3 min ago" in cli.on_terminal("status")


def test_sources_on_a_terminal_say_why_below_the_name(cli: Cli) -> None:
    assert cli.on_terminal("sources") == [
        "name                                     health   articles  last poll  next poll",
        "gazette                                  quiet           0  3 min ago",
        "has published nothing for 4 days; it",
        "used to every 2 hours",
        "kjzz                                     failing         1  3 min ago",
        "HTTP 500",
        "valley radio                             well            1  3 min ago",
    ]
