"""What lists look like: on a terminal, in a pipe, as JSON and as CSV."""

import csv
import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from terminal import Cli

from monitor.cli.csv_lines import CsvLines, format_cell
from monitor.cli.times import format_short
from monitor.model import utc_text

PHOENIX = ZoneInfo("America/Phoenix")


def test_a_narrow_terminal_wraps_titles_and_never_splits_a_stamp(cli: Cli, now: datetime) -> None:
    lines = cli.on_terminal("articles", "--since", "30d")
    published = f"{(now - timedelta(hours=2)).astimezone(PHOENIX):%m-%d %H:%M}"
    days = f"{(now - timedelta(days=3)).astimezone(PHOENIX):%m-%d %H:%M}"
    assert lines == [
        "id  seen         published    source        title",
        f" 3  20 min ago   {published}  valley radio  Trucks wait for hours at the border",
        "                                            as lanes close and officers search",
        "                                            every single load",
        "                                            border",
        f' 2  {days}  {days}  kjzz          Tariff, "again"',
        "                                            tariff",
    ]


def test_a_wide_terminal_uses_its_room(cli: Cli) -> None:
    lines = cli.on_terminal("articles", "--source", "valley radio", width=160)
    assert lines[0].split() == ["id", "seen", "published", "source", "topics", "rev", "title"]
    assert len(lines) == 2
    assert lines[1].endswith("officers search every single load")


@pytest.mark.parametrize("command", ["articles", "sources", "deliveries", "search border"])
def test_no_line_is_longer_than_the_terminal(cli: Cli, command: str) -> None:
    for width in (80, 120):
        lines = cli.on_terminal(*command.split(), width=width)
        assert len(lines) > 1
        assert max(map(len, lines)) <= width


def test_search_shows_the_words_around_a_hit(cli: Cli) -> None:
    lines = cli.on_terminal("search", "steel")
    assert lines[-1].strip() == "A tariff on [steel]."
    assert cli.run("search", "steel").out.endswith("\tA tariff on [steel].\n")


def test_utc_shows_exact_times_on_a_terminal_too(cli: Cli, now: datetime) -> None:
    lines = cli.on_terminal("articles", "--utc", "--topic", "border")
    assert (
        f" {utc_text(now - timedelta(minutes=20))}  {utc_text(now - timedelta(hours=2))} "
        in (lines[1])
    )


def test_in_a_pipe_lines_are_tab_separated_and_exact(cli: Cli, now: datetime) -> None:
    ended = cli.run("articles", "--topic", "tariff")
    at = utc_text(now - timedelta(days=3))
    assert ended.out == f'2\t{at}\t{at}\tkjzz\ttariff\t1\tTariff, "again"\n'


def test_articles_are_chosen_by_topic_source_and_time(cli: Cli, now: datetime) -> None:
    def ids(*args: str) -> list[int]:
        return [row["id"] for row in cli.run("articles", *args, "--json").rows]

    assert ids() == [3, 2, 1]
    assert ids("--source", "kjzz") == [2]
    assert ids("--until", "2d") == [2, 1]
    assert ids("--since", "5d", "--until", "1h") == [2]
    day = f"{(now - timedelta(days=3)).astimezone(PHOENIX):%Y-%m-%d}"
    assert ids("--since", day, "--until", day) == [2]
    assert ids("--topic", "duties") == [1]


def test_search_is_narrowed_by_topic_source_and_time(cli: Cli) -> None:
    def ids(*args: str) -> list[int]:
        return [row["id"] for row in cli.run("search", "tariff", *args, "--json").rows]

    assert sorted(ids()) == [1, 2]
    assert ids("--since", "30d") == [2]
    assert ids("--source", "herald") == [1]
    assert ids("--topic", "duties") == [1]
    assert ids("--topic", "duties", "--since", "30d") == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("articles --topic border --until 30d", "no stored article matches\n"),
        ("articles --changed --source kjzz", "no stored edit matches\n"),
        ("search zebra", "no stored article matches\n"),
        ("silence", "nothing is silenced\n"),
        ("deliveries --state sent", "no delivery is sent\n"),
    ],
)
def test_an_empty_list_says_so_on_stderr(cli: Cli, command: str, said: str) -> None:
    for form in ((), ("--json",), ("--csv",)):
        ended = cli.run(*command.split(), *form)
        assert (ended.code, ended.out, ended.err) == (0, "", said)


def test_csv_has_the_columns_of_json_and_no_formulas(cli: Cli) -> None:
    ended = cli.run("articles", "--csv")
    assert ended.out.count("\r\n") == 4
    table = list(csv.DictReader(io.StringIO(ended.out)))
    rows = cli.run("articles", "--json").rows
    assert [list(row) for row in table] == [list(row) for row in rows]
    assert table[2]["title"] == "'=SUM(A1) of old"
    assert table[1]["title"] == 'Tariff, "again"'
    assert table[0]["topics"] == '["border"]'
    assert table[2]["published_at"] == ""


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_cell_that_a_spreadsheet_would_run_begins_with_an_apostrophe(start: str) -> None:
    assert format_cell(f"{start}1+1") == f"'{start}1+1"


def test_numbers_and_nested_values_stand_in_csv_as_in_json() -> None:
    row = {"a": -1, "b": True, "c": None, "d": {"x": ["="]}}
    assert CsvLines().format_row(row) == 'a,b,c,d\r\n-1,true,,"{""x"": [""=""]}"\r\n'


def test_a_row_of_csv_with_a_column_too_many_is_refused() -> None:
    lines = CsvLines()
    lines.format_row({"a": 1})
    with pytest.raises(ValueError, match="not in the header: b"):
        lines.format_row({"a": 1, "b": 2})


def test_one_form_at_a_time(cli: Cli) -> None:
    ended = cli.run("articles", "--json", "--csv")
    assert (ended.code, ended.out, ended.err) == (2, "", "--json or --csv, not both\n")


@pytest.mark.parametrize(
    ("away", "shown"),
    [
        (timedelta(seconds=-30), "now"),
        (timedelta(minutes=-3), "3 min ago"),
        (timedelta(minutes=20), "in 20 min"),
        (timedelta(hours=-1), "11-24 10:36"),
        (timedelta(days=-120), "07-27 11:36"),
        (timedelta(days=-200), "2026-05-08"),
    ],
)
def test_times_are_short_and_in_the_readers_zone(away: timedelta, shown: str) -> None:
    now = datetime(2026, 11, 24, 11, 36, tzinfo=PHOENIX)
    assert format_short(now + away, now, PHOENIX) == shown


@pytest.mark.parametrize("value", ["yesterday", "2026-13-01", "5", "2026-11-20T99:00"])
def test_a_moment_that_cannot_be_read_is_refused(cli: Cli, value: str) -> None:
    ended = cli.run("articles", "--since", value)
    assert (ended.code, ended.out) == (2, "")
    assert f"'{value}' is " in ended.err


COMMANDS = (
    "articles --changed",
    "check",
    "deliveries",
    "search border",
    "show 3 --diff",
    "silence",
    "silence tariff --for 2d",
    "sources",
    "status",
    "backtest --topic border",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_csv_says_what_json_says(cli: Cli, command: str) -> None:
    cli.run("silence", "border", "--for", "2d")
    rows = cli.run(*command.split(), "--json").rows
    table = list(csv.DictReader(io.StringIO(cli.run(*command.split(), "--csv").out)))
    assert len(table) == len(rows)
    for cells, row in zip(table, rows, strict=True):
        assert list(cells) == list(row)
        for key, value in row.items():
            if isinstance(value, list | dict | int | float) and key != "id":
                assert json.loads(cells[key]) == value


def test_rules_are_matched_into_csv(cli: Cli, tmp_path: Path) -> None:
    docs = tmp_path / "docs.jsonl"
    docs.write_text('{"id": "a", "title": "The border", "body": ""}\n[]\n', encoding="utf-8")
    ended = cli.run("match", "--docs", str(docs), "--csv")
    assert ended.code == 1
    assert ended.out == (
        'id,rules,error\r\na,"[""border""]",\r\n,,this document is no JSON object\r\n'
    )
