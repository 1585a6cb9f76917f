"""Every command and option explains itself; `test_docs.py` looks for each in the manual."""

import re
from collections.abc import Iterator

import click
import pytest

from monitor.cli import COMMANDS, group


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
