"""The built-in topics: rule files that come with the package, and the word lists they name."""

from functools import cache
from importlib.resources import files

import yaml

from monitor.config.word_lists import WordLists, builtin_lists, list_files
from monitor.core.rules import MAX_RULE_CHARS, parse
from monitor.errors import RuleError
from monitor.settings import Topic

NAMES = ("immigration", "tariff", "border")


def topic_files() -> dict[str, str]:
    """Return the text of each rule file and word list by its path, the rules first."""
    folder = files("monitor") / "topics"
    names = (f"{name}.yaml" for name in NAMES)
    return {name: (folder / name).read_text(encoding="utf-8") for name in names} | list_files()


@cache
def builtin_topics() -> tuple[Topic, ...]:
    """Return the built-in topics; they alert every channel of new and updated articles."""
    return _topics(WordLists())


def extended_topics(lists: WordLists) -> tuple[Topic, ...]:
    """Return the built-in topics with a configuration's additions to the built-in lists.

    Raises RuleError if the additions make a rule too long.
    """
    return _topics(lists) if lists.own.keys() & builtin_lists().keys() else builtin_topics()


def _topics(lists: WordLists) -> tuple[Topic, ...]:
    texts = topic_files()
    read = (yaml.load(texts[f"{name}.yaml"], Loader=yaml.CSafeLoader) for name in NAMES)
    return tuple(Topic(name=each["name"], query=written_out(each["match"], lists)) for each in read)


def written_out(query: str, lists: WordLists) -> str:
    """Return the query with the words of its lists in their place; without any, unchanged.

    Raises RuleError for a query that cannot be read, or is too long so.
    """
    known = lists.named_in(query)
    if "@" not in query or not known:
        return query
    written = str(parse(query, known))
    if len(written) > MAX_RULE_CHARS:
        hint = "split it into several"
        raise RuleError("its lists make it too long", line=1, column=1, hint=hint)
    return written
