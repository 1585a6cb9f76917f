import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.revisions.fingerprint import (
    SKETCH_SIZE,
    containment,
    fingerprint,
    is_same_story,
    normalize_text,
)

PLAIN = 'The mayor said: "It\'s over" - and left.\n\nThe port closed at noon.'


def story(seed: int, words: int) -> str:
    chosen = random.Random(seed)
    return " ".join(f"w{chosen.randrange(5000)}" for _ in range(words))


def sketch(text: str) -> tuple[int, ...]:
    return fingerprint("", text).sketch


@pytest.mark.parametrize(
    "variant",
    [
        "The mayor said: “It’s over” — and left.\n\nThe port closed at noon.",
        "The mayor said: «It´s over» – and left.\n\nThe port closed at noon.",
        '  The mayor\u00a0said: "It\'s over"  -  and\nleft. The port closed at noon. ',
        'The ma\u00adyor said: "It\'s over" -- and left.\n\nThe port\u200b closed at noon.',
        f"{PLAIN}\n\nUpdated 7:51am\n\n1,234 views",
    ],
)
def test_texts_that_read_the_same_have_one_digest(variant: str) -> None:
    assert fingerprint("Port", variant).digest == fingerprint("Port", PLAIN).digest


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Ports", PLAIN),
        ("Port", PLAIN.replace("noon", "noom")),
        ("Port", PLAIN.replace("noon.", "noon!")),
        ("Port", PLAIN.replace("noon", "Noon")),
        ("", f"Port\n\n{PLAIN}"),
    ],
)
def test_any_change_a_reader_could_see_changes_the_digest(title: str, text: str) -> None:
    assert fingerprint(title, text).digest != fingerprint("Port", PLAIN).digest


def test_composed_and_decomposed_letters_read_the_same() -> None:
    assert fingerprint("", "niño").digest == fingerprint("", "nin\u0303o").digest


@given(st.text(max_size=200))
def test_normalizing_twice_changes_nothing_a_reader_sees(text: str) -> None:
    once = normalize_text(text)
    assert fingerprint("", once).words == fingerprint("", text).words
    assert "  " not in once


def test_a_cut_copy_and_its_original_are_one_story() -> None:
    original = story(1, 600)
    cut = "LONDON (AP) - " + " ".join(original.split()[:200])
    assert is_same_story(sketch(original), sketch(cut))
    assert containment(sketch(original), sketch(cut)) > 0.9


def test_a_copy_of_a_very_long_story_is_found_although_its_sketch_is_cut() -> None:
    original = story(2, 9000)
    half = " ".join(original.split()[:4500])
    assert len(sketch(original)) == len(sketch(half)) == SKETCH_SIZE
    assert is_same_story(sketch(original), sketch(half))


def test_a_story_that_quotes_two_fifths_of_another_is_another_story() -> None:
    original = story(3, 1000)
    quoting = f"{story(4, 600)} {' '.join(original.split()[:400])}"
    assert 0.3 < containment(sketch(original), sketch(quoting)) < 0.5
    assert not is_same_story(sketch(original), sketch(quoting))


def test_unrelated_texts_and_texts_too_short_to_compare_are_not_the_same_story() -> None:
    assert not is_same_story(sketch(story(5, 400)), sketch(story(6, 400)))
    assert not is_same_story(sketch("Fog closes the bridge."), sketch("Fog closes the bridge."))
    assert containment((), ()) == 0.0


def test_boilerplate_is_no_part_of_the_sketch() -> None:
    notice = "\n\nCopyright 2026. All rights reserved.\n\nSign up for our newsletter."
    assert sketch(story(7, 100) + notice) == sketch(story(7, 100))


@pytest.mark.parametrize("piece", ["a ", "\n", "-", "'", "“", "\u0301", "\ud800", "Updated 7:51 "])
def test_a_hostile_megabyte_has_a_bounded_sketch(piece: str) -> None:
    assert len(sketch(piece * (1_000_000 // len(piece)))) <= SKETCH_SIZE
