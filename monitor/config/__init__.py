"""config.yaml → Settings: the only reader of configuration files and of the environment."""

import os
import re
from datetime import timedelta
from pathlib import Path

from monitor.errors import ConfigError
from monitor.settings import Settings

DEFAULTS = (Path("config.yaml"), Path("/etc/news-monitor/config.yaml"))
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZES = {"": 1, "B": 1, "kB": 1000, "KB": 1000, "MB": 1000**2, "GB": 1000**3}


def find(path: str | None) -> Path:
    """-c, then NEWS_MONITOR_CONFIG, then the usual places. Raises ConfigError."""
    named = path or os.environ.get("NEWS_MONITOR_CONFIG")
    if named:
        if Path(named).is_file():
            return Path(named)
        raise ConfigError([f"{named}: there is no such file (run 'news-monitor init' to make one)"])
    for candidate in DEFAULTS:
        if candidate.is_file():
            return candidate
    raise ConfigError(["there is no config.yaml here (run 'news-monitor init' to make one)"])


def load(path: Path) -> Settings:
    """Raises ConfigError with every fault, each as `file:line:column: message (remedy)`."""
    from monitor.config.reader import load_settings  # pydantic takes its time

    return load_settings(path)


def database_of(path: Path) -> Path:
    """Where the database is, even when the rest of the file is broken."""
    from monitor.config.nodes import read_nodes

    document = read_nodes(path)
    named = document.value.get("database") if isinstance(document.value, dict) else None
    return path.parent / (named if isinstance(named, str) else "news.db")


def duration(text: object) -> timedelta:
    """`90s`, `15m`, `2h`, `7d`. Raises ValueError with the remedy."""
    found = re.fullmatch(r"(\d{1,9})([smhd])", text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("a duration is a number and s, m, h or d: 90s, 15m, 2h, 7d")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def size(text: object) -> int:
    """`10MB`, in bytes. Raises ValueError with the remedy."""
    found = re.fullmatch(r"(\d{1,12})\s*([kKMG]?B?)", str(text))
    if found is None or found[2] not in _SIZES:
        raise ValueError("a size is a number and kB, MB or GB: 10MB")
    return int(found[1]) * _SIZES[found[2]]
