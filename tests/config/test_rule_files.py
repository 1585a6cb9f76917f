"""Topics from files of their own, and lists of words that rules share."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor import config
from monitor.cli.init import init
from monitor.config.topics import builtin_topics
from monitor.config.word_lists import builtin_lists, read_lists
from monitor.core.rules.matcher import Document, Matcher
from monitor.core.rules.parser import parse
from monitor.errors import ConfigError
from monitor.settings import Settings, Topic


def loaded(folder: Path, text: str) -> Settings:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return config.load(path)


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text)
    return [fault.replace(f"{folder}/", "") for fault in caught.value.faults]


def finds(topic: Topic, body: str) -> bool:
    matcher = Matcher()
    matcher.add(topic.name, parse(topic.query))
    return matcher.match(Document(body=body, language="en")) == [topic.name]


INCLUDE = "topics:\n  - border\n  - include: rules/*.yaml\n"


def test_a_rule_file_is_one_topic_or_a_list_of_them(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yaml").write_text("name: steel\nmatch: steel\nalert: []\n")
    (tmp_path / "rules" / "b.yaml").write_text("- {name: tin, match: tin}\n- tariff\n")
    (tmp_path / "rules" / "c.yaml").write_text("topics:\n- {name: lead, match: lead}\n")
    topics = loaded(tmp_path, INCLUDE).topics
    assert [topic.name for topic in topics] == ["border", "steel", "tin", "tariff", "lead"]
    assert topics[1].channels == ()


def test_a_fault_in_a_rule_file_has_its_position_there(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yaml").write_text(
        "- name: border\n  match: |\n    steel OR\n    tin NEAR lead\n- include: b.yaml\n- nam: x\n"
    )
    (tmp_path / "rules" / "b.yaml").write_text("name: [\n")
    found = refused(tmp_path, INCLUDE)
    assert [fault.partition(": ")[0] for fault in found] == [
        "rules/a.yaml:1:9",
        "rules/a.yaml:4:9",
        "rules/a.yaml:5:3",
        "rules/a.yaml:6:3",
        "rules/a.yaml:6:3",
        "rules/b.yaml:2:1",
    ]
    assert "another topic is named 'border' (config.yaml:2)" in found[0]


def test_a_pattern_that_names_no_rule_file_is_a_fault(tmp_path: Path) -> None:
    [fault] = refused(tmp_path, INCLUDE)
    assert fault.startswith("config.yaml:3:14: include: there is no such file")


LISTS = "lists:\n  authorities: [=ICE, Border Patrol, deport*, U.S. Marshals]\n  one: steel\n"


def test_a_list_stands_for_any_of_its_words(tmp_path: Path) -> None:
    rule = "@authorities^2 OR title:@one"
    (topic,) = loaded(tmp_path, f"{LISTS}topics: [{{name: t, match: '{rule}'}}]").topics
    written = '=ICE^2 OR "Border Patrol"^2 OR deport*^2 OR "U S Marshals"^2 OR title:steel'
    assert parse(topic.query) == parse(written)
    assert finds(topic, "the border patrol")
    assert not finds(topic, "ice cream")


def test_a_list_is_an_operand_of_near_and_atleast(tmp_path: Path) -> None:
    rule = "(raid NEAR/3 @authorities) OR ATLEAST/2(@authorities) OR @one NEAR/1 tin"
    (topic,) = loaded(tmp_path, f"{LISTS}topics: [{{name: t, match: '{rule}'}}]").topics
    assert finds(topic, "ICE agents raid a farm")
    assert finds(topic, "deported by the Border Patrol")
    assert finds(topic, "tin, steel")
    assert not finds(topic, "ICE at work")


def test_a_rule_that_names_no_list_stays_as_it_was_written(tmp_path: Path) -> None:
    (topic,) = loaded(tmp_path, f"{LISTS}topics: [{{name: t, match: 'a  b'}}]").topics
    assert topic.query == "a  b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LISTS + "topics: [{name: t, match: a @town}]", "4:29: match: no list is named @town"),
        ("lists: {a: [x OR y]}", "1:13: lists: this is more than one word or phrase"),
        ("lists: {a: [x*]}", "1:13: lists: x* would match nearly every text"),
        ("lists: {a: []}", "1:12: a: must name at least 1"),
        ("lists: {a b: [x]}", "1:9: a b: the name of a list is letters"),
        ("lists: {a: [[x]]}", "1:13: a: must be one text"),
        ("lists: 3", "1:8: lists: must hold keys"),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_used_is_a_fault_at_its_position(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert f"config.yaml:{expected}" in refused(tmp_path, text)[0]


def test_lists_that_make_a_rule_too_long_are_a_fault(tmp_path: Path) -> None:
    words = ", ".join(f"{'word' * 25}{n}" for n in range(3000))
    (fault,) = refused(tmp_path, f"lists: {{a: [{words}]}}\ntopics: [{{name: t, match: '@a'}}]")
    assert "its lists make it too long" in fault


def test_without_lists_an_at_sign_is_no_more_than_punctuation(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "topics: [{name: t, match: '@potus'}]")
    assert finds(settings.topics[0], "says potus")
    assert any("@potus is a word here" in warning for warning in settings.warnings)


def test_a_built_in_list_is_there_without_configuration(tmp_path: Path) -> None:
    (topic,) = loaded(tmp_path, "topics: [{name: t, match: 'raid NEAR/4 @agencies'}]").topics
    assert finds(topic, "a raid by USCIS officers")
    assert not finds(topic, "a raid by pirates")


def test_words_under_the_name_of_a_built_in_list_are_added_to_it(tmp_path: Path) -> None:
    lists = "lists: {agencies: [=ZOLL], mine: [tin]}\n"
    topics = loaded(
        tmp_path, lists + "topics: [{name: t, match: '@agencies OR @mine'}, immigration]"
    ).topics
    assert all(finds(topics[0], text) for text in ("the ZOLL", "by USCIS", "a tin"))
    built_in = {topic.name: topic for topic in builtin_topics()}["immigration"]
    assert len(topics[1].query) > len(built_in.query)
    assert topics[1].query.replace(" OR =ZOLL", "") == built_in.query


def test_additions_that_make_a_built_in_topic_too_long_are_a_fault(tmp_path: Path) -> None:
    words = ", ".join(f"{'word' * 25}{n}" for n in range(3000))
    faults = refused(tmp_path, f"lists: {{agencies: [{words}]}}\ntopics: [tariff]")
    assert any("a built-in topic is refused: its lists make it too long" in each for each in faults)


def test_an_entry_of_a_list_file_that_cannot_be_used_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "towns.yaml").write_text("# Towns\n- Nogales\n- El Paso OR Tecate\n- x*\n")
    (tmp_path / "nested.yaml").write_text("- [Nogales]\n")
    (tmp_path / "none.yaml").write_text("# nothing yet\n")
    with pytest.raises(ConfigError) as caught:
        read_lists(tmp_path)
    faults = [fault.replace(f"{tmp_path}/", "") for fault in caught.value.faults]
    assert [fault.partition(": ")[0] for fault in faults] == [
        "nested.yaml:1:1",
        "none.yaml",
        "towns.yaml:3:3",
        "towns.yaml:4:3",
    ]


@pytest.mark.parametrize("name", builtin_lists())
def test_a_built_in_list_names_nothing_twice(name: str) -> None:
    entries = builtin_lists()[name]
    assert len(entries) == len(set(entries)) > 1


def test_the_built_in_topics_can_be_copied_out_and_included(tmp_path: Path) -> None:
    copied = CliRunner().invoke(init, ["--topics", str(tmp_path)], obj={})
    assert copied.exit_code == 0
    assert (tmp_path / "topics" / "lists" / "agencies.yaml").exists()
    assert loaded(tmp_path, "topics: [include: topics/*.yaml]").topics == tuple(
        sorted(builtin_topics(), key=lambda topic: topic.name)
    )
    mine = tmp_path / "topics" / "border.yaml"
    mine.write_text("mine")
    assert CliRunner().invoke(init, ["--topics", str(tmp_path)], obj={}).exit_code == 1
    assert mine.read_text() == "mine"


def test_a_former_name_belongs_to_no_topic_that_is_there_and_to_one_new_name(
    tmp_path: Path,
) -> None:
    [topic] = loaded(tmp_path, "topics:\n  - {name: a, match: x, renamed_from: b}\n").topics
    assert topic.renamed_from == "b"
    found = refused(
        tmp_path,
        "topics:\n"
        "  - {name: a, match: x, renamed_from: b}\n"
        "  - {name: b, match: x, renamed_from: c}\n"
        "  - {name: d, match: x, renamed_from: c}\n"
        "  - {name: e, match: x, renamed_from: e}\n",
    )
    assert [fault.partition(": ")[0] for fault in found] == [
        "config.yaml:2:39",
        "config.yaml:4:39",
        "config.yaml:5:39",
    ]
    assert "still configured" in found[0]
    assert "has the history of 'c' already" in found[1]
