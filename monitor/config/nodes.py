"""YAML → plain values that remember where they stand.

Scalars are read as YAML 1.2's core schema has it: `on` and `no` are words, `08:00` is text.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from monitor.errors import ConfigError

Loc = tuple[str | int, ...]
Mark = tuple[int, int]  # line and column, from 1

LIMIT_BYTES = 64_000_000
LIMIT_NODES = 5_000_000
LIMIT_DEPTH = 32

_INT = re.compile(r"[-+]?\d{1,18}")
_FLOAT = re.compile(r"[-+]?\d{1,18}\.\d{1,18}")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(slots=True)
class Document:
    """A file's value, where each part of it stands, and what was wrong on the way."""

    path: Path
    value: Any = None
    marks: dict[Loc, Mark] = field(default_factory=dict)
    key_marks: dict[Loc, Mark] = field(default_factory=dict)
    blocks: set[Loc] = field(default_factory=set)  # texts written as | or >
    faults: list[tuple[Mark, str]] = field(default_factory=list)

    def at(self, loc: Loc, *, key: bool = False) -> Mark:
        """Where this part stands, or the nearest one around it."""
        if key and loc in self.key_marks:
            return self.key_marks[loc]
        while loc and loc not in self.marks:
            loc = loc[:-1]
        return self.marks.get(loc, (1, 1))

    def line(self, mark: Mark, message: str) -> str:
        return f"{self.path}:{mark[0]}:{mark[1]}: {message}"


def read_nodes(path: Path) -> Document:
    """Raises ConfigError when the file cannot be read or is no YAML at all."""
    document = Document(path)
    try:
        if path.stat().st_size > LIMIT_BYTES:
            raise ConfigError([f"{path}:1:1: larger than {LIMIT_BYTES // 1_000_000} MB"])
        text = path.read_bytes().decode("utf-8-sig")
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except OSError as error:
        raise ConfigError([f"{path}: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}:1:1: not UTF-8 text (byte {error.start})"]) from error
    except yaml.YAMLError as error:
        raise ConfigError([_syntax(path, error)]) from error
    except RecursionError as error:
        raise ConfigError([f"{path}:1:1: nested too deeply"]) from error
    if root is not None:
        document.value = _Reader(document).value(root, (), 0)
    return document


def _syntax(path: Path, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    hint = " (use spaces, not tabs)" if "'\\t'" in str(problem) else ""
    return f"{path}:{line}:{column}: not readable as YAML: {problem}{hint}"


class _Reader:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._nodes = 0

    def value(self, node: yaml.Node, loc: Loc, depth: int) -> Any:
        mark = (node.start_mark.line + 1, node.start_mark.column + 1)
        self._nodes += 1
        if depth > LIMIT_DEPTH or self._nodes > LIMIT_NODES:
            raise ConfigError([self._document.line(mark, "too much nesting or too many aliases")])
        self._document.marks[loc] = mark
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, loc, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*loc, i), depth + 1) for i, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        if node.style in ("|", ">"):
            self._document.blocks.add(loc)
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, loc: Loc, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            mark = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if not isinstance(key_node, yaml.ScalarNode):
                self._document.faults.append((mark, "a key must be a word"))
                continue
            key = key_node.value
            if key in found:
                first = self._document.key_marks[(*loc, key)][0]
                message = f"'{key}' stands twice (first in line {first}; keep one)"
                self._document.faults.append((mark, message))
                continue
            self._document.key_marks[(*loc, key)] = mark
            found[key] = self.value(value_node, (*loc, key), depth + 1)
        return found


def _scalar(node: yaml.ScalarNode) -> Any:
    text: str = node.value
    if node.style is not None:
        return text
    if text.lower() in _WORDS and text in (text.lower(), text.capitalize(), text.upper()):
        return _WORDS[text.lower()]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
