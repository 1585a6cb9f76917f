"""Printing: tables on a terminal, tab-separated lines elsewhere, JSON lines or CSV when asked.

A command describes its rows once, as a `Table`, and every form is made of it here.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import click

from monitor.cli.context import WrongUse, basics, now
from monitor.cli.csv_lines import CsvLines
from monitor.cli.times import Times
from monitor.core.dates import zone_or_utc

F = TypeVar("F", bound=Callable[..., Any])
Row = Mapping[str, Any]
Fact = tuple[str, str | list[tuple[str, str]]]  # a name, and a text or pieces with their styles

WIDE = 110  # columns of a terminal from which on a table shows more


class Form(StrEnum):
    """How rows are printed."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table on a terminal.

    `notes` are keys: the first that has a value is a second, dimmed line of the cell. The column
    is shown where the terminal has `least` columns or more, and fewer than `below`.
    """

    key: str
    heading: str = ""  # empty: the key
    time: bool = False  # never split
    dated: bool = False  # with `time`: a date, however near
    right: bool = False
    fixed: bool = False  # never split
    most: int | None = None  # characters of a line
    notes: tuple[str, ...] = ()
    least: int = 0
    below: int = sys.maxsize


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of one kind: `plain` are the keys of a tab-separated line."""

    plain: tuple[str, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """How many rows there are to list; counting ends at `most` and one more."""

    count: Callable[[], int]
    most: int | None = None


# ── the options ──────────────────────────────────────────────────────────────────────────


def data_options(function: F) -> F:
    """--json and --csv; what they ask for is in `Output.of(ctx)`."""
    for form, text in (
        (Form.CSV, "CSV with a header (RFC 4180)."),
        (Form.JSON, "One JSON object a line."),
    ):
        function = click.option(
            f"--{form.value}", is_flag=True, expose_value=False, callback=_choose, help=text
        )(function)
    return function


def time_options(function: F) -> F:
    """--json, --csv and --utc."""
    return click.option(
        "--utc",
        is_flag=True,
        expose_value=False,
        callback=_choose,
        help="Exact times in UTC, also on a terminal.",
    )(data_options(function))


limit_option = click.option(
    "--limit",
    type=click.IntRange(1),
    metavar="N",
    default=50,
    show_default=True,
    help="At most so many.",
)


def _choose(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    if not value:
        return
    chosen = ctx.ensure_object(dict)
    if parameter.name == "utc":
        chosen["utc"] = True
    elif chosen.setdefault("form", parameter.name) != parameter.name:
        raise WrongUse("--json or --csv, not both")


# ── printing ─────────────────────────────────────────────────────────────────────────────


class Output:
    """Prints in the form that was asked for. Untrusted text stays inert in every one."""

    def __init__(self, form: Form, times: Callable[[], Times]) -> None:
        self.form = form
        self._make_times = times
        self._times: Times | None = None
        self._csv = CsvLines()

    @classmethod
    def of(cls, ctx: click.Context, default: Form = Form.TEXT) -> "Output":
        """As the command's options say."""
        chosen = ctx.ensure_object(dict)
        return cls(Form(chosen.get("form", default)), lambda: _times(ctx, bool(chosen.get("utc"))))

    @property
    def for_people(self) -> bool:
        """Neither JSON nor CSV was asked for."""
        return self.form is Form.TEXT

    @property
    def times(self) -> Times:
        """Short on a terminal, exact elsewhere and with --utc."""
        if self._times is None:
            self._times = self._make_times()
        return self._times

    def time(self, text: str | None) -> str:
        """A stored instant for people; empty for None."""
        return self.times.shown(text)

    def row(self, row: Row) -> None:
        """One JSON object on a line of its own, or one line of CSV."""
        if self.form is Form.CSV:
            click.echo(self._csv.line(row), nl=False)
        else:
            click.echo(json.dumps(row, ensure_ascii=False))

    def rows(
        self, table: Table, rows: Sequence[Row], *, empty: str, total: Total | None = None
    ) -> None:
        """All rows in the form asked for.

        `empty` says on stderr that there are none; on a terminal `total` says how many there are
        beside those shown.
        """
        if not rows:
            click.echo(empty, err=True)
        elif self.for_people and sys.stdout.isatty():
            _print_table(table, rows, self.times)
            _print_total(len(rows), total)
        elif self.for_people:
            for row in rows:
                click.echo("\t".join(printable(row[key]) for key in table.plain))
        else:
            for row in rows:
                self.row(row)


def _times(ctx: click.Context, utc: bool) -> Times:
    exact = utc or not sys.stdout.isatty()
    zone = zone_or_utc("UTC" if exact else basics(ctx).timezone)
    return Times(zone=zone, now=now(), exact=exact)


def _print_total(shown: int, total: Total | None) -> None:
    if total is None or (count := total.count()) <= shown:
        return
    ended = total.most is not None and count > total.most
    of = f"more than {total.most:,}" if ended else f"{count:,}"
    click.echo(f"{shown:,} of {of}; --limit N shows more", err=True)


def _print_table(table: Table, rows: Sequence[Row], times: Times) -> None:
    from rich.console import Console
    from rich.table import Table as Grid

    console = Console()
    columns = [c for c in table.columns if c.least <= console.width < c.below]
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        fixed = column.time or column.right or column.fixed
        grid.add_column(
            column.heading or column.key,
            justify="right" if column.right else "left",
            no_wrap=fixed,
            overflow="fold",
            max_width=column.most,
        )
    for row in rows:
        grid.add_row(*(_cell(column, row, times) for column in columns))
    console.print(grid)


def _cell(column: Column, row: Row, times: Times) -> Any:
    from rich.text import Text

    value = row[column.key]
    if column.time:
        text = Text(times.dated(value) if column.dated and value else times.shown(value))
    else:
        text = Text(printable(value))
    if note := next(filter(None, (printable(row[key]) for key in column.notes)), ""):
        text.append(f"\n{note}", style="dim")
    return text


def prose(*pieces: tuple[str, str]) -> None:
    """Texts with their styles, as one that wraps at words on a terminal."""
    if not sys.stdout.isatty():
        click.echo("".join(text for text, _ in pieces))
        return
    from rich.console import Console
    from rich.text import Text

    Console(highlight=False).print(Text.assemble(*pieces))


def facts(pairs: Iterable[Fact], width: int = 10) -> None:
    """Names, `width` characters wide, and values; a value's further lines are below its first."""
    whole = [(name, [(value, "")] if isinstance(value, str) else value) for name, value in pairs]
    if not sys.stdout.isatty():
        for name, pieces in whole:
            click.echo(f"{name:<{width}} {''.join(text for text, _ in pieces)}".rstrip())
        return
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True, min_width=width)
    grid.add_column(overflow="fold")
    for name, pieces in whole:
        grid.add_row(name, Text.assemble(*pieces))
    Console(highlight=False).print(grid)


def wrapped(text: str, indent: int) -> str:
    """The text behind so many blanks; on a terminal wrapped at words."""
    if not sys.stdout.isatty():
        return " " * indent + text
    import shutil
    import textwrap

    width = max(20, shutil.get_terminal_size().columns - indent)
    return textwrap.indent(textwrap.fill(text, width), " " * indent)


def printable(value: object) -> str:
    """One printable line: nothing of the web reaches the terminal's escape codes."""
    from monitor.core.text import clean_line

    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(printable(each) for each in value)
    return clean_line(str(value), 300)


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """`1 source`, `2 sources`, `10,000 sources`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
