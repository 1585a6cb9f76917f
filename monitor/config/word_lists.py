"""`lists:` → what @name stands for in the rules."""

from monitor.config.diagnostics import Remarks
from monitor.config.nodes import Node
from monitor.core.rules import Leaf, Lists, list_entry, word_list
from monitor.errors import RuleError


def word_lists(node: Node | None, remarks: Remarks) -> Lists:
    """Those that can be read; the others are told of."""
    if node is None or not isinstance(node.value, dict):
        return {}
    found = {name: _entries(pair.value, remarks) for name, pair in node.value.items()}
    return {name: word_list(entries) for name, entries in found.items() if entries}


def _entries(node: Node, remarks: Remarks) -> tuple[Leaf, ...]:
    read = (_entry(item, remarks) for item in node.items() or [node])
    return tuple(entry for entry in read if entry)


def _entry(node: Node, remarks: Remarks) -> Leaf | None:
    if not isinstance(node.value, str):
        return None  # the shape has told of it
    try:
        return list_entry(node.value)
    except RuleError as error:
        remarks.fault(node, f"lists: {error}: {error.hint}")
        return None
