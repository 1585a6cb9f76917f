"""What a message says of an article: how it begins, what happened to it, how to silence it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from notices import CHANGE, HEADLINE, NOW, SENTENCE, alert, hit, item, notice, title_hit

from monitor.core.messages.email_text import MailText, mail
from monitor.core.messages.lede import lede
from monitor.core.messages.webhook_payload import payload
from monitor.core.text.language import language_name
from monitor.model import Change, ChangeKind, EditRun, Item, MessageKind, Reason

FIRST = "Importers will pay 50 percent from Monday. The rule ends a truce of six years."
TEXT = f"{FIRST} Growers were not asked. {SENTENCE}"


def mailed(*items: Item, **values: object) -> MailText:
    return mail(notice(*items, **values), zone="UTC")


def plain(text: MailText) -> str:
    return " ".join(text.text.split())


# ── how it begins ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "begins"),
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
def test_the_first_two_sentences_and_at_most_300_characters(text: str, begins: str) -> None:
    found = lede(text, HEADLINE)
    assert found == begins
    assert len(found) <= 300


def test_a_new_article_begins_with_its_first_sentences_though_only_its_title_matched() -> None:
    told = item(hits=(title_hit("Tariff"),), opening=TEXT)
    assert FIRST in plain(mailed(told))
    assert FIRST in mailed(told).html
    assert payload(notice(told))["data"]["article"]["summary"] == FIRST


def test_a_digest_says_how_its_new_articles_begin() -> None:
    text = mailed(item(opening=TEXT), item(opening="Another story begins so. It goes on."))
    assert FIRST in plain(text)
    assert "Another story begins so. It goes on." in plain(text)
    assert "Another story begins so. It goes on." in text.html


def test_what_matched_in_the_first_sentences_is_marked_there_and_not_quoted_again() -> None:
    opening = "The import duty was doubled. It is the second rise. Nobody was asked."
    text = mailed(item(hits=(hit("import duty", opening),), opening=opening))
    assert "The *import duty* was doubled. It is the second rise." in plain(text)
    assert "Where it matched" not in text.text
    assert text.html.count("import duty") == 1


def test_an_update_shows_its_change_in_place_of_its_beginning() -> None:
    told = item(alert(reason=Reason.UPDATED), change=CHANGE, opening=TEXT)
    assert FIRST not in plain(mailed(told))
    assert payload(notice(told))["data"]["article"]["summary"] == FIRST


# ── what happened ────────────────────────────────────────────────────────────────────────


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
def test_an_update_is_called_what_it_is(change: Change, label: str, words: str) -> None:
    text = mailed(item(alert(reason=Reason.UPDATED), change=change))
    assert text.subject == f"[tariff] {label}: {HEADLINE}"
    assert words in plain(text)
    assert words in " ".join(text.html.split())
    assert "the text changed" not in text.text


def test_several_edits_say_how_many_and_since_when() -> None:
    run = EditRun(
        count=12,
        since=NOW - timedelta(minutes=55),
        until=NOW,
        old_title="",
        old_text="",
        new_title="",
        new_text="",
    )
    told = item(alert(reason=Reason.UPDATED), change=CHANGE)
    text = mailed(replace(told, run=run))
    assert "12 edits since 14:05" in text.text
    assert "12 edits since 14:05" in text.html
    longer = replace(run, since=NOW - timedelta(days=1))
    assert "12 edits since Tue 10 Sep, 15:00" in mailed(replace(told, run=longer)).text


def test_language_and_other_outlets_are_named() -> None:
    told = item(language="es-MX", also_at=tuple(f"outlet {n}" for n in range(10)))
    text = mailed(told)
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
    text = mail(notice(kind=MessageKind.OPERATOR, items=(), text="All is well."), zone="UTC")
    assert "news-monitor silence" not in text.text + text.html
