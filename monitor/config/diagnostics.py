"""Faults and warnings of a configuration, each with its position."""

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from monitor.config.inputs import Recorder

MAX_DIAGNOSTICS = 1_000  # a file of garbage could fill the memory with diagnostics


class Position(NamedTuple):
    """A position in a file; line and column count from 1."""

    line: int
    column: int


class Unreadable(Exception):
    """The file cannot be read past `position`."""

    def __init__(self, position: Position, message: str) -> None:
        super().__init__(message)
        self.position = position


class Positioned(Protocol):
    """Anything that has a position in a file."""

    @property
    def line(self) -> int:
        """Line, from 1."""

    @property
    def column(self) -> int:
        """Column, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One fault or warning."""

    file: str
    position: Position | None  # None: the file as a whole
    level: str  # fault | warning
    message: str

    @property
    def text(self) -> str:
        """The whole line for a person: `file:line:column: message`."""
        at = f":{self.position.line}:{self.position.column}" if self.position else ""
        level = "warning: " if self.level == "warning" else ""
        return f"{self.file}{at}: {level}{self.message}"


@dataclass(slots=True)
class Diagnostics:
    """Collector of the faults and warnings of one file, and of the files it includes."""

    file: str
    faults: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    _others: list[str] = field(default_factory=list)
    recorder: Recorder = field(default_factory=Recorder)

    def fault(self, place: Positioned | None, message: str) -> None:
        """Add a fault: the configuration is refused. None: the file as a whole."""
        self._add(self.faults, "fault", place, message)

    def warn(self, place: Positioned | None, message: str) -> None:
        """Add a warning: the configuration is accepted all the same."""
        self._add(self.warnings, "warning", place, message)

    def for_file(self, file: str) -> "Diagnostics":
        """Return a collector for another file that adds to the same lists."""
        self._others.append(file)
        return Diagnostics(file, self.faults, self.warnings, self._others, self.recorder)

    def in_order(self, found: list[Diagnostic]) -> tuple[Diagnostic, ...]:
        """Sort by file (the first one first, then as they were opened), then by position."""
        ranks = {file: rank for rank, file in reversed(list(enumerate([self.file, *self._others])))}
        start = Position(0, 0)
        return tuple(sorted(found, key=lambda each: (ranks[each.file], each.position or start)))

    def _add(
        self, found: list[Diagnostic], level: str, place: Positioned | None, message: str
    ) -> None:
        if len(found) == MAX_DIAGNOSTICS:
            place = None
            message = f"there are more than {MAX_DIAGNOSTICS} {level}s; the rest is left out"
        if len(found) <= MAX_DIAGNOSTICS:
            at = Position(place.line, place.column) if place else None
            found.append(Diagnostic(file=self.file, position=at, level=level, message=message))
