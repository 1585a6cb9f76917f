"""What is wrong in a configuration, and where."""

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from monitor.config.inputs import Recorder

MOST = 1_000  # a file of garbage could fill the memory with complaints


class Spot(NamedTuple):
    """A place in a file; both count from 1."""

    line: int
    column: int


class Unreadable(Exception):
    """The file cannot be read past `spot`."""

    def __init__(self, spot: Spot, message: str) -> None:
        super().__init__(message)
        self.spot = spot


class Placed(Protocol):
    """Anything that knows its place."""

    @property
    def line(self) -> int: ...

    @property
    def column(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One fault or warning."""

    file: str
    spot: Spot | None  # None: the file as a whole
    level: str  # fault | warning
    message: str

    @property
    def text(self) -> str:
        at = f":{self.spot.line}:{self.spot.column}" if self.spot else ""
        level = "warning: " if self.level == "warning" else ""
        return f"{self.file}{at}: {level}{self.message}"


@dataclass(slots=True)
class Remarks:
    """Collects the remarks on one file; `on` opens another file in the same collection."""

    file: str
    faults: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)
    _others: list[str] = field(default_factory=list)
    recorder: Recorder = field(default_factory=Recorder)

    def fault(self, place: Placed | None, message: str) -> None:
        self._add(self.faults, "fault", place, message)

    def warn(self, place: Placed | None, message: str) -> None:
        self._add(self.warnings, "warning", place, message)

    def on(self, file: str) -> "Remarks":
        self._others.append(file)
        return Remarks(file, self.faults, self.warnings, self._others, self.recorder)

    def in_order(self, remarks: list[Remark]) -> tuple[Remark, ...]:
        """By file (the first one first, then as they were opened), then by position."""
        ranks = {file: rank for rank, file in reversed(list(enumerate([self.file, *self._others])))}
        return tuple(sorted(remarks, key=lambda each: (ranks[each.file], each.spot or Spot(0, 0))))

    def _add(self, found: list[Remark], level: str, place: Placed | None, message: str) -> None:
        if len(found) == MOST:
            place, message = None, f"there are more than {MOST} {level}s; the rest is left out"
        if len(found) <= MOST:
            spot = Spot(place.line, place.column) if place else None
            found.append(Remark(file=self.file, spot=spot, level=level, message=message))
