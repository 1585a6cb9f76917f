"""docs/threats.md names tests that exist, for every row but those of the dashboard."""

import re
from pathlib import Path

TESTS = Path(__file__).parent.parent
TABLE = (TESTS.parent / "docs" / "threats.md").read_text(encoding="utf-8")
ROWS = {int(number): rest for number, rest in re.findall(r"^\| (\d+) \|(.*)$", TABLE, re.MULTILINE)}


def test_every_row_names_a_test() -> None:
    assert set(ROWS) == set(range(1, 55)) - {26}
    assert [number for number, rest in ROWS.items() if "::test_" not in rest] == []


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", TABLE)
    assert [
        f"{path}::{name}"
        for path, name in named
        if f"def {name}(" not in (TESTS / path).read_text(encoding="utf-8")
    ] == []
