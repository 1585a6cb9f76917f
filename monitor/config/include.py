"""`include:`: many sources from an OPML or YAML file."""

from pathlib import Path

from pydantic import ValidationError

from monitor.config.nodes import read_nodes
from monitor.config.opml import read_opml
from monitor.config.shape import Source
from monitor.errors import ConfigError


def included(folder: Path, name: str) -> list[Source]:
    """The sources of one file, or of all that a pattern names. Raises ConfigError."""
    paths = sorted(folder.glob(name)) if not Path(name).is_absolute() else [Path(name)]
    if not paths:
        raise ConfigError([f"{folder / name}: there is no such file"])
    return [source for path in paths for source in _read(path)]


def _read(path: Path) -> list[Source]:
    if path.suffix.lower() in (".yaml", ".yml"):
        return _from_yaml(path)
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ConfigError([f"{path}: {error.strerror}"]) from error
    return [Source(name=title, url=url) for title, url in read_opml(body, str(path))]


def _from_yaml(path: Path) -> list[Source]:
    document = read_nodes(path)
    items = document.value.get("sources") if isinstance(document.value, dict) else document.value
    if not isinstance(items, list):
        raise ConfigError([f"{path}:1:1: not a list of sources (write '- name: …')"])
    prefix = ("sources",) if isinstance(document.value, dict) else ()
    found, faults = [], []
    for i, item in enumerate(items):
        try:
            found.append(Source.model_validate(item))
        except ValidationError as error:
            for each in error.errors(include_url=False, include_input=False):
                mark = document.at((*prefix, i, *each["loc"]))
                said = each["msg"].removeprefix("Value error, ")
                faults.append(document.line(mark, f"{each['loc'][-1]}: {said}"))
    if faults:
        raise ConfigError(faults)
    return found
