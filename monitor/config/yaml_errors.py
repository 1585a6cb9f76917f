"""Messages for the errors of libyaml that say what to write instead."""

from typing import Any

import yaml

from monitor.config.diagnostics import Position

# The first pair whose left side stands in libyaml's complaint explains it.
_MEANINGS = (
    (
        "mapping values are not allowed",
        "a ': ' where none can stand: quote the value, or mend the ':' or indentation before it",
    ),
    ("could not find expected ':'", "a key without ': ', or a value that needs quotes"),
    ("did not find expected '-'", "this line is indented unlike the other items of its list"),
    ("did not find expected key", "this line is indented unlike its neighbours"),
    ("did not find expected ',' or", "a ',' or the closing bracket is missing"),
    ("did not find expected node content", "a value is missing, or a bracket is not closed"),
    ("found unexpected end of stream", "the closing quote is missing"),
    ("found unknown escape character", "in double quotes a backslash is written twice: \\\\"),
    ("control characters are not allowed", "a control character: remove it"),
    ("block sequence entries are not allowed", "a '- ' where no list can start: begin a new line"),
    ("did not find expected <document start>", "indented unlike the lines before it"),
)


def explain(error: yaml.YAMLError, text: str) -> tuple[Position, str]:
    """Return the position and what to do. The text is not quoted: it may hold a secret."""
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", "") or "")
    mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return _position_of_byte(text, getattr(error, "position", 0)), _meaning(problem)
    if text[mark.index : mark.index + 1] == "\t":
        return _position(mark), "a tab: indent with spaces"
    start = getattr(error, "context_mark", None)
    if start and mark.index >= len(text.rstrip()):  # the end of the file helps nobody
        mark = start
    return _position(mark), _meaning(problem)


def _meaning(problem: str) -> str:
    for complaint, meaning in _MEANINGS:
        if complaint in problem:
            return meaning
    if "cannot start any token" in problem:
        return "a value cannot start with this character: put it in quotes"
    return f"not readable as YAML: {problem or 'unknown syntax'}"


def _position(mark: Any) -> Position:
    return Position(mark.line + 1, mark.column + 1)


def _position_of_byte(text: str, position: int) -> Position:
    before = text.encode()[:position].decode(errors="ignore")
    return Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
