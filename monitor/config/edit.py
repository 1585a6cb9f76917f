"""Add sources to config.yaml and leave every other byte of it as it was."""

import json
import os
import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from monitor.config import load
from monitor.config.diagnostics import Diagnostics
from monitor.config.files import decode, os_reason, read_bytes
from monitor.config.loader import examine
from monitor.config.names import UniqueNames
from monitor.config.nodes import Node, parse_yaml
from monitor.errors import ConfigError, MonitorError

Pairs = list[tuple[str, str]]

_SAFE = re.compile(
    r"[A-Za-z][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*|https?://[A-Za-z0-9_./?=&%+~-]+"
)
_WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))  # for YAML 1.1


def add_sources(path: Path, feeds: Iterable[tuple[str, str]]) -> list[str]:
    """Add the (name, address) pairs whose address is not watched yet; return the names they got.

    The file is replaced in one step, so that a crash leaves the old or the new one.
    Raises ConfigError when the configuration is broken, or would be afterwards.
    """
    path = path.resolve()  # a link stays a link
    watched = load(path).sources
    names = UniqueNames("source", (source.name for source in watched))
    added = _new_pairs(feeds, {source.url for source in watched}, names)
    if added:
        text, root = _read_tree(path)
        _replace(path, _encode_valid(path, _insert_sources(text, root, added)))
    return [name for name, _ in added]


def _new_pairs(feeds: Iterable[tuple[str, str]], urls: set[str], names: UniqueNames) -> Pairs:
    found: dict[str, str] = {}
    for name, url in feeds:
        if url not in urls and url not in found:
            found[url] = names.unused(name)
    return [(name, url) for url, name in found.items()]


def _read_tree(path: Path) -> tuple[str, Node]:
    diagnostics = Diagnostics(str(path))
    data = read_bytes(path, diagnostics)
    text = decode(data, diagnostics) if data is not None else None
    root = parse_yaml(text, diagnostics) if text is not None else None
    if text is None or root is None:
        raise ConfigError([fault.text for fault in diagnostics.faults])
    return text, root


def _insert_sources(text: str, root: Node, added: Pairs) -> str:
    """Return the text with the sources in it, in the style in which the list is written."""
    sources = root.get("sources")
    if root.style == "flow" and sources is None:
        return _splice(text, root.start + 1, root.start + 1, f'"sources": {_flow(added)}, ')
    if sources is None:
        at = _line_end(text, len(text))
        return _splice(text, at, at, "sources:\n" + _block(added, 2))
    if sources.style == "flow" and (root.style == "flow" or sources.items()):
        comma = ", " if sources.items() else ""
        return _splice(text, sources.end - 1, sources.end - 1, comma + _flow(added)[1:-1])
    if not sources.items():  # nothing, or []
        text = _splice(text, sources.start, sources.end, "")
        at = _line_end(text, sources.start)
        return _splice(text, at, at, _block(added, 2))
    at = _line_end(text, sources.end)
    return _splice(text, at, at, _block(added, sources.column - 1))


def _line_end(text: str, at: int) -> int:
    """Return the offset at which the line after this offset begins."""
    if text[at - 1 : at] == "\n":
        return at
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _splice(text: str, start: int, end: int, new: str) -> str:
    before = text[:start]
    if new.endswith("\n"):  # whole lines
        if before and not before.endswith("\n"):
            before += "\n"
        new = new.replace("\n", "\r\n") if "\r\n" in text else new
    return before + new + text[end:]


def _block(added: Pairs, indent: int) -> str:
    dash = " " * indent
    lines = (f"{dash}- name: {_scalar(n)}\n{dash}  url: {_scalar(url)}\n" for n, url in added)
    return "".join(lines)


def _flow(added: Pairs) -> str:
    pairs = ({"name": name, "url": url} for name, url in added)
    return f"[{', '.join(json.dumps(pair, ensure_ascii=False) for pair in pairs)}]"


def _scalar(text: str) -> str:
    """Write plain where that is safe, else in double quotes: what JSON writes is YAML too."""
    plain = _SAFE.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)


def _encode_valid(path: Path, text: str) -> bytes:
    """Encode the new text. Raises ConfigError if it would not load."""
    data = text.encode()
    if faults := examine(path, data).faults:
        lines = [f"{path}: left as it is, since it would not load:", *(f.text for f in faults)]
        raise ConfigError(lines)
    return data


def _replace(path: Path, data: bytes) -> None:
    try:
        _write_temporary(path, data).replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise MonitorError(f"{path}: cannot be written: {os_reason(error)}") from error


def _write_temporary(path: Path, data: bytes) -> Path:
    """Write a new file with the old one's rights, on disk before it takes its place."""
    old = path.stat()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            os.fchmod(handle, old.st_mode & 0o7777)
            with suppress(PermissionError):
                os.fchown(handle, old.st_uid, old.st_gid)
            file.flush()
            os.fsync(handle)
    except BaseException:
        Path(name).unlink()
        raise
    return Path(name)
