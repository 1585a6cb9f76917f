"""`lists:` → the words that @name stands for in rules."""

from monitor.config.diagnostics import Diagnostics
from monitor.config.nodes import Node
from monitor.core.rules import Leaf, Lists, join_entries, parse_list_entry
from monitor.errors import RuleError


def word_lists(node: Node | None, diagnostics: Diagnostics) -> Lists:
    """Return the lists that are valid; every error is added to `diagnostics`."""
    if node is None or not isinstance(node.value, dict):
        return {}
    found = {name: _entries(pair.value, diagnostics) for name, pair in node.value.items()}
    return {name: join_entries(entries) for name, entries in found.items() if entries}


def _entries(node: Node, diagnostics: Diagnostics) -> tuple[Leaf, ...]:
    read = (_entry(item, diagnostics) for item in node.items() or [node])
    return tuple(entry for entry in read if entry)


def _entry(node: Node, diagnostics: Diagnostics) -> Leaf | None:
    if not isinstance(node.value, str):
        return None  # a fault of its section already
    try:
        return parse_list_entry(node.value)
    except RuleError as error:
        diagnostics.fault(node, f"lists: {error}: {error.hint}")
        return None
