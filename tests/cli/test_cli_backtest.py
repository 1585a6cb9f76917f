"""A rule tried on what is stored, and limits that it breaks."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.cli import progress
from monitor.cli.backtest import backtest
from monitor.cli.check import check
from monitor.model import utc_text
from monitor.store.sqlite import prepare

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
# day before today, title, text, story
ARTICLES = (
    (3, "Tariffs rise", "A tariff on steel. The end.", 1),
    (3, "Tariffs up", "A tariff on steel. More.", 1),
    (2, "Customs", "An import duty on tin.", None),
    (2, "Tariff talk", "No more.", None),
    (2, "More tariff talk", "Nothing.", None),
    (1, "Football", "A late goal.", None),
    (40, "Tariffs of old", "A tariff.", None),
)
CONFIG = """
timezone: UTC
lists: {duties: [import duty, tariff]}
topics:
  - {name: tariff, match: tariff, max_per_day: %d}
  - {name: other, match: football, alert: [], max_per_day: 1}
channels:
  - {name: hook, type: webhook, url: "https://hook.example/"}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG % 1)
    with closing(prepare(tmp_path / "news.db")) as conn:
        conn.executemany(
            "INSERT INTO articles (id, source, title, text, language, first_seen_at, last_seen_at,"
            " story_id) VALUES (?, 'a', ?, ?, 'en', ?, '', ?)",
            rows(),
        )
        conn.commit()
    return path


def rows() -> Iterator[tuple[object, ...]]:
    for number, (days, title, text, story) in enumerate(ARTICLES, 1):
        seen = NOON - timedelta(days=days) + timedelta(minutes=number)
        yield number, title, text, utc_text(seen), story


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(
        backtest, ["-c", str(config), *arguments], standalone_mode=False, obj={}
    )


def told(config: Path, *arguments: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(run(config, "--json", *arguments).stdout)
    return value


def day(ago: int) -> str:
    return str((NOON - timedelta(days=ago)).date())


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["id"] for row in rows]


def test_hits_stories_and_messages_are_counted_by_the_day(config: Path) -> None:
    found = told(config, "--topic", "tariff")
    assert (found["articles"], found["hits"]) == (6, 4)
    assert found["days"] == {day(3): 2, day(2): 2}
    assert found["stories"] == {day(3): 1, day(2): 2}
    assert found["messages"] == {"hook": {day(3): 1, day(2): 2}}
    assert found["gained"] == found["lost"] == []


def test_each_level_says_what_it_would_have_sent(config: Path) -> None:
    found = told(config, "--topic", "tariff")
    assert found["levels"] == {
        "mention": {"hits": 4, "stories": 3},
        "likely": {"hits": 4, "stories": 3},
        "about": {"hits": 2, "stories": 1},
    }


def test_a_topic_alerts_from_its_level_on(config: Path) -> None:
    text = config.read_text().replace("match: tariff,", "match: tariff, at_least: about,")
    config.write_text(text)
    found = told(config, "--topic", "tariff")
    assert (found["hits"], found["levels"]["mention"]["hits"]) == (2, 4)


def test_a_new_rule_is_compared_with_the_one_in_force(config: Path) -> None:
    found = told(config, "--topic", "tariff", "--query", 'football OR "import duty" OR steel')
    assert ids(found["gained"]) == [3, 6]
    assert ids(found["lost"]) == [4, 5]
    assert [row["clause"] for row in found["gained"]] == ['"import duty"', "football"]
    assert found["gained"][0]["excerpt"] == "An import duty on tin."


def test_a_query_may_name_the_lists_of_the_configuration(config: Path) -> None:
    assert told(config, "--query", "@duties")["hits"] == 5


def test_a_person_sees_bars_and_what_is_past_the_limit(config: Path) -> None:
    shown = run(config, "--topic", "tariff").stdout.splitlines()
    assert shown[0] == f"{day(3)}  {'█' * 40} 2 (1 new story)"
    assert shown[2] == "4 of 6 articles, 3 stories"
    assert shown[3:6] == [
        "at_least mention: 4 articles, 3 stories",
        "at_least likely: 4 articles, 3 stories",
        "at_least about: 2 articles, 1 story",
    ]
    assert shown[6] == "hook: 3 messages, at most 2 a day"
    assert shown[7] == f"more than max_per_day (1) on 1 day, most on {day(2)} (2)"
    assert "      by tariff" in shown


def test_a_broken_rule_is_refused(config: Path) -> None:
    assert "needs a number" in str(run(config, "--query", "a NEAR b").exception)


def test_check_warns_of_a_topic_past_its_limit(config: Path) -> None:
    said = checked(config)
    assert "topic 'tariff': max_per_day: 1 would have been exceeded" in said
    assert f"on 1 day, most on {day(2)} (2)" in said
    assert "topic 'other'" not in said
    config.write_text(CONFIG % 2)
    assert "max_per_day" not in checked(config)


def test_check_asks_nothing_of_a_database_that_is_not_there(config: Path) -> None:
    (config.parent / "news.db").unlink()
    assert "max_per_day" not in checked(config)
    assert not (config.parent / "news.db").exists()


def test_check_goes_on_when_the_database_cannot_be_read(config: Path) -> None:
    (config.parent / "news.db").write_bytes(b"not a database" * 1000)
    assert "fine" in checked(config)


def checked(config: Path) -> str:
    ran = CliRunner().invoke(check, ["-c", str(config)], standalone_mode=False, obj={})
    assert not ran.return_value
    return ran.output


def test_first_figures_come_while_it_works(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest articles are tried first, and the figures so far go to stderr."""
    monkeypatch.setattr(progress.RunningFigures, "FIRST_S", 0.0)
    result = run(config, "--json", "--topic", "tariff")
    first = next(line for line in result.stderr.splitlines() if "so far" in line)
    assert first == f"0 hits in 1 article so far, back to {day(1)}"
    assert json.loads(result.stdout)["hits"] == 4


def test_figures_come_after_half_a_second_and_then_ever_more_seldom(
    capsys: pytest.CaptureFixture[str],
) -> None:
    moments = iter([0.0, *range(100)])
    figures = progress.RunningFigures(lambda: float(next(moments)))
    for number in range(100):
        figures.update(partial(str, number))
    assert capsys.readouterr().err.split() == ["1", "2", "4", "8", "16", "32", "64"]
