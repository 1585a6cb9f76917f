"""The keys of a command channel."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from monitor.channels.config import ChannelConfig
from monitor.channels.kind import CheckContext, Problem
from monitor.fields.hints import quoted
from monitor.fields.types import Duration, between, default_text, one_or_more, refuse_nul

Argument = Annotated[str, AfterValidator(refuse_nul)]
Timeout = Annotated[Duration, between(timedelta(seconds=1), timedelta(minutes=2))]


class CommandConfig(ChannelConfig):
    """Alerts as JSON on the standard input of a program."""

    type: Literal["command"] = Field(description="`command`")
    command: Annotated[tuple[Argument, ...], one_or_more(str)] = Field(
        min_length=1,
        max_length=1_000,
        description="The program and its arguments, one an item; no shell reads them.",
        examples=["[/usr/local/bin/tell, --urgent]"],
        repr=False,
    )
    timeout: Timeout = Field(
        default_text(timedelta(seconds=30)), description="Then it is stopped, and tried again."
    )


def target(config: CommandConfig) -> str:
    """Return the command line."""
    return " ".join(config.command)


def problems(config: CommandConfig, context: CheckContext) -> Iterator[Problem]:
    """Find a program that is not there, or may not be run."""
    program = config.command[0]
    if shutil.which(context.folder / program if "/" in program else program) is None:
        where = "" if "/" in program else " on the PATH"
        message = f"there is no program {quoted(program)}{where} that may be run"
        yield Problem(path=("command",), message=message, warning=True)
