"""An article's revisions rendered as a document."""

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.revisions import history

ARTICLE: dict[str, Any] = {
    "title": "Lanes <close>",
    "url": "http://kjzz.test/a",
    "source": "kjzz",
    "authors": ["Ana Reyes"],
    "language": None,
    "published_at": "2026-01-05T14:45:00Z",
    "updated_at": None,
    "first_seen_at": "2026-01-05T14:46:00Z",
}


def revision(number: int, text: str, change: str) -> dict[str, Any]:
    return {
        "number": number,
        "title": "Lanes <close>",
        "text": text,
        "change": change,
        "seen_at": "2026-01-05T14:46:00Z",
        "published_at": None,
        "updated_at": None,
        "fetched_from": "http://kjzz.test/a",
        "etag": None,
        "last_modified": None,
        "body_sha256": "ab12",
        "digest": f"digest {number}",
        "link": f"link {number}",
    }


REVISIONS = [
    revision(1, "About 300 trucks waited.\n\nMore <soon>.", "first"),
    revision(2, "About 450 trucks waited.\n\nMore <soon>.", "material"),
]


def test_markdown_shows_old_and_new_words_and_where_they_were_fetched() -> None:
    text = history.render_markdown(ARTICLE, REVISIONS)
    assert "About ~~300~~**450** trucks waited." in text
    assert "- body_sha256: ab12" in text
    assert text.startswith("# Lanes <close>\n")


def test_html_escapes_every_text() -> None:
    text = history.render_html(ARTICLE, REVISIONS)
    assert "<del>300</del><ins>450</ins>" in text
    assert "More &lt;soon&gt;." in text
    assert "<h1>Lanes &lt;close&gt;</h1>" in text


def test_a_diff_is_exact_word_by_word() -> None:
    [change] = history.revision_diffs(REVISIONS)
    assert (change["from"], change["to"], change["title"]) == (1, 2, None)
    assert "".join(t for op, t in change["text"] if op != "removed") == REVISIONS[1]["text"]
    assert "".join(t for op, t in change["text"] if op != "added") == REVISIONS[0]["text"]


MERGED = [
    revision(1, "One stays.\n\nTwo goes away.\n\nThree goes too.\n\nFour stays.", "first"),
    revision(2, "One stays.\n\nA new one.\n\nAnother new one.\n\nFour stays.", "material"),
    revision(3, "One stays. A new one.\n\nFour stays at the end.", "material"),
]


def test_no_mark_of_html_spans_a_paragraph() -> None:
    page = history.render_html(ARTICLE, MERGED)
    paragraphs = re.findall(r"<p>(.*?)</p>", page)
    assert paragraphs[4:8] == [
        "One stays.",
        "<del>Two goes away</del><ins>A new one</ins>.",
        "<del>Three goes too</del><ins>Another new one</ins>.",
        "Four stays.",
    ]
    for paragraph in paragraphs:
        for tag in ("ins", "del"):
            assert paragraph.count(f"<{tag}>") == paragraph.count(f"</{tag}>")


def test_no_mark_of_markdown_spans_a_paragraph_or_begins_with_a_space() -> None:
    for paragraph in history.render_markdown(ARTICLE, MERGED).split("\n\n"):
        assert paragraph.count("~~") % 2 == 0
        assert paragraph.count("**") % 2 == 0
    assert not re.search(r"~~\s+\w[^~]*~~", history.render_markdown(ARTICLE, MERGED))


@given(st.text(alphabet="ab \n", max_size=30), st.text(alphabet="ab \n", max_size=30))
def test_no_piece_of_a_diff_spans_a_paragraph_and_none_is_lost(old: str, new: str) -> None:
    [change] = history.revision_diffs([revision(1, old, "first"), revision(2, new, "material")])
    assert "".join(text for op, text in change["text"] if op != "removed") == new
    assert "".join(text for op, text in change["text"] if op != "added") == old
    assert not [text for _, text in change["text"] if "\n\n" in text and text.strip()]
