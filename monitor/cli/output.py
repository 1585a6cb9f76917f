"""Output of rows: a table on a terminal, else tab-separated lines; JSON lines or CSV on request.

A command describes its rows once, as a `Table`; each form is derived from it here.
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

    `notes` are keys; the first that has a value is printed as a second, dimmed line of the cell.
    The column is printed if the terminal has at least `least` and fewer than `below` columns.
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
    """Layout of rows of one kind: keys of a tab-separated line, and columns of a table."""

    plain: tuple[str, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Number of all rows, listed or not. `count` stops at `most` + 1."""

    count: Callable[[], int]
    most: int | None = None


# ── the options ──────────────────────────────────────────────────────────────────────────


def data_options(function: F) -> F:
    """Add --json and --csv; `Output.of(ctx)` has the choice."""
    for form, text in (
        (Form.CSV, "CSV with a header (RFC 4180)."),
        (Form.JSON, "One JSON object a line."),
    ):
        function = click.option(
            f"--{form.value}", is_flag=True, expose_value=False, callback=_store_choice, help=text
        )(function)
    return function


def time_options(function: F) -> F:
    """Add --json, --csv and --utc."""
    return click.option(
        "--utc",
        is_flag=True,
        expose_value=False,
        callback=_store_choice,
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


def _store_choice(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    if not value:
        return
    chosen = ctx.ensure_object(dict)
    if parameter.name == "utc":
        chosen["utc"] = True
    elif chosen.setdefault("form", parameter.name) != parameter.name:
        raise WrongUse("--json or --csv, not both")


# ── printing ─────────────────────────────────────────────────────────────────────────────


class Output:
    """Printer in the form that the options chose. Untrusted text is inert in each form."""

    def __init__(self, form: Form, times: Callable[[], Times]) -> None:
        self.form = form
        self._make_times = times
        self._times: Times | None = None
        self._csv = CsvLines()

    @classmethod
    def of(cls, ctx: click.Context, default: Form = Form.TEXT) -> "Output":
        """Return the output that the command's options chose."""
        chosen = ctx.ensure_object(dict)
        return cls(Form(chosen.get("form", default)), lambda: _times(ctx, bool(chosen.get("utc"))))

    @property
    def for_people(self) -> bool:
        """Whether neither JSON nor CSV was chosen."""
        return self.form is Form.TEXT

    @property
    def times(self) -> Times:
        """Format of instants: short on a terminal, exact elsewhere and with --utc."""
        if self._times is None:
            self._times = self._make_times()
        return self._times

    def time(self, text: str | None) -> str:
        """Format a stored instant for people; None is an empty text."""
        return self.times.format(text)

    def print_row(self, row: Row) -> None:
        """Print one JSON object on a line of its own, or one line of CSV."""
        if self.form is Form.CSV:
            click.echo(self._csv.format_row(row), nl=False)
        else:
            click.echo(json.dumps(row, ensure_ascii=False))

    def print_rows(
        self, table: Table, rows: Sequence[Row], *, empty: str, total: Total | None = None
    ) -> None:
        """Print rows in the chosen form.

        Without rows, `empty` is printed to stderr. On a terminal a line with the `total` follows
        if there are more rows.
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
                self.print_row(row)


def _times(ctx: click.Context, utc: bool) -> Times:
    exact = utc or not sys.stdout.isatty()
    zone = zone_or_utc("UTC" if exact else basics(ctx).timezone)
    return Times(zone=zone, now=now(), exact=exact)


def _print_total(printed: int, total: Total | None) -> None:
    if total is None or (count := total.count()) <= printed:
        return
    ended = total.most is not None and count > total.most
    of = f"more than {total.most:,}" if ended else f"{count:,}"
    click.echo(f"{printed:,} of {of}; --limit N shows more", err=True)


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
        text = Text(times.format_date(value) if column.dated and value else times.format(value))
    else:
        text = Text(printable(value))
    if note := next(filter(None, (printable(row[key]) for key in column.notes)), ""):
        text.append(f"\n{note}", style="dim")
    return text


def print_text(*pieces: tuple[str, str]) -> None:
    """Print pieces of text with their styles as one text, wrapped at words on a terminal."""
    if not sys.stdout.isatty():
        click.echo("".join(text for text, _ in pieces))
        return
    from rich.console import Console
    from rich.text import Text

    Console(highlight=False).print(Text.assemble(*pieces))


def print_facts(pairs: Iterable[Fact], width: int = 10) -> None:
    """Print names, `width` characters wide, and values; a value wraps within its own column."""
    facts = [(name, [(value, "")] if isinstance(value, str) else value) for name, value in pairs]
    if not sys.stdout.isatty():
        for name, pieces in facts:
            click.echo(f"{name:<{width}} {''.join(text for text, _ in pieces)}".rstrip())
        return
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True, min_width=width)
    grid.add_column(overflow="fold")
    for name, pieces in facts:
        grid.add_row(name, Text.assemble(*pieces))
    Console(highlight=False).print(grid)


def wrap(text: str, indent: int) -> str:
    """Indent a text by so many blanks; on a terminal also wrap it at words."""
    if not sys.stdout.isatty():
        return " " * indent + text
    import shutil
    import textwrap

    width = max(20, shutil.get_terminal_size().columns - indent)
    return textwrap.indent(textwrap.fill(text, width), " " * indent)


def printable(value: object) -> str:
    """Format a value as one line without control characters, at most 300 characters long."""
    from monitor.core.text import clean_line

    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(printable(each) for each in value)
    return clean_line(str(value), 300)


def count_noun(count: int, noun: str, plural: str | None = None) -> str:
    """Format a number with its noun: `1 source`, `10,000 sources`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
