"""The built-in topics: rule files that come with the package."""

from functools import cache
from importlib.resources import files

import yaml

from monitor.settings import Topic

NAMES = ("immigration", "tariff", "border")


def topic_files() -> dict[str, str]:
    """The text of each by its file name, in the order of NAMES."""
    folder = files("monitor") / "topics"
    names = (f"{name}.yaml" for name in NAMES)
    return {name: (folder / name).read_text(encoding="utf-8") for name in names}


@cache
def builtin_topics() -> tuple[Topic, ...]:
    """Alerting every channel, of what is new and what truly changed."""
    read = (yaml.load(text, Loader=yaml.CSafeLoader) for text in topic_files().values())
    return tuple(Topic(name=each["name"], query=each["match"]) for each in read)
