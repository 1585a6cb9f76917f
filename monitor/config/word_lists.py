"""The word lists of a configuration and of the package: what @name stands for in rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from monitor.config.diagnostics import Diagnostics
from monitor.config.nodes import Node, parse_yaml
from monitor.core.rules import Leaf, Lists, join_entries, parse_list_entry
from monitor.errors import ConfigError, RuleError

Entries = Mapping[str, tuple[Leaf, ...]]  # of a list, by its name


@dataclass(frozen=True, slots=True)
class WordLists:
    """The lists that rules may name: a configuration's own, and the built-in ones."""

    own: Entries = field(default_factory=dict)

    def named_in(self, query: str) -> Lists:
        """Return what @name stands for in this query.

        Own entries come after the built-in ones of the same name. A query without any list's name
        in a configuration without lists gets none: there an @ is punctuation.
        """
        builtin = builtin_lists()
        if not self.own and not any(f"@{name}" in query for name in builtin):
            return {}
        return {
            name: join_entries(tuple(dict.fromkeys(builtin.get(name, ()) + self.own.get(name, ()))))
            for name in builtin.keys() | self.own.keys()
        }


def word_lists(node: Node | None, diagnostics: Diagnostics) -> WordLists:
    """Return the lists that are valid; every error is added to `diagnostics`."""
    if node is None or not isinstance(node.value, dict):
        return WordLists()
    found = {name: _entries(pair.value, diagnostics) for name, pair in node.value.items()}
    return WordLists({name: entries for name, entries in found.items() if entries})


def written_lists(lists: Mapping[str, tuple[str, ...]]) -> WordLists:
    """Return the lists of settings that were examined."""
    return WordLists(
        {name: tuple(map(parse_list_entry, entries)) for name, entries in lists.items()}
    )


@cache
def builtin_lists() -> Entries:
    """Return the lists that come with the package."""
    return read_lists(files("monitor") / "topics" / "lists")


def read_lists(folder: Traversable) -> Entries:
    """Read each YAML file of a folder as one list, named like the file.

    Raises ConfigError with the file and line of each entry that cannot be used.
    """
    diagnostics = Diagnostics(str(folder))
    found = {}
    for file in _yaml_files(folder):
        own = diagnostics.for_file(str(file))
        root = parse_yaml(file.read_text(encoding="utf-8"), own)
        items = root.items() if root else []
        if not items or not all(isinstance(item.value, str) for item in items):
            own.fault(root, "must be a list of words and phrases")
        found[file.name.removesuffix(".yaml")] = _entries(root, own) if root else ()
    if diagnostics.faults:
        raise ConfigError([fault.text for fault in diagnostics.in_order(diagnostics.faults)])
    return found


def list_files() -> dict[str, str]:
    """Return the text of each built-in list by its path beside the rule files."""
    folder = files("monitor") / "topics" / "lists"
    return {f"lists/{file.name}": file.read_text(encoding="utf-8") for file in _yaml_files(folder)}


def _yaml_files(folder: Traversable) -> list[Traversable]:
    found = (file for file in folder.iterdir() if file.name.endswith(".yaml"))
    return sorted(found, key=lambda file: file.name)


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
