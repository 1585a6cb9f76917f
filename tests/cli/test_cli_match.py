import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from waiting import PATIENCE_S

from monitor.cli.match import match


def lines(path: Path, *values: object) -> Path:
    text = [value if isinstance(value, str) else json.dumps(value) for value in values]
    path.write_text("".join(line + "\n" for line in text), encoding="utf-8")
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(match, [str(each) for each in arguments], standalone_mode=False)


def rows(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


RULES = ({"id": "b", "query": "tariff"}, {"id": "a", "query": "tariff OR steel"})


def test_documents_are_answered_in_order_with_sorted_rule_ids(tmp_path: Path) -> None:
    rules = lines(tmp_path / "rules.jsonl", *RULES)
    docs = lines(
        tmp_path / "docs.jsonl",
        {"id": 2, "lang": "en", "source": "x", "title": "Tariffs", "body": "rise"},
        {"id": "1", "lang": None, "title": None, "body": "steel"},
        {"id": None},
    )
    out = tmp_path / "out.jsonl"
    result = run("--rules", rules, "--docs", docs, "--out", out)
    assert result.return_value == 0
    assert [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()] == [
        {"id": 2, "rules": ["a", "b"]},
        {"id": "1", "rules": ["a"]},
        {"id": None, "rules": []},
    ]


def test_explain_adds_the_spans(tmp_path: Path) -> None:
    rules = lines(tmp_path / "rules.jsonl", {"id": "a", "query": "title:x OR café^2"})
    docs = lines(tmp_path / "docs.jsonl", {"id": 1, "title": "X", "body": "un Café"})
    (row,) = rows(run("--rules", rules, "--docs", docs, "--explain"))
    assert row["spans"] == {
        "a": [
            {"place": "title", "start": 0, "end": 1, "text": "X", "weight": 1.0},
            {"place": "body", "start": 3, "end": 7, "text": "Café", "weight": 2.0},
        ]
    }


def test_a_rule_may_name_the_built_in_lists(tmp_path: Path) -> None:
    rules = lines(tmp_path / "rules.jsonl", {"id": "a", "query": "raid NEAR/3 @agencies"})
    docs = lines(tmp_path / "docs.jsonl", {"id": 1, "title": "USCIS officers raid a warehouse"})
    assert rows(run("--rules", rules, "--docs", docs)) == [{"id": 1, "rules": ["a"]}]


def test_a_broken_rule_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    rules = lines(tmp_path / "rules.jsonl", RULES[0], {"id": "bad", "query": "a NEAR b"}, RULES[1])
    docs = lines(tmp_path / "docs.jsonl", {"id": 1, "body": "tariff"})
    result = run("--rules", rules, "--docs", docs)
    assert result.return_value == 1
    assert rows(result) == [{"id": 1, "rules": ["a", "b"]}]
    assert 'rules.jsonl:2: rule "bad", 1:3: NEAR needs a number' in result.stderr
    assert "\n    ^" in result.stderr


@pytest.mark.parametrize(
    "broken",
    [
        "{",
        "[1]",
        '{"id": 1, "body": 7}',
        "[" * 100_000,
        '{"id": ' + "1" * 5000 + "}",
        "nonsense",
    ],
)
def test_a_broken_document_keeps_its_place_in_the_output(tmp_path: Path, broken: str) -> None:
    rules = lines(tmp_path / "rules.jsonl", RULES[0])
    docs = lines(tmp_path / "docs.jsonl", {"id": 1, "body": "tariff"}, broken, "", {"id": 3})
    result = run("--rules", rules, "--docs", docs)
    assert result.return_value == 1
    first, second, third = rows(result)
    assert (first["id"], third["id"]) == (1, 3)
    assert second["error"]
    assert "docs.jsonl:2: " in result.stderr


def test_a_line_that_is_not_utf_8_is_one_error(tmp_path: Path) -> None:
    rules = lines(tmp_path / "rules.jsonl", RULES[0])
    docs = tmp_path / "docs.jsonl"
    docs.write_bytes(b'\xef\xbb\xbf{"id": 1}\n\xff\n{"id": 2}\n')
    result = run("--rules", rules, "--docs", docs)
    assert [row["id"] for row in rows(result)] == [1, None, 2]


def test_ops_drive_a_live_index(tmp_path: Path) -> None:
    doc = {"id": 1, "body": "tariff"}
    ops = lines(
        tmp_path / "ops.jsonl",
        {"op": "match", "doc": doc},
        {"op": "add", "id": "a", "query": "tariff"},
        {"op": "match", "doc": doc},
        {"op": "add", "id": "a", "query": "steel"},
        {"op": "match", "doc": doc},
        {"op": "add", "id": "a", "query": "(broken"},
        {"op": "match", "doc": {"id": 2, "body": "steel"}},
        {"op": "remove", "id": "a"},
        {"op": "remove", "id": "never"},
        {"op": "match", "doc": {"id": 2, "body": "steel"}},
        {"op": "dance"},
    )
    result = run("--ops", ops)
    assert [row["rules"] for row in rows(result)] == [[], ["a"], [], ["a"], []]
    assert result.return_value == 1
    assert "ops.jsonl:6" in result.stderr
    assert "ops.jsonl:11" in result.stderr


def test_half_a_surrogate_pair_does_not_stop_the_output(tmp_path: Path) -> None:
    rules = lines(tmp_path / "rules.jsonl", RULES[0])
    docs = lines(tmp_path / "docs.jsonl", '{"id": "\\ud800", "body": "tariff"}')
    out = tmp_path / "out.jsonl"
    assert run("--rules", rules, "--docs", docs, "--out", out).return_value == 0
    assert json.loads(out.read_text(encoding="utf-8"))["rules"] == ["b"]


def test_without_rules_the_configured_topics_are_matched(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("sources: []\ntopics:\n  - name: metal\n    match: steel\n", encoding="utf-8")
    docs = lines(tmp_path / "docs.jsonl", {"id": 1, "body": "Steel"})
    result = run("-c", config, "--docs", docs)
    assert rows(result) == [{"id": 1, "rules": ["metal"]}]


@pytest.mark.parametrize("arguments", [[], ["--rules", "R"], ["--ops", "R", "--rules", "R"]])
def test_wrong_use_ends_with_status_2(tmp_path: Path, arguments: list[str]) -> None:
    rules = lines(tmp_path / "rules.jsonl", RULES[0])
    result = CliRunner().invoke(match, [str(rules) if a == "R" else a for a in arguments])
    assert result.exit_code == 2


def test_a_file_that_is_read_is_not_written_over(tmp_path: Path) -> None:
    rules = lines(tmp_path / "rules.jsonl", RULES[0])
    docs = lines(tmp_path / "docs.jsonl", {"id": 1, "body": "tariff"})
    before = docs.read_bytes()
    result = CliRunner().invoke(
        match, ["--rules", str(rules), "--docs", str(docs), "--out", str(docs)]
    )
    assert result.exit_code == 2
    assert docs.read_bytes() == before


def test_json_may_be_asked_for(tmp_path: Path) -> None:
    rules = lines(tmp_path / "rules.jsonl", RULES[0])
    docs = lines(tmp_path / "docs.jsonl", {"id": 1, "body": "tariff"})
    assert rows(run("--json", "--rules", rules, "--docs", docs)) == [{"id": 1, "rules": ["b"]}]


def test_each_answer_of_a_live_index_is_there_before_the_next_question() -> None:
    command = [sys.executable, "-m", "monitor", "match", "--ops", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as driven:
        assert driven.stdin is not None
        assert driven.stdout is not None
        for name in ("one", "two"):
            op = {"op": "match", "doc": {"id": name}}
            driven.stdin.write(json.dumps(op).encode() + b"\n")
            driven.stdin.flush()
            assert json.loads(driven.stdout.readline()) == {"id": name, "rules": []}
        driven.stdin.close()
        assert driven.wait(timeout=PATIENCE_S) == 0
