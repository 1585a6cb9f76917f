"""The header of a mail as sent: no line is blank or too long, and no text adds a field."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notices import alert, item, notice

from monitor.channels.email.config import EmailConfig
from monitor.core.messages.email_text import render_mail
from monitor.core.messages.mime import build_email
from monitor.model import Message

DESK = EmailConfig(
    type="email", name="desk", to=("desk@example.org",), sender="monitor@example.org"
)
LONG = "Senators reach a bipartisan agreement on steel tariffs and the border after a long week"
HEADLINES = [
    "Short",
    LONG,
    LONG * 3,
    "Los aranceles al acero se duplicarán el próximo año según anunció la Secretaría de Economía",
    "関税が二倍になり鉄鋼業界は来年の価格を見直すと発表した。政府は週明けに説明する予定だ。" * 2,
    "x" * 150,
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2,
    "🚢" * 70,
    "=?utf-8?q?Injected?= " + LONG,
    *(("word " * 20)[:letters].strip() for letters in range(50, 75)),
    *(("año " * 20)[:letters].strip() for letters in range(50, 75)),
]


def written(message: Message, settings: EmailConfig = DESK) -> bytes:
    return build_email(message, render_mail(message, zone="UTC"), settings).as_bytes()


def header(raw: bytes) -> list[bytes]:
    """The lines of the header, continuation lines on their own."""
    return raw.partition(b"\r\n\r\n")[0].split(b"\r\n")


def parsed(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=default)


def check(raw: bytes, subject: str) -> None:
    lines = header(raw)
    [first] = [line for line in lines if line.lower().startswith(b"subject:")]
    assert first.removeprefix(b"Subject:").strip() != b""
    assert all(line.strip() for line in lines)
    assert max(map(len, lines)) <= 78
    assert parsed(raw)["Subject"] == subject


@pytest.mark.parametrize("title", HEADLINES, ids=range(len(HEADLINES)))
@pytest.mark.parametrize("topic", ["tariff", "t" * 80, "inmigración y frontera"])
def test_the_subject_starts_on_its_first_line_and_decodes_to_itself(title: str, topic: str) -> None:
    message = notice(item(alert(topic), title=title))
    check(written(message), render_mail(message, zone="UTC").subject)


@given(st.text(max_size=300), st.text(min_size=1, max_size=100))
def test_any_headline_makes_one_subject(title: str, topic: str) -> None:
    message = notice(item(alert(topic), title=title))
    raw = written(message)
    subject = render_mail(message, zone="UTC").subject
    assert " ".join(str(parsed(raw)["Subject"]).split()) == " ".join(subject.split())
    assert [line for line in header(raw) if not line.strip()] == []
    names = [line.partition(b":")[0] for line in header(raw) if not line[:1].isspace()]
    assert sorted(names) == sorted(
        [
            *(b"From", b"To", b"Subject", b"Date", b"Message-ID", b"List-Id", b"Auto-Submitted"),
            *(b"MIME-Version", b"Content-Type"),
        ]
    )


def test_no_header_begins_with_a_blank_line() -> None:
    settings = EmailConfig(
        type="email",
        name="d" * 63,
        sender=f"{'Monitor of the news of ' * 5}<monitor@{'long.' * 20}example.org>",
        to=tuple(f"{'recipient' * 6}{n}@{'long.' * 12}example.org" for n in range(3)),
        contact=f"https://example.org/{'unsubscribe/' * 20}",
    )
    raw = written(notice(id="msg_" + "a" * 150, thread="msg_" + "b" * 150), settings)
    blank = [line for line in header(raw) if line.endswith(b":") or not line.strip()]
    assert blank == []
    assert parsed(raw)["List-Unsubscribe"] == f"<{settings.contact}>"


@pytest.mark.parametrize(
    ("contact", "header_value"),
    [
        ("mailto:desk@example.org?subject=stop", "<mailto:desk@example.org?subject=stop>"),
        ("https://example.org/stop?a=1&b=2", "<https://example.org/stop?a=1&b=2>"),
    ],
)
def test_a_contact_is_where_a_reader_may_unsubscribe(contact: str, header_value: str) -> None:
    raw = written(notice(), DESK.model_copy(update={"contact": contact}))
    assert parsed(raw)["List-Unsubscribe"] == header_value
    assert b"List-Unsubscribe: <" in raw


def test_without_a_contact_there_is_no_unsubscribe_header() -> None:
    assert "List-Unsubscribe" not in parsed(written(notice()))
