"""The keys of an apprise channel."""

import importlib.util
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from monitor.channels.config import ChannelConfig
from monitor.channels.kind import CheckContext, Problem
from monitor.fields.types import Text, Verbatim, one_or_more_lines


class AppriseConfig(ChannelConfig):
    """Alerts through any service that the library apprise knows."""

    type: Literal["apprise"] = Field(description="`apprise`")
    urls: Annotated[tuple[Verbatim, ...], one_or_more_lines()] | None = Field(
        None,
        description="Where to, as apprise writes it.",
        examples=["[tgram://token/chat]"],
        repr=False,
    )
    urls_file: Text | None = Field(None, description="A file of urls, one a line.")
    urls_env: Text | None = Field(None, description="A variable of urls, one a line.")


def target(config: AppriseConfig) -> str:
    """Return the addresses that are notified."""
    return " ".join(config.urls or ())


def problems(config: AppriseConfig, context: CheckContext) -> Iterator[Problem]:
    """Find missing addresses, and a library that is not installed."""
    if config.urls is None and config.urls_file is None and config.urls_env is None:
        yield Problem(path=(), message="'urls' is missing: add `urls: [tgram://token/chat]`")
    if importlib.util.find_spec("apprise") is None:
        remedy = 'install it with `pip install "news-monitor[apprise]"`'
        yield Problem(path=("type",), message=f"apprise is not installed: {remedy}")
