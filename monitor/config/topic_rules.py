"""`topics:` → Topic values, with every rule read and every channel known."""

from monitor.config import shape
from monitor.config.channels import check_channels
from monitor.config.checked import checked
from monitor.config.names import Names
from monitor.config.nodes import Node
from monitor.config.remarks import Placed, Remarks, Spot, nearest
from monitor.config.topics import builtin_topics
from monitor.config.units import shown
from monitor.config.written import spot_in
from monitor.core.rules import parse
from monitor.errors import RuleError
from monitor.settings import Topic


class TopicReader:
    """Reads the items of `topics:`. `text` is the file's, `channels` the names that exist."""

    def __init__(self, text: str, channels: Names, remarks: Remarks) -> None:
        self._text = text
        self._channels = channels
        self._remarks = remarks
        self._builtin = {topic.name: topic for topic in builtin_topics()}

    def read(self, node: Node | None) -> tuple[Topic, ...]:
        if node is None or node.value is None:
            return tuple(self._builtin.values())
        names = Names("topic")
        for item in node.items():
            names.take(item, self._remarks)
        read = (self._topic(item) for item in node.items())
        return tuple(topic for topic in read if topic)

    def _topic(self, node: Node) -> Topic | None:
        if isinstance(node.value, str):
            return self._named(node, node.value)
        written = checked(shape.Topic, node, self._remarks)
        check_channels("alert", node.get("alert"), self._channels, self._remarks)
        for key in ("match", "breaking"):
            rule = node.get(key)
            if rule and isinstance(rule.value, str):
                self._check_rule(key, rule, rule.value)
        if written is None:
            return None
        known = self._builtin.get(written.name)
        if not written.match and not known:
            self._unknown(node, written.name)
        return Topic(
            name=written.name,
            query=written.match or (known.query if known else ""),
            channels=None if written.alert is None else tuple(dict.fromkeys(written.alert)),
            on=frozenset(written.on),
            breaking=written.breaking,
            spread=tuple(sorted(set(written.spread))),
        )

    def _named(self, node: Node, name: str) -> Topic | None:
        if name not in self._builtin:
            self._unknown(node, name)
        return self._builtin.get(name)

    def _unknown(self, node: Node, name: str) -> None:
        near = nearest(name, self._builtin)
        message = f"no topic {shown(name)} is built in{near} (one of your own needs a `match:`)"
        self._remarks.fault(node.get("name") or node, message)

    def _check_rule(self, key: str, node: Node, query: str) -> None:
        try:
            rule = parse(query)
        except RuleError as error:
            hint = f": {error.hint}" if error.hint else ""
            self._remarks.fault(self._spot(node, error), f"{key}: {error}{hint}")
            return
        for caution in rule.warnings:
            self._remarks.warn(self._spot(node, caution), f"{key}: {caution.message}")

    def _spot(self, node: Node, within: Placed) -> Spot:
        return spot_in(self._text, node, within.line, within.column)
