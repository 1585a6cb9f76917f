"""OPML import and export (http://opml.org/spec2.opml): each outline with an xmlUrl is a feed.

Folders are dropped: sources are a flat list here.
"""

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from monitor.config.diagnostics import Position, Unreadable
from monitor.errors import ParseError
from monitor.fields.types import MAX_NAME
from monitor.settings import Source


class Outline(NamedTuple):
    """A feed of an OPML file, with its position."""

    name: str
    url: str
    line: int
    column: int


def read_opml(data: bytes) -> list[tuple[str, str]]:
    """Return (name, address) of every feed, each address once. Raises ParseError."""
    try:
        found = outlines(data)
    except Unreadable as error:
        at = f"line {error.position.line}, column {error.position.column}"
        raise ParseError(f"not readable as OPML: {error} ({at})", permanent=True) from error
    return [(outline.name, outline.url) for outline in found]


def outlines(data: bytes) -> list[Outline]:
    """Return every feed in the order of the file, each address once. Raises Unreadable."""
    return _Reader().read(data)


def write_opml(sources: Iterable[Source]) -> bytes:
    """Write the sources as OPML 2.0."""
    lines = (
        f'    <outline type="rss" text={quoteattr(each.name)} title={quoteattr(each.name)}'
        f" xmlUrl={quoteattr(each.url)}/>\n"
        for each in sources
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n'
    title = "  <head>\n    <title>news-monitor</title>\n  </head>\n"
    return f"{head}{title}  <body>\n{''.join(lines)}  </body>\n</opml>\n".encode()


class _Reader:
    """Reader on expat: no tree is built, no file opened, every entity declaration refused."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._element
        self._parser.EntityDeclHandler = self._entity
        self._root: str | None = None
        self._found: dict[str, Outline] = {}

    def read(self, data: bytes) -> list[Outline]:
        """Return the feeds of the file. Raises Unreadable."""
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            message = expat.ErrorString(error.code)
            raise Unreadable(
                Position(error.lineno, error.offset + 1), f"broken XML: {message}"
            ) from error
        except (LookupError, ValueError) as error:  # an encoding that Python does not know
            raise Unreadable(self._position(), "an unknown encoding: save it as UTF-8") from error
        return list(self._found.values())

    def _element(self, tag: str, attributes: dict[str, str]) -> None:
        if self._root is None:
            self._root = tag.lower()
            if self._root != "opml":
                raise Unreadable(self._position(), f"is no OPML file: it begins with <{tag[:40]}>")
        if tag.lower() != "outline":
            return
        lower = {name.lower(): value for name, value in attributes.items()}
        if url := _printable(lower.get("xmlurl", "")).strip():
            name = _name(lower.get("title") or lower.get("text") or "") or _host(url)
            self._found.setdefault(url, Outline(name, url, *self._position()))

    def _entity(self, *_: object) -> None:
        raise Unreadable(self._position(), "declares entities: remove the DOCTYPE")

    def _position(self) -> Position:
        return Position(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1)


def _name(text: str) -> str:
    """Reduce a text to one printable line that is a valid name."""
    line = " ".join(_printable(text[:2_000], " ").split())
    return line[: MAX_NAME - 20].strip()  # room for ` (2)`


def _printable(text: str, instead: str = "") -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else instead for c in text)


def _host(url: str) -> str:
    try:
        host = urlsplit(url).hostname or url
    except ValueError:
        host = url
    return _name(host) or "feed"
