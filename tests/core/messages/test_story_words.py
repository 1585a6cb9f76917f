"""What a message shows of an article: its lede, its label and reasons, its silence command."""

from dataclasses import replace
from datetime import timedelta

import pytest
from notices import CHANGE, HEADLINE, NOW, SENTENCE, alert, hit, item, notice, title_hit

from monitor.core.messages.email_text import MailText, render_mail
from monitor.core.messages.lede import lede
from monitor.core.messages.webhook_payload import build_payload
from monitor.core.text.language import language_name
from monitor.model import Change, ChangeKind, EditRun, Item, MessageKind, Reason

FIRST = "Importers will pay 50 percent from Monday. The rule ends a truce of six years."
TEXT = f"{FIRST} Growers were not asked. {SENTENCE}"


def mailed(*items: Item, **values: object) -> MailText:
    return render_mail(notice(*items, **values), zone="UTC")


def plain(text: MailText) -> str:
    return " ".join(text.text.split())


# ── lede ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        (TEXT, FIRST),
        ("One sentence only", "One sentence only"),
        ("", ""),
        (f"{HEADLINE}.\n\n{TEXT}", FIRST),
        (f"Short one. Then {'word ' * 100}end. Third.", "Short one."),
        ("word " * 100, ("word " * 60).rstrip()[:-5] + " …"),
        ("x" * 500, "x" * 298 + " …"),
    ],
    ids=["two", "one", "none", "after the title", "a long second", "too long", "one word"],
)
def test_the_first_two_sentences_and_at_most_300_characters(text: str, beginning: str) -> None:
    found = lede(text, HEADLINE)
    assert found == beginning
    assert len(found) <= 300


def test_a_new_article_has_its_lede_though_only_its_title_matched() -> None:
    article = item(hits=(title_hit("Tariff"),), opening=TEXT)
    assert FIRST in plain(mailed(article))
    assert FIRST in mailed(article).html
    assert build_payload(notice(article))["data"]["article"]["summary"] == FIRST


def test_a_digest_has_the_ledes_of_its_new_articles() -> None:
    text = mailed(item(opening=TEXT), item(opening="Another story begins so. It goes on."))
    assert FIRST in plain(text)
    assert "Another story begins so. It goes on." in plain(text)
    assert "Another story begins so. It goes on." in text.html


def test_a_match_in_the_lede_is_marked_there_and_not_quoted_again() -> None:
    opening = "The import duty was doubled. It is the second rise. Nobody was asked."
    text = mailed(item(hits=(hit("import duty", opening),), opening=opening))
    assert "The *import duty* was doubled. It is the second rise." in plain(text)
    assert "Where it matched" not in text.text
    assert text.html.count("import duty") == 1


def test_an_update_shows_its_change_instead_of_its_lede() -> None:
    article = item(alert(reason=Reason.UPDATED), change=CHANGE, opening=TEXT)
    assert FIRST not in plain(mailed(article))
    assert build_payload(notice(article))["data"]["article"]["summary"] == FIRST


# ── label and reasons ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "label", "words"),
    [
        (replace(CHANGE, kind=ChangeKind.CORRECTION), "Correction", "published a correction"),
        (replace(CHANGE, kind=ChangeKind.HEADLINE), "New headline", "the headline changed"),
        (CHANGE, "Updated", "tariff: 1 sentence was changed"),
        (
            Change(kind=ChangeKind.MATERIAL, added=("One came.", "And another.")),
            "Updated",
            "tariff: 2 sentences were added",
        ),
        (
            Change(kind=ChangeKind.MATERIAL, removed=("One went.",)),
            "Updated",
            "tariff: 1 sentence was removed",
        ),
    ],
    ids=["correction", "headline", "changed", "added", "removed"],
)
def test_an_update_is_labelled_by_its_kind_of_change(
    change: Change, label: str, words: str
) -> None:
    text = mailed(item(alert(reason=Reason.UPDATED), change=change))
    assert text.subject == f"[tariff] {label}: {HEADLINE}"
    assert words in plain(text)
    assert words in " ".join(text.html.split())
    assert "the text changed" not in text.text


def test_several_edits_are_counted_with_the_time_of_the_first() -> None:
    run = EditRun(
        count=12,
        since=NOW - timedelta(minutes=55),
        until=NOW,
        old_title="",
        old_text="",
        new_title="",
        new_text="",
    )
    article = item(alert(reason=Reason.UPDATED), change=CHANGE)
    text = mailed(replace(article, run=run))
    assert "12 edits since 14:05" in text.text
    assert "12 edits since 14:05" in text.html
    longer = replace(run, since=NOW - timedelta(days=1))
    assert "12 edits since Tue 10 Sep, 15:00" in mailed(replace(article, run=longer)).text


def test_language_and_other_outlets_are_named() -> None:
    article = item(language="es-MX", also_at=tuple(f"outlet {n}" for n in range(10)))
    text = mailed(article)
    assert "kjzz · Ana Ruiz · Spanish" in text.text
    assert "kjzz · Ana Ruiz · Spanish" in text.html
    assert "outlet 7 and 2 more" in plain(text)
    assert "also at outlet 0, outlet 1" in text.html


@pytest.mark.parametrize(
    ("tag", "name"), [("en", "English"), ("pt-BR", "Portuguese"), ("xx", "xx"), (None, "")]
)
def test_a_language_has_a_name(tag: str | None, name: str) -> None:
    assert language_name(tag) == name


# ── how to silence it ────────────────────────────────────────────────────────────────────


def test_the_footer_holds_a_command_that_silences_the_topic() -> None:
    text = mailed(item(alert("us & mexico"), alert("tariff")))
    assert "Silence for a day: news-monitor silence tariff --for 1d" in text.text
    assert "news-monitor silence 'us & mexico' --for 1d" in text.text
    assert "news-monitor silence tariff --for 1d" in text.html
    assert "news-monitor silence &#39;us &amp; mexico&#39; --for 1d" in text.html


def test_a_message_about_no_article_has_nothing_to_silence() -> None:
    text = render_mail(notice(kind=MessageKind.OPERATOR, items=(), text="All is well."), zone="UTC")
    assert "news-monitor silence" not in text.text + text.html
