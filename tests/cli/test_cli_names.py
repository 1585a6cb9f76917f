"""Names given to commands: what exists, what was meant, and what the shell completes."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from terminal import Cli


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("articles --topic tarif", "no topic 'tarif'; did you mean 'tariff'?\n"),
        ("articles --source KJZ", "no source 'KJZ'; did you mean 'kjzz'?\n"),
        ("search x --topic zebra", "no topic 'zebra' (there are: border, duties, tariff)\n"),
        ("search x --source gazete", "no source 'gazete'; did you mean 'gazette'?\n"),
        ("backtest --topic boarder", "no topic 'boarder'; did you mean 'border'?\n"),
        ("poll --source kjz", "no source 'kjz'; did you mean 'kjzz'?\n"),
        ("poll --source herald", "no source 'herald' (there are: gazette, kjzz, valley radio)\n"),
        ("notify dsk", "no channel 'dsk'; did you mean 'desk'?\n"),
    ],
)
def test_a_name_that_does_not_exist_is_an_error_with_the_nearest_one(
    cli: Cli, command: str, said: str
) -> None:
    ended = cli.run(*command.split())
    assert (ended.code, ended.out, ended.err) == (2, "", said)


def test_names_of_what_left_the_configuration_are_still_known(cli: Cli) -> None:
    assert [row["id"] for row in cli.run("articles", "--topic", "duties", "--json").rows] == [1]
    assert [row["id"] for row in cli.run("articles", "--source", "herald", "--json").rows] == [1]


def test_a_configured_name_is_known_before_anything_is_stored_of_it(cli: Cli) -> None:
    ended = cli.run("articles", "--source", "gazette")
    assert (ended.code, ended.err) == (0, "no stored article matches\n")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("bordr",), "no topic and no source is named 'bordr'; did you mean the topic 'border'?"),
        (
            ("zebra",),
            "no topic and no source is named 'zebra'; --query 'zebra' silences what the word finds",
        ),
        (("COVID-19",), "no topic and no source is named 'COVID-19'; --query 'COVID-19' silences"
         " what the word finds"),
    ],
)  # fmt: skip
def test_one_bare_word_that_names_nothing_is_no_silence(
    cli: Cli, args: tuple[str, ...], said: str
) -> None:
    ended = cli.run("silence", *args, "--for", "2d")
    assert (ended.code, ended.out, ended.err) == (2, "", f"{said}\n")
    assert cli.run("silence", "--json").rows == []


@pytest.mark.parametrize(
    ("args", "kind", "value"),
    [
        (("border",), "topic", "border"),
        (("valley radio",), "source", "valley radio"),
        (("duties",), "topic", "duties"),
        (("border wall",), "query", "border wall"),
        (("deport*",), "query", "deport*"),
        (("=ICE",), "query", "=ICE"),
        (("title:wall",), "query", "title:wall"),
        (('"wall"',), "query", '"wall"'),
        (("--query", "bordr"), "query", "bordr"),
        (("--query", "border"), "query", "border"),
    ],
)
def test_names_words_and_operators_each_silence_what_they_mean(
    cli: Cli, args: tuple[str, ...], kind: str, value: str
) -> None:
    ended = cli.run("silence", *args, "--for", "2d", "--reason", "a march")
    assert (ended.code, ended.err) == (0, "")
    [row] = cli.run("silence", "--json").rows
    assert (row["kind"], row["value"], row["reason"]) == (kind, value, "a march")


def test_words_that_are_nearly_a_name_are_a_rule_with_a_hint(cli: Cli) -> None:
    ended = cli.run("silence", "valey radio", "--for", "2d")
    assert ended.code == 0
    assert ended.out.startswith("silence 1: rule valey radio, until ")
    assert ended.err == (
        "no topic and no source is named 'valey radio': taken as a rule;"
        " did you mean the source 'valley radio'?\n"
    )


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("--for 1h --reason x", "name what to silence: a topic, a source, or --query RULE\n"),
        ("--reason x", "name what to silence: a topic, a source, or --query RULE\n"),
        ("border", "give a length of time: --for 2d\n"),
        ("border --query wall --for 1h", "either 'border' or --query, not both\n"),
        ("--remove 1 --for 1h", "--remove takes a number and nothing else\n"),
    ],
)
def test_a_silence_that_is_not_whole_is_refused(cli: Cli, args: str, said: str) -> None:
    ended = cli.run("silence", *args.split())
    assert (ended.code, ended.out, ended.err) == (2, "", said)


def test_a_rule_that_cannot_be_read_is_pointed_at(cli: Cli) -> None:
    ended = cli.run("silence", "--query", "a AND (b", "--for", "1h")
    assert ended.code == 2
    assert ended.err.splitlines()[0].startswith("rule, 1:7: ")
    assert ended.err.splitlines()[1:] == ["  a AND (b", "        ^"]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("articles", "--topic", ""), ["border", "duties", "tariff"]),
        (("articles", "--source", "g"), ["gazette"]),
        (("search", "x", "--source", "he"), ["herald"]),
        (("backtest", "--topic", "t"), ["tariff"]),
        (("poll", "--source", "k"), ["kjzz"]),
        (("poll", "--source", "v"), ["valley\\\\ radio"]),
        (("notify", ""), ["desk"]),
        (("silence", "b"), ["border"]),
        (("deliveries", "retry", ""), ["1"]),
        (("sta",), ["status"]),
    ],
)
def test_the_shell_completes(cli: Cli, words: tuple[str, ...], offered: list[str]) -> None:
    assert cli.complete("-c", str(cli.config), *words) == offered


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_inserts_a_name_of_two_words_as_one(cli: Cli) -> None:
    program = Path(sys.executable).with_name("news-monitor")
    script = f"""
        eval "$(_NEWS_MONITOR_COMPLETE=bash_source {program})"
        COMP_WORDS=({program} -c {cli.config} poll --source va) COMP_CWORD=5
        _news_monitor_completion {program}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "valley\\ radio\n"


def test_the_shell_completes_the_numbers_of_silences(cli: Cli) -> None:
    cli.run("silence", "border", "--for", "2d")
    cli.run("silence", "tariff", "--for", "2d")
    assert cli.complete("-c", str(cli.config), "silence", "--remove", "") == ["1", "2"]


def test_completion_of_a_broken_configuration_offers_what_is_still_told(cli: Cli) -> None:
    cli.config.write_text("topics: [border, {name: wall}]\nnonsense: 1\n", encoding="utf-8")
    offered = cli.complete("-c", str(cli.config), "articles", "--topic", "")
    assert offered == ["border", "duties", "tariff", "wall"]
    cli.config.write_text("a: [", encoding="utf-8")
    offered = cli.complete("-c", str(cli.config), "articles", "--topic", "t")
    assert offered == ["tariff"]
    cli.config.unlink()
    assert cli.complete("-c", str(cli.config), "articles", "--topic", "t") == []
