"""The built-in topics: rule files that come with the package."""

from functools import cache
from importlib.resources import files

import yaml

from monitor.settings import Topic

NAMES = ("immigration", "tariff", "border")


@cache
def builtin_topics() -> tuple[Topic, ...]:
    """Alerting every channel, of what is new and what truly changed."""
    folder = files("monitor") / "topics"
    return tuple(
        Topic(
            name=name,
            query=yaml.load(
                (folder / f"{name}.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
            )["match"],
        )
        for name in NAMES
    )
