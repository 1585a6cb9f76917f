"""The built-in topics: rule files that come with the package."""

from functools import cache
from importlib.resources import files

import yaml

from monitor.settings import Topic

NAMES = ("immigration", "tariff", "border")


def topic_files() -> dict[str, str]:
    """Return the text of each rule file by its file name, in the order of NAMES."""
    folder = files("monitor") / "topics"
    names = (f"{name}.yaml" for name in NAMES)
    return {name: (folder / name).read_text(encoding="utf-8") for name in names}


@cache
def builtin_topics() -> tuple[Topic, ...]:
    """Return the built-in topics; they alert every channel of new and updated articles."""
    read = (yaml.load(text, Loader=yaml.CSafeLoader) for text in topic_files().values())
    return tuple(Topic(name=each["name"], query=each["match"]) for each in read)
