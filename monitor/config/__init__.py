"""config.yaml → Settings: the only reader of configuration files and of the environment.

Importing this package is cheap: pydantic and YAML are imported by the first `load`.
"""

import os
from pathlib import Path

from monitor.config.inputs import current_inputs
from monitor.errors import ConfigError
from monitor.fields.units import parse_duration
from monitor.settings import Inputs, Settings

__all__ = ["current_inputs", "database_of", "find", "load", "parse_duration", "read"]

PLACES = (Path("config.yaml"), Path("/etc/news-monitor/config.yaml"))
VARIABLE = "NEWS_MONITOR_CONFIG"


def find(path: str | None) -> Path:
    """Return the path given with -c, else NEWS_MONITOR_CONFIG, else the first usual place.

    Raises ConfigError when there is none.
    """
    if named := path or os.environ.get(VARIABLE):
        if _exists(Path(named)):
            return Path(named)
        origin = "" if path else f" (from the variable {VARIABLE})"
        raise ConfigError([f"{named}: there is no such file{origin}; {_INIT}"])
    for candidate in PLACES:
        if _exists(candidate):
            return candidate
    raise ConfigError([f"there is no {' and no '.join(map(str, PLACES))}; {_INIT}"])


def load(path: Path) -> Settings:
    """Read and check a configuration.

    Raises ConfigError with every fault at once: `file:line:column: message (remedy)`.
    """
    found, _ = read(path)
    if isinstance(found, ConfigError):
        raise found
    return found


def read(path: Path) -> tuple[Settings | ConfigError, Inputs]:
    """Return the settings, or the error with every fault, and the files that were read."""
    from monitor.config.loader import examine

    examined = examine(path)
    if examined.settings is None:
        return ConfigError([fault.text for fault in examined.faults]), examined.inputs
    return examined.settings, examined.inputs


def database_of(path: Path) -> Path:
    """Return the path of the database, even when the rest of the file is broken."""
    from monitor.config.basics import basics

    return basics(path).database


_INIT = "run `news-monitor init` to write one"


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True
