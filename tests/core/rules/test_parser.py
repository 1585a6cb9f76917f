import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.rules.written_rules import rule as written_rule
from monitor.core.rules.ast import canonical_text
from monitor.core.rules.parser import parse
from monitor.core.rules.rule_text import point_at_error
from monitor.errors import RuleError


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("tariff", "tariff"),
        ("a  b", "a AND b"),
        ("a AND (b AND c)", "a AND b AND c"),
        ("a OR b c", "a OR b AND c"),
        ("(a OR b) c", "(a OR b) AND c"),
        ("a -b", "a AND NOT b"),
        ("--a", "a"),
        ("NOT (a OR b)", "NOT (a OR b)"),
        ("NOT customs NEAR/3 duty", "NOT customs NEAR/3 duty"),
        ("a ONEAR/0 (b OR (c OR d))", "a ONEAR/0 (b OR c OR d)"),
        ("a NEAR/5 (b)", "a NEAR/5 b"),
        ("ATLEAST/3((a OR b))", "ATLEAST/3(a OR b)"),
        ("title:a", "title:a"),
        ("body:(a OR b)^2", "body:(a^2 OR b^2)"),
        ("-title:(a b)", "NOT title:(a AND b)"),
        ("(a^3 OR b)^2", "a^3 OR b^2"),
        ("COVID-19", '"COVID 19"'),
        ("=U.S.", '="U S"'),
        ("=ICE", "=ICE"),
        ('“import duty” OR ="ICE raid"', '"import duty" OR ="ICE raid"'),
        ("deport*^0.5", "deport*^0.5"),
        ("lang:en-US source:ny*", 'lang:"en-US" AND source:ny*'),
        ('source:"El País"^2', 'source:"El País"'),
        ('"AND"', '"AND"'),
        ("OR-gate", '"OR gate"'),
        ("AND. NEAR:", None),
        ("AND.", "AND."),
        ("Nearly ANDes", "Nearly AND ANDes"),
        ("don’t", '"don t"'),
        ("@agency #tag $5", "agency AND tag AND 5"),
    ],
)  # fmt: skip
def test_a_rule_is_printed_in_one_spelling(written: str, printed: str | None) -> None:
    if printed is None:
        with pytest.raises(RuleError):
            parse(written)
    else:
        assert str(parse(written)) == printed
        assert parse(printed) == parse(written)


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_a_printed_rule_parses_to_the_same_rule(seed: int) -> None:
    rule = parse(written_rule(random.Random(seed), 4)[0])
    assert parse(canonical_text(rule)) == rule
    assert canonical_text(parse(canonical_text(rule))) == canonical_text(rule)


PIECES = [*'abAB"“=*()-^: \n\té', "NEAR/2 ", " OR ", "NOT ", "title:"]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_text_parses_or_is_refused_with_a_position_and_a_hint(written: str) -> None:
    try:
        rule = parse(written)
    except RuleError as refused:
        error = refused
    else:
        assert parse(canonical_text(rule)) == rule
        return
    assert error.hint
    lines = written.split("\n")
    assert 1 <= error.line <= len(lines)
    assert 1 <= error.column <= len(lines[error.line - 1]) + 1


@pytest.mark.parametrize(
    ("written", "column", "message", "hint"),
    [
        ("", 1, "this rule is empty", "write a word"),
        ("tariff AND (", 12, "this ( is never closed", "write a )"),
        ("((a)", 1, "this ( is never closed", "write a )"),
        ("title:(", 7, "this ( is never closed", "write a )"),
        ("a OR b)", 7, "this ) closes nothing", "delete it"),
        ("a ()", 3, "nothing stands between ( and )", "delete them"),
        ('tariff OR "import duty', 11, "this quote is never closed", 'a second "'),
        ('source:"el pais', 8, "this quote is never closed", 'a second "'),
        ('""', 1, "no word between these quotes", "write a word"),
        ("tariff AND", 8, "AND has nothing on its right", "a word after it"),
        ("OR tariff", 1, "OR has nothing on its left", "a word before it"),
        ("a OR AND b", 3, "OR has nothing on its right", "a word after it"),
        ("a NEAR b", 3, "NEAR needs a number", "A NEAR/5 B"),
        ("a ONEAR/x b", 3, "ONEAR needs a number", "A ONEAR/5 B"),
        ("a NEAR/2 b NEAR/2 c", 12, "NEAR does not chain", "(A NEAR/5 B) AND"),
        ("a NEAR/2 NOT b", 10, "NEAR cannot stand before NOT", "A AND NOT"),
        ("(a b) NEAR/2 c", 7, "the left side of NEAR/2 must be", "quote words"),
        ("title:a NEAR/2 b", 9, "the left side of NEAR/2 must be", "title:(A NEAR/5 B)"),
        ("ATLEAST/2 a", 1, "ATLEAST/2 needs parentheses", "ATLEAST/2(A OR B)"),
        ("ATLEAST(a)", 1, "ATLEAST needs a number", "ATLEAST/3(A OR B)"),
        ("ATLEAST/0(a)", 1, "always true", "ATLEAST/2"),
        ("ATLEAST/2(a b)", 1, "what ATLEAST/2 counts must be", "quote words"),
        ("*tariff", 1, "never in front", "write tariff"),
        ("tar*iff", 4, "only at the end", "write tar*"),
        ("t*", 1, "would match nearly every text", "at least two letters"),
        ("é*", 1, "would match nearly every text", "at least two letters"),
        ("anti-dump*", 1, "a prefix is one word", '"anti" ONEAR/0 dump*'),
        ("=deport*", 1, "= and * do not go together", "deport* or =deport"),
        ("= ICE", 1, "nothing right after =", "no space"),
        ("a - b", 3, "nothing right after -", "no space"),
        ("title: a", 1, "nothing right after title:", "no space"),
        ("title:NOT a", 1, "NOT stands before title:", "NOT title:word"),
        ("titel:a", 1, "titel: is no field", "title:"),
        ("a | b", 3, "| is no operator", "OR"),
        ("!a", 1, "does not mean NOT", "-a"),
        ("a ^2", 3, "this weight belongs to nothing", "tariff^2"),
        ("a^x", 2, "^x is no weight", "tariff^2"),
        ("a^2^3", 4, "one weight is enough", "delete"),
        ("a , b", 3, ", is no operator", "OR"),
        ("a — b", 3, "no letter and no digit", "delete"),
    ],
)
def test_each_common_mistake_has_a_position_and_a_hint(
    written: str, column: int, message: str, hint: str
) -> None:
    with pytest.raises(RuleError) as caught:
        parse(written)
    assert message in str(caught.value)
    assert hint in caught.value.hint
    assert (caught.value.line, caught.value.column) == (1, column)


@pytest.mark.parametrize(
    ("written", "column", "message"),
    [
        ("a or b", 3, "or is a word here; the operator is OR"),
        ("a Near b", 3, "the operator is NEAR/5"),
        ("not a", 1, "the operator is NOT"),
        ("a near/5 b", 3, "the operators are NEAR/5"),
        ("a NEAR5 b", 3, "write NEAR/5"),
        ("a w/5 b", 3, "the operators are NEAR/5"),
        ("de*", 1, "short"),
        ("NOT a", 1, "nearly everything"),
        ("a OR NOT b", 1, "nearly everything"),
        ('"deport*"', 8, "no wildcard"),
        ("'import duty'", 1, "single quotes"),
        ("«duty»", 1, "make no phrase"),
        ("author:smith", 1, "author: is no field"),
        ('"=ICE"', 1, "does nothing"),
        ("steel|iron", 1, "write A OR B"),
    ],
)
def test_a_rule_that_may_not_mean_what_its_writer_thinks_has_a_warning(
    written: str, column: int, message: str
) -> None:
    first = parse(written).warnings[0]
    assert message in first.message
    assert (first.line, first.column) == (1, column)


@pytest.mark.parametrize(
    "written", ["and", "y tú", "a NOT b", "tariff AND (NOT a)", "U.S. A/B c:d"]
)
def test_a_plain_rule_has_no_warning(written: str) -> None:
    assert parse(written).warnings == ()


def test_an_error_has_the_line_and_column_of_the_mistake() -> None:
    text = "tariff OR\n  duty AND (steel NEAR tin)"
    with pytest.raises(RuleError) as caught:
        parse(text)
    assert (caught.value.line, caught.value.column) == (2, 19)
    assert point_at_error(text, caught.value) == "  duty AND (steel NEAR tin)\n" + " " * 18 + "^"


def test_a_long_line_is_shown_around_its_mistake() -> None:
    text = "tariff OR " * 100 + "duty NEAR tin" + " OR steel" * 100
    with pytest.raises(RuleError) as caught:
        parse(text)
    line, caret = point_at_error(text, caught.value).split("\n")
    assert len(line) <= 76
    assert line[len(caret) - 1 :].startswith("NEAR tin")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("(" * 10_000 + "a" + ")" * 10_000, "parentheses inside each other"),
        ("title:(" * 60 + "a" + ")" * 60, "fields inside each other"),
        ("title:" * 10_000 + "a", "fields inside each other"),
        (" OR ".join(["a"] * 10_001), "more than 10,000 terms"),
        ("a" * 200_001, "200,001 characters"),
        ("a-" * 101, "101 words in a row"),
        ("NEAR/1 " * 20_000, "nothing on its left"),
    ],
)
def test_a_rule_beyond_the_limits_is_refused(written: str, message: str) -> None:
    with pytest.raises(RuleError, match=message.replace("(", r"\(")):
        parse(written)


def test_a_chain_of_ten_thousand_nots_is_parsed() -> None:
    assert parse("NOT " * 10_001 + "a") == parse("NOT a")


@pytest.mark.parametrize(
    ("written", "column", "message"),
    [
        ("body:(body:migrant OR border)", 7, "body: inside body:: one of them is enough"),
        ("title:(body:migrant)", 8, "body: inside title: never matches: no word stands in both"),
    ],
)
def test_a_field_inside_a_field_is_accepted_with_a_warning(
    written: str, column: int, message: str
) -> None:
    (warning,) = parse(written).warnings
    assert (warning.column, warning.message) == (column, message)
