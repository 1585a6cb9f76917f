"""Every command and option stands in the README's table, and explains itself."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from monitor.cli import COMMANDS, group

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
TABLE = README.partition("\n## Commands\n")[2].partition("\n## ")[0]
CODE = [code.replace("\\|", "|") for code in re.findall(r"`([^`]+)`", TABLE)]
OF_ALL = {"--config", "--debug", "--json", "--csv", "--utc", "--help"}  # explained around the table


def commands(command: click.Command, path: str = "") -> Iterator[tuple[str, click.Command]]:
    if path:
        yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            found = command.get_command(click.Context(command), name)
            assert found is not None
            yield from commands(found, f"{path} {name}".strip())


ALL = dict(commands(group))


def options(command: click.Command) -> Iterator[click.Option]:
    yield from (each for each in command.params if isinstance(each, click.Option))


@pytest.mark.parametrize("path", ALL)
def test_the_readme_has_every_command_with_its_options(path: str) -> None:
    shown = [code for code in CODE if code == path or code.startswith(f"{path} ")]
    assert shown, f"no row of the table for '{path}'"
    for option in options(ALL[path]):
        name = option.opts[-1]
        assert name in OF_ALL or any(name in code for code in shown), name


def test_the_readme_has_no_command_that_is_none() -> None:
    first = [row.partition("|")[2].partition(" | ")[0] for row in TABLE.splitlines()]
    named = re.findall(r"`([a-z]+)", "".join(first))
    assert set(named) - {"command"} <= set(COMMANDS)


@pytest.mark.parametrize("option", sorted(OF_ALL))
def test_what_every_command_takes_is_explained_around_the_table(option: str) -> None:
    assert any(option in code for code in CODE)


@pytest.mark.parametrize("path", ALL)
def test_every_command_and_option_explains_itself(path: str) -> None:
    command = ALL[path]
    assert re.match(r"[A-Z][^.:]+[.:]", command.help or ""), "one sentence that begins with a verb"
    assert [option.name for option in options(command) if not option.help] == []


def test_the_list_of_commands_fits_a_narrow_terminal() -> None:
    assert max(len(f"  {name:<10}  {line}") for name, (_, _, line) in COMMANDS.items()) <= 80


@pytest.mark.parametrize("path", ALL)
def test_there_is_csv_wherever_there_is_json(path: str) -> None:
    names = {name for option in options(ALL[path]) for name in option.opts}
    assert ("--json" in names) == ("--csv" in names)
