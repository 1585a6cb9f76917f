import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.revisions.diff import apply_diff, detect_change, diff_words, is_shrunk
from monitor.core.revisions.fingerprint import fingerprint
from monitor.model import ChangeKind

TITLE = "Port to close on Monday"
LEAD = "The port of Santa Ana will close on Monday, its director said."
QUOTE = '"We have no other choice," Maria Lopez told reporters on the quay.'
FIGURE = "About 1,200 people work there, many of them for more than a decade."
LAST = "The city council will meet next week to talk about what can be done."
TEXT = "\n\n".join((LEAD, QUOTE, FIGURE, LAST))
PARAGRAPH = "The ministry said a new tariff on steel had emptied the docks since the spring."

PAIRS = 10_000  # of revisions, made at random
prose = st.text(alphabet=st.sampled_from("ab1 .\n,'\"-é“\u00a0T"), max_size=60)
respelled = prose.map(lambda text: (text, text.replace('"', "”").replace(" ", "\u00a0  ")))
pairs = st.one_of(st.tuples(prose, prose), respelled)


def kind(new_text: str, new_title: str = TITLE) -> ChangeKind | None:
    found = detect_change(TITLE, TEXT, new_title, new_text)
    return found.kind if found else None


@pytest.mark.parametrize(
    "same",
    [
        TEXT,
        TEXT.replace('"', "”").replace("\n\n", "\n \n"),
        f"Updated 7:51am\n\n{TEXT}\n\n3 min read",
        f"{TEXT}\n\nRelated stories\n\nStrike ends at noon\n\nFog closes the bridge",
        f"{TEXT}\n\nCopyright 2026. All rights reserved.",
    ],
)
def test_timestamps_counters_quotes_and_related_links_are_no_change(same: str) -> None:
    assert detect_change(TITLE, TEXT, TITLE, same) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("director said", "direcotr said"),
        ("reporters", "repoters"),
        ("a decade.", "a decade!"),
        ("1,200", "1200"),
        ("Lopez", "López"),
        ("The city council", "The  city Council"),
        (f"{FIGURE}\n\n{LAST}", f"{LAST}\n\n{FIGURE}"),
        ("next week to talk", "next week, to talk"),
    ],
)
def test_typos_punctuation_and_moved_paragraphs_are_cosmetic(old: str, new: str) -> None:
    assert old in TEXT
    assert kind(TEXT.replace(old, new)) is ChangeKind.COSMETIC


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1,200", "1,300"),
        ("will close", "will not close"),
        ("Maria Lopez", "Maria Gomez"),
        ("on Monday, its", "on Tuesday, its"),
        ("no other choice", "no better choice"),
        ("Santa Ana", "Santa Cruz"),
        ("more than a decade", "two decades"),
        (f"\n\n{LAST}", f"\n\n{PARAGRAPH}\n\n{LAST}"),
        (f"\n\n{FIGURE}\n\n{LAST}", ""),
        ("talk about what can be done", "decide whether it wants to fight"),
    ],
)
def test_facts_and_paragraphs_are_material(old: str, new: str) -> None:
    assert old in TEXT
    assert kind(TEXT.replace(old, new, 1)) is ChangeKind.MATERIAL


@pytest.mark.parametrize(
    "note",
    [
        "Correction: An error in the number of workers was put right.",
        "CORRECTION (Sept. 11, 2019): The port is in Santa Ana.",
        "Editor's note: This report was changed to name the director.",
        "Editor’s Note: This report was changed.",
        "An earlier version of this article misstated the date.",
        "This story has been corrected.",
        "Fe de erratas: el puerto está en Santa Ana.",
        "Una versión anterior de este artículo decía otra cosa.",
        "Esta noticia ha sido corregida.",
    ],
)
def test_an_added_editors_note_is_a_correction(note: str) -> None:
    assert kind(f"{TEXT}\n\n{note}") is ChangeKind.CORRECTION
    assert detect_change(TITLE, f"{TEXT}\n\n{note}", TITLE, TEXT).kind is not ChangeKind.CORRECTION  # type: ignore[union-attr]


def test_prisons_and_older_notes_are_no_correction() -> None:
    assert kind(f"{TEXT}\n\nCorrections officers said they had seen the fire.") is (
        ChangeKind.MATERIAL
    )
    note = "\n\nCorrection: the port is in Santa Ana."
    found = detect_change(TITLE, TEXT + note, TITLE, TEXT.replace("1,200", "900") + note)
    assert found is not None
    assert found.kind is ChangeKind.MATERIAL


def test_an_edit_of_an_older_note_is_no_new_correction() -> None:
    note = "\n\nCorrection: the port stands in Santa Ana."
    found = detect_change(TITLE, TEXT + note, TITLE, TEXT + note.replace("stands", "lies"))
    assert found is not None
    assert found.kind is ChangeKind.COSMETIC


def test_fifteen_lost_words_without_a_fact_are_material_and_fourteen_are_not() -> None:
    assert len(LAST.split()) == 14
    assert kind(TEXT.replace(f"\n\n{LAST}", "")) is ChangeKind.COSMETIC
    longer = TEXT.replace("can be done", "can still be done")
    found = detect_change(TITLE, longer, TITLE, TEXT.replace(f"\n\n{LAST}", ""))
    assert found is not None
    assert found.kind is ChangeKind.MATERIAL


def test_a_new_headline_alone_is_a_headline_change_with_both_headlines() -> None:
    found = detect_change(TITLE, TEXT, "Port to stay open", TEXT)
    assert found is not None
    assert (found.kind, found.title) == (ChangeKind.HEADLINE, (TITLE, "Port to stay open"))
    assert found.score > 0


@pytest.mark.parametrize(
    "title", [f"{TITLE} - Example News", "Port to colse on Monday", f"{TITLE}."]
)
def test_a_sites_name_or_a_typo_in_the_headline_is_cosmetic(title: str) -> None:
    assert kind(TEXT, title) is ChangeKind.COSMETIC


def test_added_and_removed_hold_new_old_and_changed_sentences() -> None:
    new = TEXT.replace("1,200", "1,300").replace(LAST, PARAGRAPH)
    found = detect_change(TITLE, TEXT, TITLE, new)
    assert found is not None
    assert found.added == (FIGURE.replace("1,200", "1,300"), PARAGRAPH)
    assert found.removed == (FIGURE, LAST)


def test_a_larger_edit_has_a_larger_score() -> None:
    scores = [
        found.score
        for new in (TEXT.replace("said", "says"), TEXT.replace(LAST, PARAGRAPH), "Gone.")
        if (found := detect_change(TITLE, TEXT, TITLE, new))
    ]
    assert scores == sorted(set(scores))
    assert 0 < scores[0] < scores[2] <= 1


@settings(max_examples=PAIRS, deadline=None)
@given(pairs, pairs)
def test_no_change_is_detected_exactly_where_digests_are_equal(
    titles: tuple[str, str], texts: tuple[str, str]
) -> None:
    (old_title, new_title), (old, new) = titles, texts
    found = detect_change(old_title, old, new_title, new)
    same = fingerprint(old_title, old).digest == fingerprint(new_title, new).digest
    assert (found is None) == same
    assert found is None or 0 < found.score <= 1


# ── words ────────────────────────────────────────────────────────────────────────────────


def test_a_word_diff_has_the_added_and_removed_words() -> None:
    assert diff_words("About 1,200 people work there.", "About 1,300 people work here.") == [
        ("equal", "About 1,"),
        ("removed", "200"),
        ("added", "300"),
        ("equal", " people work "),
        ("removed", "there"),
        ("added", "here"),
        ("equal", "."),
    ]
    assert diff_words("a red old car", "a blue new car") == [
        ("equal", "a "),
        ("removed", "red old"),
        ("added", "blue new"),
        ("equal", " car"),
    ]


@settings(max_examples=PAIRS, deadline=None)
@given(prose, prose)
def test_a_word_diff_applied_to_the_old_text_gives_the_new_one(old: str, new: str) -> None:
    assert apply_diff(old, diff_words(old, new)) == new


def test_a_word_diff_of_another_text_is_refused() -> None:
    with pytest.raises(ValueError, match="another text"):
        apply_diff("a b", diff_words("a c", "a d"))


# ── shrunk ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "left",
    ["", "Loading…", LEAD, f"{LEAD}\n\nSubscribe to continue reading.", "Sign in to read this."],
)
def test_an_emptied_or_paywalled_body_has_shrunk(left: str) -> None:
    assert is_shrunk(f"{TEXT}\n\n{PARAGRAPH}", left)


@pytest.mark.parametrize(
    "now",
    [
        TEXT,
        f"{TEXT}\n\n{PARAGRAPH}",
        TEXT.replace(LAST, ""),
        "The report was withdrawn by its author.",
    ],
)
def test_an_edit_or_a_withdrawal_has_not_shrunk(now: str) -> None:
    assert not is_shrunk(TEXT, now)


# ── hostile ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a b. " * 60_000, "b a. " * 60_000),
        ("A. " * 100_000, "B. A. " * 50_000),
        (" ".join(map(str, range(50_000))), " ".join(map(str, range(50_000, 0, -1)))),
        ("a" * 300_000, "b" * 300_000),
        ('"' * 300_000, "'" * 300_000),
    ],
)
def test_hostile_texts_are_compared_in_bounded_time(old: str, new: str) -> None:
    assert detect_change("", old, "", new) is not None
    assert apply_diff(old, diff_words(old, new)) == new
