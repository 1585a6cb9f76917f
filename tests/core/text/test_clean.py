import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.text.clean import clean_line, clean_text, html_to_text, strip_unstorable

ANYTHING = st.text(st.characters(), max_size=60)  # surrogates and controls too


def test_a_line_break_of_any_kind_becomes_a_space() -> None:
    assert clean_line("a\r\nb\u2028c\u2029d\x85e\vf\fg\th", 99) == "a b c d e f g h"


def test_controls_and_bidi_overrides_are_removed_and_joiners_stay() -> None:
    assert clean_line("\x00\x1b[31mred\x9b \u202eevil\u2066\u200f \ufeffx", 99) == "[31mred evil x"
    assert clean_line("می\u200cخواهم 👩\u200d🚀", 99) == "می\u200cخواهم 👩\u200d🚀"


def test_a_word_with_soft_hyphens_is_one_word() -> None:
    assert clean_line("Bundes\u00adregie\u200brung", 99) == "Bundesregierung"


def test_a_surrogate_pair_becomes_its_character_and_a_lone_surrogate_is_dropped() -> None:
    assert clean_line("a\ud83d\ude00b\ud800c", 99) == "a😀bc"


def test_excess_combining_marks_are_dropped_and_real_spelling_stays() -> None:
    assert len(clean_line("e" + "\u0301\u0316" * 50 + "x", 99)) <= 6
    assert clean_line("Việt Nam, שָׁלוֹם, o\u0308", 99) == unicodedata.normalize(
        "NFC", "Việt Nam, שָׁלוֹם, ö"
    )


def test_a_joiner_between_marks_does_not_reset_the_limit_of_marks() -> None:
    assert clean_line("e" + "\u0301\u200d" * 50, 99).count("\u0301") < 5


def test_a_text_is_cut_at_its_limit() -> None:
    assert clean_line("ab cd" * 1000, 4) == "ab c"
    assert clean_line("ab   cd", 3) == "ab"


def test_line_breaks_stay_and_paragraphs_are_separated_by_one_empty_line() -> None:
    assert clean_text(" a \r\n\tb\n \n\n\n c\u2029d\u2028e \n", 99) == "a\nb\n\nc\n\nd\ne"


@given(ANYTHING)
def test_a_cleaned_line_can_go_into_a_mail_header_and_the_database(text: str) -> None:
    line = clean_line(text, 50)
    line.encode("utf-8")
    assert len(line.splitlines()) <= 1
    assert len(line) <= 50
    assert not any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in line)


@given(ANYTHING)
def test_a_cleaned_text_has_no_control_but_the_line_break(text: str) -> None:
    cleaned = clean_text(text, 50)
    assert not any(
        unicodedata.category(letter) in {"Cc", "Cs"} for letter in cleaned if letter != "\n"
    )
    assert "\n\n\n" not in cleaned


def test_markup_stays_except_for_what_the_database_refuses() -> None:
    assert strip_unstorable("<p>a\0b\ud800</p>\n", 99) == "<p>ab</p>\n"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>A &amp; B <b>c</b>d</p><p>E<br>F</p>", "A & B cd\n\nE\nF"),
        ("one\n  line<div>next</div>", "one line\n\nnext"),
        ('<img alt="a > b">after', "after"),
        ("<a title=don't>x</a> it's", "x it's"),
        ("<script>if (1 < 2) x</script>kept<style>p {}</style>", "kept"),
        ("<SCRIPT>x</Script >kept", "kept"),
        ("a<!-- <p>hidden</p> -->b", "ab"),
        ("a<!-- never closed", "a"),
        ("1 < 2 &lt; 3", "1 < 2 < 3"),
        ("a <b", "a"),
        ("no tags\n\ntwo paragraphs", "no tags\n\ntwo paragraphs"),
        ("AT&T &copy &#8217; &#x1b; &bogus;", "AT&T © ’ &bogus;"),
        ("<td>1</td><td>2</td>", "1 2"),
        ("", ""),
    ],
)
def test_the_text_of_a_fragment_is_what_a_browser_displays(markup: str, text: str) -> None:
    assert html_to_text(markup, 200) == text


@given(st.text("<>/!-\"'= apbr&;", max_size=80))
def test_broken_markup_never_raises(markup: str) -> None:
    assert len(html_to_text(markup, 20)) <= 20


@pytest.mark.parametrize(
    "piece",
    [
        '<a "',
        '<a b="',
        "<!--",
        "<script>",
        "</script",
        "<",
        "&",
        "<![CDATA[",
        "= ",
        "<div>",
        "&#xD8;",
    ],
)
def test_time_grows_linearly_with_the_markup(piece: str) -> None:
    small, large = (_seconds(piece * count) for count in (10_000, 80_000))
    assert large < 30 * small + 0.1  # eight times the markup; quadratic time would be 64 times


def _seconds(markup: str) -> float:
    start = time.process_time()
    html_to_text(markup, 1_000_000)
    return time.process_time() - start


def test_a_megabyte_of_combining_marks_takes_seconds() -> None:
    start = time.process_time()
    clean_line("a" + "\u0301\u0316" * 500_000, 1_000_000)
    assert time.process_time() - start < 20  # canonical ordering alone would take minutes
