"""What the rest of the file cannot spoil: the database, the reader's zone, the names in it.

Nothing here needs a secret, an included file or a rule; a broken file tells what it still can.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from monitor.config.diagnostics import Remarks
from monitor.config.files import content, text_of
from monitor.config.loader import machine_zone
from monitor.config.nodes import Node, tree
from monitor.config.paths import beside
from monitor.core.dates import find_zone

DATABASE = "news.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basics:
    """What most questions to the database need of the configuration."""

    database: Path
    timezone: str
    topics: tuple[str, ...] = ()  # only those written in the file itself
    sources: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


def basics(path: Path) -> Basics:
    """Reads as much as can be read. Raises nothing."""
    remarks = Remarks(str(path))
    data = content(path, remarks)
    text = text_of(data, remarks) if data is not None else None
    root = tree(text, remarks) if text is not None else None
    return Basics(
        database=beside(path.parent, _text(root, "database") or DATABASE),
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
    """Of the items of a list; a built-in topic is named by a bare word."""
    section = root.get(key) if root else None
    for item in section.items() if section else ():
        named = item if isinstance(item.value, str) else item.get("name")
        if named is not None and isinstance(named.value, str):
            yield named.value
