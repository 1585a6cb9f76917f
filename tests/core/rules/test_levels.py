import pytest

from monitor.core.rules import hits
from monitor.model import Level

FILLER = "Nothing of the subject stands in these words of an ordinary day. " * 8


def level(title: str, text: str, query: str = "tariff") -> Level:
    found = hits(title, text, language="en", source=None, topics=(("t", query),))
    (level,) = {hit.level for hit in found}
    return level


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Market day", FILLER + "A tariff came up.", Level.MENTION),
        ("Market day", FILLER + "A tariff. Another tariff.", Level.MENTION),
        ("Market day", FILLER + "A tariff. Another tariff. A third tariff.", Level.LIKELY),
        ("Market day", "The tariff on steel rises. " + FILLER, Level.LIKELY),
        ("Tariff on steel rises", FILLER, Level.LIKELY),
        ("Tariff on steel rises", "The tariff will be 50 %. " + FILLER, Level.ABOUT),
        ("Tariff on steel rises", FILLER + "The tariff is old. No other tariff.", Level.ABOUT),
        ("Market day", "A tariff came. " + FILLER + "tariff " * 5, Level.ABOUT),
    ],
)
def test_the_level_follows_from_the_place_and_the_number_of_matches(
    title: str, text: str, expected: Level
) -> None:
    assert level(title, text) is expected


def test_a_weight_in_the_rule_lowers_or_raises_the_level() -> None:
    assert level("Duty on steel", "", "duty^0.5") is Level.MENTION
    assert level("Duty on steel", "", "duty^2") is Level.ABOUT


def test_matches_that_overlap_count_once() -> None:
    text = FILLER + "import tariff"
    assert level("Market day", text, 'tariff OR "import tariff" OR import NEAR/2 tariff') is (
        Level.MENTION
    )


def test_a_rule_that_only_asks_for_absence_is_a_mention() -> None:
    assert level("Market day", FILLER, "NOT tariff") is Level.MENTION


def test_the_levels_are_ordered() -> None:
    assert [level.rank for level in Level] == [0, 1, 2]
    assert Level.ABOUT.reaches(Level.LIKELY)
    assert not Level.MENTION.reaches(Level.LIKELY)
