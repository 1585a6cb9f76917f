"""`topics:` → Topic values: every rule is parsed, every channel looked up."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from monitor.config import schema
from monitor.config.channels import check_channels
from monitor.config.diagnostics import Diagnostics, Position, Positioned
from monitor.config.files import decode, read_bytes
from monitor.config.includes import NESTED, IncludedFile, included_files, is_include
from monitor.config.names import UniqueNames
from monitor.config.nodes import Node, parse_yaml
from monitor.config.source_positions import position_in
from monitor.config.topics import builtin_topics, extended_topics, written_out
from monitor.config.validation import validate
from monitor.config.word_lists import WordLists
from monitor.core.rules import parse
from monitor.errors import RuleError
from monitor.fields.hints import did_you_mean, quoted
from monitor.settings import Topic


class TopicFile(NamedTuple):
    """A file that holds topics: its text, and the collector of its faults."""

    text: str
    diagnostics: Diagnostics


class TopicReader:
    """Reader of the items of `topics:`, and of the rule files that they include.

    `file` is the configuration, at `own`; `channels` are the names that exist.
    """

    def __init__(self, own: Path, file: TopicFile, channels: UniqueNames, lists: WordLists) -> None:
        self._own = own
        self._file = file
        self._channels = channels
        self._lists = lists
        self._names = UniqueNames("topic")
        self._renamed: list[tuple[Node, str, TopicFile]] = []
        builtin = _builtin_topics(lists, file.diagnostics)
        self._builtin = {topic.name: topic for topic in builtin}

    def read(self, node: Node | None) -> tuple[Topic, ...]:
        """Return the valid topics; None: the built-in ones."""
        if node is None or node.value is None:
            return tuple(self._builtin.values())
        found: list[Topic] = []
        for item in node.items():
            if is_include(item):
                for file in included_files(item, self._own, self._file.diagnostics):
                    found += self._read_file(file)
            else:
                found += self._read_topic(item, self._file)
        self._check_renamed()
        return tuple(found)

    def _check_renamed(self) -> None:
        """Check that a former name belongs to no present topic, and to one new name."""
        taken: set[str] = set()
        for node, name, file in self._renamed:
            if name in self._names:
                message = f"renamed_from: a topic {quoted(name)} is still configured: remove it"
                file.diagnostics.fault(node.get("renamed_from"), message)
            elif name in taken:
                message = f"renamed_from: another topic has the history of {quoted(name)} already"
                file.diagnostics.fault(node.get("renamed_from"), message)
            taken.add(name)

    def _read_file(self, named: IncludedFile) -> Iterator[Topic]:
        """Read one topic, or a list of them (also one under `topics:`)."""
        data = read_bytes(named.path, named.diagnostics)
        text = decode(data, named.diagnostics) if data is not None else None
        root = parse_yaml(text, named.diagnostics) if text is not None else None
        file = TopicFile(text or "", named.diagnostics)
        for item in _topics(root) if root else ():
            if is_include(item):
                named.diagnostics.fault(item, NESTED)
            else:
                yield from self._read_topic(item, file)

    def _read_topic(self, node: Node, file: TopicFile) -> Iterator[Topic]:
        self._names.add(node, file.diagnostics)
        if isinstance(node.value, str):
            yield from self._builtin_topic(node, node.value, file)
            return
        written = validate(schema.TopicConfig, node, file.diagnostics)
        check_channels("alert", node.get("alert"), self._channels, file.diagnostics)
        match, breaking = (
            self._read_rule(key, node.get(key), file) for key in ("match", "breaking")
        )
        if written is None:
            return
        if written.renamed_from:
            self._renamed.append((node, written.renamed_from, file))
        known = self._builtin.get(written.name)
        if not written.match and not known:
            self._report_unknown(node, written.name, file)
        yield Topic(
            name=written.name,
            query=match or (known.query if known else ""),
            channels=None if written.alert is None else tuple(dict.fromkeys(written.alert)),
            on=frozenset(written.on),
            breaking=breaking,
            spread=tuple(sorted(set(written.spread))),
            at_most=written.at_most,
            max_per_day=written.max_per_day,
            at_least=written.at_least,
            renamed_from=written.renamed_from,
        )

    def _builtin_topic(self, node: Node, name: str, file: TopicFile) -> Iterator[Topic]:
        if name in self._builtin:
            yield self._builtin[name]
        else:
            self._report_unknown(node, name, file)

    def _report_unknown(self, node: Node, name: str, file: TopicFile) -> None:
        near = did_you_mean(name, self._builtin)
        message = f"no topic {quoted(name)} is built in{near} (one of your own needs a `match:`)"
        file.diagnostics.fault(node.get("name") or node, message)

    def _read_rule(self, key: str, node: Node | None, file: TopicFile) -> str | None:
        """Return the rule, its lists written out; None, with a fault, if it is refused."""
        if node is None or not isinstance(node.value, str):
            return None
        try:
            query = written_out(node.value, self._lists)
            rule = parse(node.value, self._lists.named_in(node.value))
        except RuleError as error:
            hint = f": {error.hint}" if error.hint else ""
            file.diagnostics.fault(_position(file, node, error), f"{key}: {error}{hint}")
            return None
        for warning in rule.warnings:
            file.diagnostics.warn(_position(file, node, warning), f"{key}: {warning.message}")
        return query


def _builtin_topics(lists: WordLists, diagnostics: Diagnostics) -> tuple[Topic, ...]:
    """Return the built-in topics with the additions to their lists; a fault if those are many."""
    try:
        return extended_topics(lists)
    except RuleError as error:
        diagnostics.fault(None, f"lists: with them a built-in topic is refused: {error}")
        return builtin_topics()


def _topics(root: Node) -> list[Node]:
    under = root.get("topics")
    return (under or root).items() or [root]


def _position(file: TopicFile, node: Node, within: Positioned) -> Position:
    return position_in(file.text, node, within.line, within.column)
