"""The parts of a configuration that are readable although the rest is broken.

The database, the reader's zone and the names: none needs a secret, an included file or a rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from monitor.config.diagnostics import Diagnostics
from monitor.config.files import decode, read_bytes
from monitor.config.loader import machine_zone
from monitor.config.nodes import Node, parse_yaml
from monitor.config.paths import resolve_path
from monitor.core.dates import find_zone

DATABASE = "news.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basics:
    """The parts of a configuration that most questions to the database need."""

    database: Path
    timezone: str
    topics: tuple[str, ...] = ()  # only those written in the file itself
    sources: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


def basics(path: Path) -> Basics:
    """Read as much as can be read. Raises nothing."""
    diagnostics = Diagnostics(str(path))
    data = read_bytes(path, diagnostics)
    text = decode(data, diagnostics) if data is not None else None
    root = parse_yaml(text, diagnostics) if text is not None else None
    return Basics(
        database=resolve_path(path.parent, _text(root, "database") or DATABASE),
        timezone=_zone(_text(root, "timezone")),
        topics=tuple(_names(root, "topics")),
        sources=tuple(_names(root, "sources")),
        channels=tuple(_names(root, "channels")),
    )


def _text(root: Node | None, key: str) -> str | None:
    node = root.get(key) if root else None
    return node.value if node and isinstance(node.value, str) else None


def _zone(name: str | None) -> str:
    return name if name and find_zone(name) else machine_zone()


def _names(root: Node | None, key: str) -> Iterator[str]:
    """Yield the names in a list; a built-in topic is a bare word."""
    section = root.get(key) if root else None
    for item in section.items() if section else ():
        named = item if isinstance(item.value, str) else item.get("name")
        if named is not None and isinstance(named.value, str):
            yield named.value
