"""Edits of config.yaml that keep its comments, order and formatting."""

import contextlib
import io
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from monitor.errors import ConfigError


def add_sources(path: Path, feeds: Iterable[tuple[str, str]]) -> list[str]:
    """Adds (name, url) pairs that are not there yet; the names they got."""
    yaml = YAML()
    yaml.preserve_quotes = True
    try:
        document = yaml.load(path.read_text(encoding="utf-8"))
    except (YAMLError, OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: {error}"]) from error
    sources = document.setdefault("sources", [])
    added = _append(sources, feeds)
    if added:
        text = io.StringIO()
        yaml.dump(document, text)
        _replace(path, text.getvalue())
    return added


def _append(sources: Any, feeds: Iterable[tuple[str, str]]) -> list[str]:
    urls = {item.get("url") for item in sources}
    names = {item.get("name") for item in sources}
    added = []
    for title, url in feeds:
        if url in urls:
            continue
        name, n = title, 2
        while name in names:
            name, n = f"{title} ({n})", n + 1
        urls.add(url)
        names.add(name)
        added.append(name)
        sources.append({"name": name, "url": url})
    return added


def _replace(path: Path, text: str) -> None:
    """All or nothing, also when the power goes."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(path.stat().st_mode & 0o777)
        Path(name).replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise ConfigError([f"{path}: {error.strerror}"]) from error
