import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html import unescape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notices import CHANGE, NOW, SENTENCE, alert, hit, item, notice, title_hit

from monitor.channels.email.config import EmailConfig
from monitor.core.messages.email_text import MailText, render_mail
from monitor.core.messages.mime import build_email
from monitor.model import Alert, Change, ChangeKind, Item, MessageKind, Reason

DESK = EmailConfig(
    type="email", name="News desk", to=("desk@example.org",), sender="M <m@example.org>"
)
PHOENIX = "America/Phoenix"


def mailed(*items: Item, zone: str = PHOENIX) -> MailText:
    return render_mail(notice(*items), zone=zone)


def browser_text(html: str) -> str:
    """Text that a browser shows, on one line."""
    return " ".join(unescape(re.sub(r"<style>.*?</style>|<[^>]+>", "", html, flags=re.S)).split())


def bodies(text: MailText) -> tuple[str, str]:
    return " ".join(text.text.split()), browser_text(text.html)


# ── subject ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("alerts", "subject"),
    [
        ([alert()], "[tariff] Tariff on steel doubled"),
        ([alert(reason=Reason.NOW_MATCHES)], "[tariff] Tariff on steel doubled"),
        ([alert(reason=Reason.UPDATED)], "[tariff] Updated: Tariff on steel doubled"),
        ([alert(reason=Reason.CORRECTION)], "[tariff] Correction: Tariff on steel doubled"),
        ([alert(reason=Reason.RETRACTED)], "[tariff] Retracted: Tariff on steel doubled"),
        ([alert(reason=Reason.HEADLINE)], "[tariff] New headline: Tariff on steel doubled"),
        ([alert("tariff"), alert("border")], "[border, tariff] Tariff on steel doubled"),
    ],
)
def test_the_subject_has_topics_event_and_headline(alerts: list[Alert], subject: str) -> None:
    assert mailed(item(*alerts)).subject == subject


def test_many_topics_are_counted_where_they_do_not_fit() -> None:
    subject = mailed(item(*(alert(f"topic number {n}") for n in range(9)))).subject
    assert re.match(r"\[topic number 0, topic number 1, topic number 2 \+6\] ", subject)


def test_a_digest_counts_its_articles() -> None:
    assert mailed(item(), item(alert("border"))).subject == "[border, tariff] 2 articles"


# ── bodies ───────────────────────────────────────────────────────────────────────────────


def test_both_bodies_mark_the_words_that_matched() -> None:
    text = mailed(item(hits=(title_hit("Tariff"), hit("import duty"), hit("tariff"))))
    assert "*Tariff* on steel" in text.text
    assert "The *import duty* on steel" in text.text
    assert re.findall(r"<mark[^>]*>(.*?)</mark>", text.html) == ["Tariff", "import duty", "tariff"]


def test_matches_in_one_sentence_share_its_excerpt() -> None:
    text = mailed(item(hits=(hit("import duty"), hit("tariff", topic="border"), hit("steel"))))
    assert all(shown.count("increase of the month") == 1 for shown in bodies(text))


def test_both_bodies_show_a_change_word_by_word() -> None:
    text = mailed(item(alert(reason=Reason.UPDATED), change=CHANGE))
    assert "The duty will be [-25-]{+50+} percent from Monday" in bodies(text)[0]
    assert "Was: Tariff on steel raised" in text.text
    assert re.findall(r"<del[^>]*>(.*?)</del>", text.html) == ["Tariff on steel raised", "25"]
    assert re.findall(r"<ins[^>]*>(.*?)</ins>", text.html) == ["50"]


def test_sentences_that_have_nothing_in_common_are_not_diffed() -> None:
    change = Change(kind=ChangeKind.MATERIAL, added=("Rain fell all day.",), removed=("So what?",))
    shown = mailed(item(change=change)).text
    assert "{+Rain fell all day.+}" in shown
    assert "[-So what?-]" in shown


def test_sentences_that_are_not_shown_are_counted() -> None:
    change = Change(kind=ChangeKind.MATERIAL, added=tuple(f"New {n}." for n in range(14)))
    for shown in bodies(mailed(item(change=change))):
        assert "and 4 more sentences" in shown


def test_times_are_shown_in_the_readers_zone_and_the_sources() -> None:
    for shown in bodies(mailed(item())):
        assert re.search(r"Published:? Wed 11 Sep 2019, 07:45 MST \(10:45 EDT at the source", shown)
        assert re.search(r"Updated:? Wed 11 Sep 2019, 07:51 MST \(10:51 EDT at the source", shown)


def test_the_sources_time_names_its_day_when_it_is_another() -> None:
    late = datetime(2019, 9, 11, 23, 30, tzinfo=UTC)
    shown = mailed(item(published_at=late, timezone="Asia/Tokyo"), zone="America/Sao_Paulo").text
    assert "Wed 11 Sep 2019, 20:30 UTC-03:00 (Thu 12 Sep 2019, 08:30 JST at the source)" in shown


@pytest.mark.parametrize("zone", [None, PHOENIX])
def test_one_time_is_enough_where_both_zones_agree(zone: str | None) -> None:
    assert "at the source" not in mailed(item(timezone=zone)).text


@pytest.mark.parametrize("zone", ["", "Mars/Phobos", "../../etc/passwd", "\x00"])
def test_an_unknown_zone_is_read_as_utc(zone: str) -> None:
    assert "14:45 UTC" in mailed(item(timezone=None), zone=zone).text


def test_both_bodies_name_source_authors_link_and_reason() -> None:
    for shown in bodies(mailed(item(authors=("Ana Ruiz", "B. Li")))):
        assert "kjzz · Ana Ruiz, B. Li" in shown
        assert "tariff: a new article matches" in shown
        assert "You get this for your topic tariff" in shown
    assert 'href="https://news.example/steel?a=1&amp;b=2"' in mailed(item()).html
    assert "https://news.example/steel?a=1&b=2" in mailed(item()).text


@pytest.mark.parametrize(
    "url",
    [
        None,
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://news.example/a",
        "https://news.example/\nBcc: x@y.example",
        "https://news.example/\u202e",
        "https://news.example/" + "a" * 5_000,
    ],
)
def test_only_a_safe_http_address_becomes_a_link(url: str | None) -> None:
    text = mailed(item(url=url))
    assert "href=" not in text.html
    assert url is None or url not in text.text


def test_markup_in_a_sites_texts_is_escaped() -> None:
    evil = '<script>alert(1)</script> "quoted" {{ 7*7 }} {% raw %}'
    text = mailed(
        item(alert('<img src=x onerror="a()">'), title=evil, authors=(evil,), source=evil),
    )
    assert "<script" not in text.html
    assert "<img" not in text.html
    assert "{{ 7*7 }}" in browser_text(text.html)
    assert 'alert(1)</script> "quoted" {{ 7*7 }}' in text.text


def test_a_digest_groups_by_topic_the_newest_first_and_names_each_story_once() -> None:
    later = replace(alert("tariff"), created_at=NOW + timedelta(minutes=5))
    text = mailed(
        item(alert("tariff"), title="Older"),
        item(later, title="Newer"),
        item(alert("border"), alert("tariff"), title="Fence"),
    )
    for shown in bodies(text):
        order = [shown.index(title) for title in ("Fence", "Newer", "Older")]
        assert order == sorted(order)
        assert shown.count("Fence") == 1


def test_a_digest_of_1600_articles_names_them_all() -> None:
    items = [item(hits=(hit("tariff"),), title=f"Story {n}.") for n in range(1_600)]
    text = mailed(*items)
    assert all(f"Story {n}." in text.text and f"Story {n}." in text.html for n in range(1_600))


def test_an_operator_message_is_its_text() -> None:
    text = render_mail(
        notice(kind=MessageKind.OPERATOR, items=(), text="kjzz fails\n<b>why</b>"), zone=""
    )
    assert text.subject == "[news-monitor] kjzz fails"
    assert text.text == "kjzz fails\n<b>why</b>\n"
    assert "&lt;b&gt;why" in text.html


def test_a_test_message_is_marked_as_one() -> None:
    text = render_mail(notice(kind=MessageKind.TEST, items=(), text="Hello."), zone="UTC")
    assert text.subject == "[news-monitor] Test message"
    assert all("This is a test message" in shown and "Hello." in shown for shown in bodies(text))


def test_an_article_without_a_headline_is_still_sent() -> None:
    assert mailed(item(title=" \x00 ")).subject == "[tariff] (no headline)"


# ── the e-mail ───────────────────────────────────────────────────────────────────────────


def headers(**values: Any) -> EmailMessage:
    message = notice(**values)
    return build_email(message, render_mail(message, zone="UTC"), DESK)


def test_an_e_mail_has_the_headers_of_an_alert() -> None:
    message = headers()
    assert message["From"] == "M <m@example.org>"
    assert message["To"] == "desk@example.org"
    assert message["Message-ID"] == "<msg_a1_7_9@example.org>"
    assert message["Date"] == "Wed, 11 Sep 2019 15:00:00 +0000"
    assert message["List-Id"] == "<news-desk.news-monitor.example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "In-Reply-To" not in message


def test_an_update_is_a_reply_to_the_first_message_about_its_article() -> None:
    message = headers(thread="msg_a1_2_2")
    assert message["In-Reply-To"] == message["References"] == "<msg_a1_2_2@example.org>"


def test_two_attempts_are_the_same_bytes() -> None:
    assert headers().as_bytes() == headers().as_bytes()


HOSTILE = st.text(
    st.characters() | st.sampled_from('\r\n\x00\x1b\u2028\u0085\u202e\ud800:;<>@"=?,'), max_size=40
)


@settings(max_examples=150, deadline=None)
@given(HOSTILE, st.sampled_from([1, 50, 20_000]))
def test_no_headline_injects_a_header_or_makes_the_message_unsendable(text: str, many: int) -> None:
    title = text * many
    message = notice(
        item(
            alert(text), title=title, source=text, authors=(title,), hits=(title_hit(title, title),)
        ),
        thread=text,
        id=text,
    )
    raw = build_email(message, render_mail(message, zone="UTC"), DESK).as_bytes()
    assert raw.isascii()
    assert len(raw) < 100_000
    assert max(map(len, raw.split(b"\r\n"))) < 998
    head = raw.partition(b"\r\n\r\n")[0].decode()
    names = re.findall(r"^([^\s:]+):", head, flags=re.M)
    assert set(names) <= {
        "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "List-Id",
        "Auto-Submitted", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert len(names) == len(set(names))


def test_a_headline_with_control_characters_is_one_clean_line() -> None:
    subject = mailed(item(title="A\r\nBcc: all@example.org\u2028B\x00\x1b[31m\u202eC")).subject
    assert subject == "[tariff] A Bcc: all@example.org B[31mC"


def test_the_sentence_is_quoted_around_its_match() -> None:
    long = "word " * 400 + SENTENCE + " word" * 400
    assert "…" in mailed(item(hits=(hit("import duty", long),))).text
    assert "*import duty*" in mailed(item(hits=(hit("import duty", long),))).text
