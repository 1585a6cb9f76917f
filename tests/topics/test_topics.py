"""The built-in topics on invented headlines: every one is known by its label."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.config.topics import builtin_topics
from monitor.core.rules.ast import canonical_text
from monitor.core.rules.matcher import hits
from monitor.core.rules.parser import parse

FOLDER = Path(__file__).parent
TOPICS = {topic.name: topic.query for topic in builtin_topics()}


def labelled() -> list[tuple[str, str, bool, str]]:
    """(topic, language, must it match, headline)."""
    rows = []
    for topic in TOPICS:
        page: dict[str, Any] = yaml.safe_load((FOLDER / f"{topic}.yaml").read_text("utf-8"))
        for language, headlines in page.items():
            rows += [(topic, language, True, text) for text in headlines["match"]]
            rows += [(topic, language, False, text) for text in headlines["not"]]
    return rows


def found(topic: str, language: str | None, headline: str) -> bool:
    rules = ((topic, TOPICS[topic]),)
    return bool(hits(headline, "", language=language, source=None, topics=rules))


@pytest.mark.parametrize(
    ("topic", "language", "expected", "headline"), labelled(), ids=lambda value: str(value)[:60]
)
def test_a_headline_is_told_from_its_look_alikes(
    topic: str, language: str, expected: bool, headline: str
) -> None:
    assert found(topic, language, headline) is expected


@pytest.mark.parametrize("topic", TOPICS)
def test_there_are_sixty_headlines_a_topic_and_language(topic: str) -> None:
    for language in ("en", "es"):
        rows = [row for row in labelled() if row[:2] == (topic, language)]
        assert len(rows) == len({row[3] for row in rows}) >= 60


@pytest.mark.parametrize("topic", TOPICS)
def test_the_topics_print_as_they_are_read_and_give_no_warning(topic: str) -> None:
    rule = parse(TOPICS[topic])
    assert parse(canonical_text(rule)) == rule
    assert rule.warnings == ()


def test_most_headlines_are_found_in_a_feed_that_names_no_language() -> None:
    rows = [row for row in labelled() if row[2]]
    missed = [row for row in rows if not found(row[0], None, row[3])]
    assert len(missed) <= len(rows) // 20
