"""Names that must be unique."""

from collections.abc import Iterable, Iterator

from monitor.config.diagnostics import Remarks
from monitor.config.nodes import Node
from monitor.fields.hints import shown


class Names:
    """The names taken so far, of one kind of thing."""

    def __init__(self, kind: str, taken: Iterable[str] = ()) -> None:
        self._kind = kind
        self._taken = dict.fromkeys(taken, "")  # → where
        self._numbers: dict[str, int] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def __iter__(self) -> Iterator[str]:
        return iter(self._taken)

    def take(self, item: Node, remarks: Remarks) -> None:
        """The name of this item; a fault when another has it."""
        named = item.get("name") or item
        name = named.value
        if not isinstance(name, str):
            return
        if first := self._taken.get(name):  # OPML comes last, so every first one has a place
            at = first.replace(f"{remarks.file}:", "line ")
            remarks.fault(named, f"another {self._kind} is named {shown(name)} ({at}): rename one")
        self._taken.setdefault(name, f"{remarks.file}:{named.line}")

    def free(self, name: str) -> str:
        """The name, or `name (2)`, `name (3)` when it is taken; it is then taken."""
        found = name
        while found in self._taken:
            self._numbers[name] = self._numbers.get(name, 1) + 1
            found = f"{name} ({self._numbers[name]})"
        self._taken[found] = ""
        return found
