"""A configuration of twelve broken rules: each is pointed at, with what to write instead."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli.check import check

BROKEN = (
    ('tariff OR "import duty', '11: match: this quote is never closed: write a second "'),
    ("(tariff OR duty", "1: match: this ( is never closed: write a )"),
    ("tariff OR duty)", "15: match: this ) closes nothing: delete it"),
    ("tariff AND", "8: match: AND has nothing on its right: write a word after it"),
    ("customs NEAR duty", "9: match: NEAR needs a number after a /: write A NEAR/5 B"),
    ("a NEAR/2 b NEAR/2 c", "12: match: NEAR does not chain: write (A NEAR/5 B) AND"),
    ("(a AND b) NEAR/3 c", "11: match: the left side of NEAR/3 must be a word"),
    ("*tariff", "1: match: a * stands only at the end of a word, never in front: write tariff"),
    ("t*", "1: match: t* would match nearly every text: write at least two letters"),
    ("ATLEAST/2 tariff", "1: match: ATLEAST/2 needs parentheses: write ATLEAST/2(A OR B)"),
    ("titel:tariff", "1: match: titel: is no field: write title:"),
    ("tariff | duty", "8: match: | is no operator: write OR"),
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    topics = (f"  - name: t{n}\n    match: |\n      {rule}\n" for n, (rule, _) in enumerate(BROKEN))
    path.write_text("sources: []\ntopics:\n" + "".join(topics))
    return path


def test_twelve_broken_rules_are_twelve_located_errors_with_a_remedy(config: Path) -> None:
    ran = CliRunner().invoke(check, ["-c", str(config)], standalone_mode=False, obj={})
    assert ran.return_value == 2
    lines = [line for line in ran.output.splitlines() if "warning" not in line]
    assert len(lines) == len(BROKEN) == 12
    for number, ((_, told), line) in enumerate(zip(BROKEN, lines, strict=True)):
        column, message = told.split(": ", 1)
        assert line.startswith(f"{config}:{5 + 3 * number}:{6 + int(column)}: {message}")
