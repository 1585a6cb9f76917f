import random
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.rules.naive_match import BOTH, matches
from core.rules.written_rules import document
from core.rules.written_rules import rule as written_rule
from monitor.core.rules.matcher import Document, Matcher, hits
from monitor.core.rules.parser import parse
from monitor.model import Place


@pytest.mark.parametrize("seed", range(250))
def test_the_matcher_agrees_with_a_naive_one_while_rules_are_added_and_removed(seed: int) -> None:
    draw = random.Random(seed)
    matcher = Matcher()
    meanings = {}

    def write(number: int) -> None:
        text, meanings[number] = written_rule(draw)
        matcher.add(number, parse(text))

    for number in range(20):
        write(number)
    for step in range(5):
        article = document(draw)
        expected = [
            number for number, node in sorted(meanings.items()) if matches(node, article, BOTH)
        ]
        assert matcher.match(article) == expected
        assert list(matcher.explain(article)) == expected
        del meanings[step]
        assert matcher.remove(step)
        write(draw.randrange(8, 20))


def test_nothing_is_left_of_removed_rules() -> None:
    draw = random.Random(1)
    matcher = Matcher()
    for number in range(200):
        matcher.add(number, parse(written_rule(draw)[0]))
        matcher.match(document(draw))
    for number in range(200):
        assert matcher.remove(number)
    assert not matcher.remove(0)
    assert len(matcher) == 0
    assert matcher.match(document(draw)) == []
    assert not matcher._index
    assert not matcher._terms._terms
    assert not any(matcher._terms._ids.values())


def found(rule: str, body: str, **more: str) -> bool:
    matcher = Matcher()
    matcher.add("it", parse(rule))
    return matcher.match(Document(body=body, **more)) == ["it"]


def test_each_of_many_phrases_is_found_alone_and_near_a_word() -> None:
    phrases = [f"{first} {second}" for first in ("import", "export", "entry") for second in "abcd"]
    any_of = " OR ".join(f'"{phrase}"' for phrase in phrases)
    for phrase in phrases:
        assert found(any_of, f"the {phrase} of today")
        assert found(f"({any_of}) NEAR/2 port", f"the {phrase} at the port")
        assert not found(f"({any_of}) NEAR/2 port", f"the {phrase} is far away from the port")
    assert not found(any_of, "import of a, export of b and entry of c")


def test_many_phrases_are_held_to_their_field_and_shown_where_they_stand() -> None:
    any_of = " OR ".join(f'"word {letter}"' for letter in "abcdefghijk")
    matcher = Matcher()
    matcher.add("it", parse(f"title:({any_of})"))
    assert matcher.match(Document(title="a", body="word c")) == []
    spans = matcher.explain(Document(title="one word c", body="word d"))["it"]
    assert [(span.place, span.start, span.end) for span in spans] == [(Place.TITLE, 4, 10)]


@pytest.mark.parametrize(
    ("rule", "body", "language", "expected"),
    [
        ("tariff", "Tariffs rise", "en", True),
        ("tariff", "Tariffs rise", "en-US", True),
        ("tariff", "Tariffs rise", "fr", False),
        ("aranceles", "el arancel", "es", True),
        ('"tariff"', "Tariffs rise", "en", False),
        ("deportacion", "las DEPORTACIONES", "es", True),
        ("=ICE", "ice cream", "en", False),
        ("=México", "mexico", "es", False),
        ("=México", unicodedata.normalize("NFD", "México"), "es", True),
        ("=U.S.", "the U S border", "en", True),
        ("U.S.", "the u-s border", "en", True),
        ("U.S.", "the US border", "en", False),
        ("filing", "the ﬁling", "", True),
        ("deport*", "Deportación", "es", True),
        ("customs NEAR/1 duty", "duty on customs", "en", True),
        ("customs NEAR/0 duty", "duty on customs", "en", False),
        ("customs ONEAR/1 duty", "duty on customs", "en", False),
        ("customs NEAR/5 customs", "customs", "en", False),
        ('"a b" NEAR/3 b', "a b", "en", False),
        ("ATLEAST/2(tariff OR tariff*)", "one tariff", "en", False),
        ("ATLEAST/2(tariff OR tariff*)", "tariff tariffs", "en", True),
        ("one OR two three", "one", "en", True),
        ("(one OR two) three", "one", "en", False),
        ("one -two", "one", "en", True),
        ("one -two", "one two", "en", False),
        ("NOT customs NEAR/1 duty", "duty", "en", True),
        ("NOT absent", "", "", True),
        ("título", "titulo", "pt", True),
    ],
)
def test_each_operator_matches_as_documented(
    rule: str, body: str, language: str, expected: bool
) -> None:
    assert found(rule, body, language=language) is expected


def test_near_and_phrases_never_span_title_and_body() -> None:
    for rule in ('"one two"', "one NEAR/999999 two"):
        assert not found(rule, "two", title="one")


def test_atleast_counts_over_title_and_body_unless_a_field_is_named() -> None:
    assert found("ATLEAST/2(tariff)", "tariff", title="tariff")
    assert not found("body:ATLEAST/2(tariff)", "tariff", title="tariff")


def test_ids_are_sorted_numbers_before_names() -> None:
    matcher = Matcher()
    for rule_id in ("b", 10, "a", 9):
        matcher.add(rule_id, parse("x"))
    assert matcher.match(Document(body="x")) == [9, 10, "a", "b"]


def test_a_rule_of_the_same_id_is_replaced() -> None:
    matcher = Matcher()
    matcher.add(1, parse("one"))
    matcher.add(1, parse("two"))
    assert matcher.match(Document(body="one")) == []
    assert matcher.match(Document(body="two")) == [1]


REPEATED = Document(body="a " * 200_000, language="en")


@pytest.mark.parametrize(
    "rule",
    [
        "a NEAR/3 a",
        "a NEAR/3 b",
        "(a OR a*^2 OR aa*) ONEAR/999999 (b OR a)".replace("a*^2 OR ", ""),
        "ATLEAST/999999(a)",
        '"' + "a " * 60 + 'b"',
        "ATLEAST/999999(" + " OR ".join('"' + "a " * n + '"' for n in (2, 3)) + ")",
        " OR ".join(f"w{n} NEAR/2 a" for n in range(3000)),
    ],
)
def test_a_hostile_text_of_one_repeated_word_is_matched_in_linear_time(rule: str) -> None:
    matcher = Matcher()
    matcher.add(1, parse(rule))
    matcher.match(REPEATED)


def test_many_combining_marks_are_composed_in_linear_time() -> None:
    assert found("a", "a" + "\u0315\u0300\u0316" * 100_000 + " b", language="en")


# ── spans and excerpts ───────────────────────────────────────────────────────────────────


def test_spans_are_offsets_in_a_text_that_is_not_composed() -> None:
    body = unicodedata.normalize("NFD", "Él cruzó la frontera de México ayer")
    matcher = Matcher()
    matcher.add(1, parse('frontera AND =México AND "cruzo la"'))
    spans = matcher.explain(Document(body=body, language="es"))[1]
    words = [unicodedata.normalize("NFC", body[span.start : span.end]) for span in spans]
    assert words == ["cruzó la", "frontera", "México"]


def test_only_alternatives_that_match_have_spans() -> None:
    matcher = Matcher()
    matcher.add(1, parse("title:one OR (two AND absent) OR three NEAR/1 four"))
    spans = matcher.explain(Document(title="one", body="one two three and four"))[1]
    assert [(span.place, span.start, span.end) for span in spans] == [
        (Place.TITLE, 0, 3),
        (Place.BODY, 8, 22),
    ]


def topic_hits(rule: str, title: str, text: str) -> list[str]:
    found = hits(title, text, language="en", source="x", topics=(("topic", rule),))
    for hit in found:
        whole = title if hit.place is Place.TITLE else text
        assert whole[hit.excerpt_at : hit.excerpt_at + len(hit.excerpt)] == hit.excerpt
        assert len(hit.excerpt) <= 300
        assert 0 <= hit.mark[0] <= hit.mark[1] <= len(hit.excerpt)
    return [hit.excerpt for hit in found]


def test_excerpts_are_whole_sentences_the_highest_weight_first() -> None:
    text = "The tariff rose. Steel fell. A tariff on steel, a tariff on tin. The end."
    assert topic_hits("tariff AND steel^5", "Tariffs", text) == [
        "Steel fell.",
        "A tariff on steel, a tariff on tin.",
        "Tariffs",
        "The tariff rose.",
    ]


def test_a_topic_has_at_most_five_excerpts() -> None:
    assert len(topic_hits("tariff", "x", "A tariff rose. " * 40)) == 5


def test_a_rule_of_only_not_has_the_headline_as_its_excerpt() -> None:
    assert topic_hits("NOT absent", "A headline", "text") == ["A headline"]


def test_a_topic_that_does_not_match_has_no_hit() -> None:
    assert topic_hits("absent", "A headline", "text") == []


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["tariff", "steel", "x" * 90, "A", ".", "\n\n", "é"]), max_size=60))
def test_every_excerpt_is_an_exact_slice_around_its_words(words: list[str]) -> None:
    text = " ".join(words)
    topic_hits("tariff OR steel NEAR/9 tariff", text, text)


def test_hits_follow_the_order_of_the_topics() -> None:
    topics = (("z", "one"), ("a", "one"))
    found = hits("one", "", language=None, source=None, topics=topics)
    assert [hit.topic for hit in found] == ["z", "a"]


def test_a_sentence_longer_than_an_excerpt_is_cut_between_words() -> None:
    text = " ".join(["word"] * 100 + ["tariff"] + ["word"] * 100)
    (excerpt,) = topic_hits("tariff", "", text)
    assert len(excerpt) > 280
    assert set(excerpt.split()) == {"word", "tariff"}


def test_matching_twice_gives_the_same() -> None:
    draw = random.Random(3)
    matcher = Matcher()
    for number in range(100):
        matcher.add(number, parse(written_rule(draw)[0]))
    article = document(draw)
    answers = [matcher.match(article) for _ in range(3)]
    assert all(one == other for one, other in pairwise(answers))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("body:(body:migrant)", True),
        ("title:(title:border)", True),
        ("body:(body:border)", False),
        ("title:(body:migrant)", False),
        ("title:(body:migrant OR border)", True),
        ("title:(body:(title:border))", False),
    ],
)
def test_a_field_inside_a_field_keeps_to_both(query: str, found: bool) -> None:
    matcher = Matcher()
    matcher.add("rule", parse(query))
    document = Document(title="The border", body="A migrant.", language="en", source=None)
    assert matcher.match(document) == (["rule"] if found else [])
