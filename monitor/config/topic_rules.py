"""`topics:` → Topic values, with every rule read and every channel known."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from monitor.config import schema
from monitor.config.channels import check_channels
from monitor.config.diagnostics import Placed, Remarks, Spot
from monitor.config.files import content, text_of
from monitor.config.includes import NESTED, Included, included, is_include
from monitor.config.names import Names
from monitor.config.nodes import Node, tree
from monitor.config.source_positions import spot_in
from monitor.config.topics import builtin_topics
from monitor.config.validation import checked
from monitor.core.rules import LONGEST_RULE, Lists, parse
from monitor.errors import RuleError
from monitor.fields.hints import nearest, shown
from monitor.settings import Topic


class File(NamedTuple):
    """Where a topic is written."""

    text: str
    remarks: Remarks


class TopicReader:
    """Reads the items of `topics:`, and the rule files that they include.

    `file` is the configuration, at `own`; `channels` are the names that exist.
    """

    def __init__(self, own: Path, file: File, channels: Names, lists: Lists) -> None:
        self._own = own
        self._file = file
        self._channels = channels
        self._lists = lists
        self._names = Names("topic")
        self._renamed: list[tuple[Node, str, File]] = []
        self._builtin = {topic.name: topic for topic in builtin_topics()}

    def read(self, node: Node | None) -> tuple[Topic, ...]:
        if node is None or node.value is None:
            return tuple(self._builtin.values())
        found: list[Topic] = []
        for item in node.items():
            if is_include(item):
                for file in included(item, self._own, self._file.remarks):
                    found += self._from_file(file)
            else:
                found += self._topic(item, self._file)
        self._check_renamed()
        return tuple(found)

    def _check_renamed(self) -> None:
        """A former name belongs to no topic that is there, and to one new name."""
        taken: set[str] = set()
        for node, name, file in self._renamed:
            if name in self._names:
                message = f"renamed_from: a topic {shown(name)} is still configured: remove it"
                file.remarks.fault(node.get("renamed_from"), message)
            elif name in taken:
                message = f"renamed_from: another topic has the history of {shown(name)} already"
                file.remarks.fault(node.get("renamed_from"), message)
            taken.add(name)

    def _from_file(self, named: Included) -> Iterator[Topic]:
        """One topic, or a list of them (also one under `topics:`)."""
        data = content(named.path, named.remarks)
        text = text_of(data, named.remarks) if data is not None else None
        root = tree(text, named.remarks) if text is not None else None
        file = File(text or "", named.remarks)
        for item in _topics(root) if root else ():
            if is_include(item):
                named.remarks.fault(item, NESTED)
            else:
                yield from self._topic(item, file)

    def _topic(self, node: Node, file: File) -> Iterator[Topic]:
        self._names.take(node, file.remarks)
        if isinstance(node.value, str):
            yield from self._named(node, node.value, file)
            return
        written = checked(schema.TopicConfig, node, file.remarks)
        check_channels("alert", node.get("alert"), self._channels, file.remarks)
        match, breaking = (self._rule(key, node.get(key), file) for key in ("match", "breaking"))
        if written is None:
            return
        if written.renamed_from:
            self._renamed.append((node, written.renamed_from, file))
        known = self._builtin.get(written.name)
        if not written.match and not known:
            self._unknown(node, written.name, file)
        yield Topic(
            name=written.name,
            query=match or (known.query if known else ""),
            channels=None if written.alert is None else tuple(dict.fromkeys(written.alert)),
            on=frozenset(written.on),
            breaking=breaking,
            spread=tuple(sorted(set(written.spread))),
            at_most=written.at_most,
            max_per_day=written.max_per_day,
            renamed_from=written.renamed_from,
        )

    def _named(self, node: Node, name: str, file: File) -> Iterator[Topic]:
        if name in self._builtin:
            yield self._builtin[name]
        else:
            self._unknown(node, name, file)

    def _unknown(self, node: Node, name: str, file: File) -> None:
        near = nearest(name, self._builtin)
        message = f"no topic {shown(name)} is built in{near} (one of your own needs a `match:`)"
        file.remarks.fault(node.get("name") or node, message)

    def _rule(self, key: str, node: Node | None, file: File) -> str | None:
        """The rule as it is written, or with its lists written out; None when it is refused."""
        if node is None or not isinstance(node.value, str):
            return None
        try:
            rule = parse(node.value, self._lists)
        except RuleError as error:
            hint = f": {error.hint}" if error.hint else ""
            file.remarks.fault(_spot(file, node, error), f"{key}: {error}{hint}")
            return None
        for caution in rule.warnings:
            file.remarks.warn(_spot(file, node, caution), f"{key}: {caution.message}")
        if "@" not in node.value or not self._lists:
            return node.value
        query = str(rule)
        if len(query) > LONGEST_RULE:
            file.remarks.fault(node, f"{key}: its lists make it too long: split it into several")
        return query


def _topics(root: Node) -> list[Node]:
    under = root.get("topics")
    return (under or root).items() or [root]


def _spot(file: File, node: Node, within: Placed) -> Spot:
    return spot_in(file.text, node, within.line, within.column)
