"""Shell completion of names and numbers. On any error it offers nothing and prints nothing."""

import os
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import click
from click.shell_completion import CompletionItem

from monitor.cli.context import basics
from monitor.cli.names import Kind, all_names, names_of
from monitor.data_access import open_archive

VARIABLE = "_NEWS_MONITOR_COMPLETE"  # set by click's script, with the name of the shell
_SPECIAL = re.compile(r"[^\w@%+=:,./-]")

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
Offer = Callable[[click.Context], Iterable[tuple[str, str]]]  # (value, its help)


def _completer(offer: Offer) -> Complete:
    """Return a completion function that offers the values which begin with the typed text."""

    def complete(
        ctx: click.Context, parameter: click.Parameter, typed: str
    ) -> list[CompletionItem]:
        try:
            return [
                CompletionItem(_escape(value), help=text or None)
                for value, text in offer(ctx)
                if value.startswith(typed)
            ]
        except Exception:  # a traceback would land in the middle of what is being typed
            return []

    return complete


def _escape(value: str) -> str:
    """Escape special characters for bash; zsh and fish do so themselves.

    The backslash is doubled: click's script for bash removes one as it reads the completion.
    """
    in_bash = os.environ.get(VARIABLE, "").startswith("bash")
    return _SPECIAL.sub(r"\\\\\g<0>", value) if in_bash else value


def _names(*kinds: Kind) -> Offer:
    def offer(ctx: click.Context) -> list[tuple[str, str]]:
        known = all_names(ctx)
        return [(name, kind) for kind in kinds for name in names_of(known, kind)]

    return offer


def _silences(ctx: click.Context) -> list[tuple[str, str]]:
    with open_archive(basics(ctx).database) as archive:
        return [
            (str(silence.id), f"{silence.kind.value} {silence.value}")
            for silence in archive.silences(datetime.now(UTC))
        ]


def _dead_deliveries(ctx: click.Context) -> list[tuple[str, str]]:
    with open_archive(basics(ctx).database) as archive:
        return [
            (str(row["id"]), f"{row['channel']}: {row['title'] or ''}")
            for row in archive.deliveries("dead", 100)
        ]


complete_topic = _completer(_names("topic"))
complete_source = _completer(_names("source"))
complete_topic_or_source = _completer(_names("topic", "source"))
complete_channel = _completer(_names("channel"))
complete_silence = _completer(_silences)
complete_dead_delivery = _completer(_dead_deliveries)
