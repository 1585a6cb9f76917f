"""The `match` command: rules against documents, JSON lines in and out."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import click

from monitor.cli.context import FAILED, load_settings, options
from monitor.cli.csv_lines import CsvLines
from monitor.cli.output import Form, Output, data_options
from monitor.config.word_lists import WordLists
from monitor.core.rules import Document, Matcher, Rule, RuleId, Span, point_at_error
from monitor.core.rules import parse as parse_rule
from monitor.errors import RuleError

LONGEST_LINE = 64_000_000  # bytes

_INPUT = click.Path(exists=True, dir_okay=False, allow_dash=True)
_OUTPUT = click.Path(dir_okay=False, writable=True, allow_dash=True)
_TEXTS = ("lang", "source", "title", "body")


@click.command()
@options
@data_options
@click.option("--rules", type=_INPUT, help='JSON lines {"id", "query"}; default: the topics.')
@click.option("--docs", type=_INPUT, help='JSON lines {"id", "lang", "source", "title", "body"}.')
@click.option("--ops", type=_INPUT, help='JSON lines {"op": "add"|"remove"|"match", …}, in order.')
@click.option("--out", type=_OUTPUT, default="-", help="Where to write; default: stdout.")
@click.option("--explain", is_flag=True, help="Add where in the text each rule matched.")
@click.pass_context
def match(
    ctx: click.Context,
    rules: str | None,
    docs: str | None,
    ops: str | None,
    out: str,
    explain: bool,
) -> int:
    """Match rules against documents: one JSON object a document, in order.

    Without --rules the topics of the configuration are matched.

    Example: news-monitor match --rules rules.jsonl --docs docs.jsonl
    """
    if bool(docs) == bool(ops) or (ops and rules):
        raise click.UsageError("give --docs (with or without --rules), or --ops alone")
    if out != "-" and any(_is_same_file(out, each) for each in (rules, docs, ops)):
        raise click.UsageError("--out is one of the input files; give another file")
    index = _Index(explain)
    form = Output.of(ctx, Form.JSON).form
    with _open_output(out, form, explain=explain, flush=bool(ops)) as write:
        if ops:
            _run_operations(ops, index, write)
        else:
            assert docs is not None
            _load_rules(ctx, rules, index)
            for line in _lines(docs):
                write(index.match(line))
    return FAILED if index.failed else 0


class _Line(NamedTuple):
    where: str  # file:line
    value: Any  # the JSON value, or the ValueError that it is none


class _Index:
    """A matcher with JSON lines as input; errors are printed to stderr."""

    def __init__(self, explain: bool) -> None:
        self._matcher = Matcher()
        self._explain = explain
        self.failed = False

    def add(self, line: _Line) -> None:
        """Add the rule {"id", "query"}; an invalid one leaves the rule of that id unchanged."""
        try:
            rule_id, query = _rule(line.value)
        except ValueError as error:
            self.report_error(f"{line.where}: {error}")
            return
        rule = self._parse(f"{line.where}: rule {json.dumps(rule_id)}", query)
        if rule is not None:
            self._matcher.add(rule_id, rule)

    def add_query(self, name: str, query: str) -> None:
        self._matcher.add(name, parse_rule(query))

    def remove(self, line: _Line) -> None:
        try:
            rule_id = _id(line.value)
        except ValueError as error:
            self.report_error(f"{line.where}: {error}")
            return
        if not self._matcher.remove(rule_id):
            click.echo(f"{line.where}: there is no rule {json.dumps(rule_id)} to remove", err=True)

    def match(self, line: _Line) -> dict[str, Any]:
        """Return the output of one document; of an invalid one {"id", "error"}."""
        value = line.value
        name = value.get("id") if isinstance(value, dict) else None
        try:
            document = _document(value)
        except ValueError as error:
            self.report_error(f"{line.where}: {error}")
            return {"id": name, "error": str(error)}
        if not self._explain:
            return {"id": name, "rules": self._matcher.match(document)}
        found = self._matcher.explain(document)
        spans = {str(rule_id): _spans_as_json(spans, document) for rule_id, spans in found.items()}
        return {"id": name, "rules": list(found), "spans": spans}

    def report_error(self, message: str) -> None:
        """Print an error; the command will exit with status 1."""
        self.failed = True
        click.echo(message, err=True)

    def _parse(self, where: str, query: str) -> Rule | None:
        try:
            rule = parse_rule(query, WordLists().named_in(query))
        except RuleError as error:
            hint = f" ({error.hint})" if error.hint else ""
            self.report_error(f"{where}, {error.line}:{error.column}: {error}{hint}")
            click.echo(f"  {point_at_error(query, error)}".replace("\n", "\n  "), err=True)
            return None
        for warning in rule.warnings:
            message = f"{where}, {warning.line}:{warning.column}: warning: {warning.message}"
            click.echo(message, err=True)
        return rule


def _load_rules(ctx: click.Context, rules: str | None, index: _Index) -> None:
    if rules is None:
        for topic in load_settings(ctx).topics:
            index.add_query(topic.name, topic.query)
        return
    for line in _lines(rules):
        index.add(line)


def _run_operations(ops: str, index: _Index, write: Callable[[dict[str, Any]], None]) -> None:
    """Add, remove and match line by line; write one output line for each match."""
    for line in _lines(ops):
        operation = line.value.get("op") if isinstance(line.value, dict) else None
        if operation == "add":
            index.add(line)
        elif operation == "remove":
            index.remove(line)
        elif operation == "match":
            write(index.match(line._replace(value=line.value.get("doc"))))
        else:
            problem = line.value if isinstance(line.value, ValueError) else 'unknown "op"'
            index.report_error(f"{line.where}: {problem} (add, remove or match)")


# ── values ───────────────────────────────────────────────────────────────────────────────


def _rule(value: Any) -> tuple[RuleId, str]:
    rule_id = _id(value)
    query = value.get("query")
    if not isinstance(query, str):
        raise ValueError(f'rule {json.dumps(rule_id)} has no "query" that is a text')
    return rule_id, query


def _id(value: Any) -> RuleId:
    if isinstance(value, ValueError):
        raise value
    if not isinstance(value, dict):
        raise ValueError("this line is no JSON object")
    rule_id = value.get("id")
    if not isinstance(rule_id, str | int) or isinstance(rule_id, bool):
        raise ValueError('this rule has no "id" that is a text or a whole number')
    return rule_id


def _document(value: Any) -> Document:
    if isinstance(value, ValueError):
        raise value
    if not isinstance(value, dict):
        raise ValueError("this document is no JSON object")
    for name in _TEXTS:
        if not isinstance(value.get(name), str | None):
            raise ValueError(f'"{name}" must be a text or null')
    return Document(
        title=value.get("title") or "",
        body=value.get("body") or "",
        language=value.get("lang"),
        source=value.get("source"),
    )


def _spans_as_json(spans: tuple[Span, ...], document: Document) -> list[dict[str, Any]]:
    texts = {"title": document.title, "body": document.body}
    return [
        {
            "place": span.place,
            "start": span.start,
            "end": span.end,
            "text": texts[span.place][span.start : span.end],
            "weight": span.weight,
        }
        for span in spans
    ]


# ── lines in and out ─────────────────────────────────────────────────────────────────────


def _lines(path: str) -> Iterator[_Line]:
    """Yield the lines that are not blank, with a progress bar on a terminal."""
    name = "stdin" if path == "-" else Path(path).name
    with click.open_file(path, "rb") as stream, _progress_bar(stream, name) as advance:
        number = 0
        while raw := stream.readline(LONGEST_LINE):
            number += 1
            advance(len(raw))
            if len(raw) == LONGEST_LINE and not raw.endswith(b"\n"):
                advance(_skip_line(stream))
                error = ValueError(f"this line is longer than {LONGEST_LINE:,} bytes")
                yield _Line(f"{name}:{number}", error)
            elif raw.strip():
                yield _Line(f"{name}:{number}", _value(raw, first=number == 1))


def _skip_line(stream: IO[bytes]) -> int:
    skipped = 0
    while rest := stream.readline(LONGEST_LINE):
        skipped += len(rest)
        if rest.endswith(b"\n"):
            break
    return skipped


def _value(raw: bytes, *, first: bool) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig" if first else "utf-8"))
    except UnicodeDecodeError as error:
        return ValueError(f"this line is not UTF-8 (byte {error.start + 1})")
    except RecursionError:
        return ValueError("this line is nested too deeply")
    except ValueError as error:
        return ValueError(f"this line is no JSON: {error}")


@contextmanager
def _open_output(
    path: str, form: Form, *, explain: bool, flush: bool
) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Yield a function that writes rows as JSON lines or CSV.

    `flush`: flush after each row, for a program that waits for it. A lone surrogate, which UTF-8
    cannot encode, is written as `?`.
    """
    with click.open_file(path, "w", encoding="utf-8", errors="replace") as stream:
        if form is Form.CSV:
            lines = CsvLines(("id", "rules", *(["spans"] if explain else []), "error"))
            yield lambda row: print(lines.format_row(row), end="", file=stream, flush=flush)
        else:
            yield lambda row: print(json.dumps(row, ensure_ascii=False), file=stream, flush=flush)


def _is_same_file(out: str, read: str | None) -> bool:
    return read not in (None, "-") and Path(out).exists() and Path(out).samefile(str(read))


@contextmanager
def _progress_bar(stream: IO[bytes], name: str) -> Iterator[Callable[[int], None]]:
    """Yield a function that advances a progress bar by bytes; none if not on a terminal."""
    if not sys.stderr.isatty() or not stream.seekable():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    size = stream.seek(0, 2)
    stream.seek(0)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=size)
        yield lambda count: progress.advance(task, count)
