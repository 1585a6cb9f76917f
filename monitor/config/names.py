"""Names that must be unique."""

from collections.abc import Iterable, Iterator

from monitor.config.diagnostics import Diagnostics
from monitor.config.nodes import Node
from monitor.fields.hints import quoted


class UniqueNames:
    """The names in use, of one kind of thing."""

    def __init__(self, kind: str, taken: Iterable[str] = ()) -> None:
        self._kind = kind
        self._taken = dict.fromkeys(taken, "")  # name → its first place
        self._numbers: dict[str, int] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def __iter__(self) -> Iterator[str]:
        return iter(self._taken)

    def add(self, item: Node, diagnostics: Diagnostics) -> None:
        """Add the name of this item; a fault if another item has it."""
        named = item.get("name") or item
        name = named.value
        if not isinstance(name, str):
            return
        if first := self._taken.get(name):  # OPML comes last, so every first one has a place
            at = first.replace(f"{diagnostics.file}:", "line ")
            message = f"another {self._kind} is named {quoted(name)} ({at}): rename one"
            diagnostics.fault(named, message)
        self._taken.setdefault(name, f"{diagnostics.file}:{named.line}")

    def unused(self, name: str) -> str:
        """Return and add the name, or `name (2)`, `name (3)` … if it is in use."""
        found = name
        while found in self._taken:
            self._numbers[name] = self._numbers.get(name, 1) + 1
            found = f"{name} ({self._numbers[name]})"
        self._taken[found] = ""
        return found
