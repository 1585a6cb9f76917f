"""A mail's words and a channel's settings → the message as it goes over the wire."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from typing import Protocol

from monitor.core.messages.email_text import MailText
from monitor.core.messages.mail_headers import recipients_field, sender_field, set_field, text_field
from monitor.model import Message

LABEL_LETTERS = 63  # of a name in the DNS, whose rules a List-Id follows (RFC 2919)
ID_LETTERS = 200
# 7bit passes every server; the fields are folded already (see `mail_headers`).
_POLICY = SMTP.clone(cte_type="7bit", refold_source="none")


class MailSettings(Protocol):
    """What the header fields need of an e-mail channel."""

    @property
    def name(self) -> str:
        """Name of the channel, for the List-Id."""

    @property
    def to(self) -> tuple[str, ...]:
        """Addresses of the recipients."""

    @property
    def sender(self) -> str:
        """Address of the sender, with or without a name."""

    @property
    def contact(self) -> str | None:
        """Where a reader may unsubscribe: a mailto or https address."""


def build_email(message: Message, text: MailText, settings: MailSettings) -> EmailMessage:
    """Build the e-mail, the same on every attempt. Raises ValueError for an unwritable address."""
    plain = "".join((settings.sender, *settings.to)).isascii()
    email = EmailMessage(policy=_POLICY if plain else _POLICY.clone(utf8=True))
    for name, value in _fields(message, text, settings):
        set_field(email, name, value)
    email.set_content(text.text)
    if text.html:
        email.add_alternative(text.html, subtype="html")
        email.set_boundary(_boundary(text))
    return email


def _fields(message: Message, text: MailText, settings: MailSettings) -> Iterator[tuple[str, str]]:
    domain = domain_of(settings.sender)
    yield "From", sender_field(settings.sender)
    yield "To", recipients_field(settings.to)
    yield "Subject", text_field("Subject", text.subject)
    yield "Date", format_datetime(message.created_at)
    yield "Message-ID", _message_id(message.id, domain)
    if message.thread is not None and message.thread != message.id:
        first = _message_id(message.thread, domain)
        yield "In-Reply-To", first
        yield "References", first
    yield "List-Id", f"<{_label(settings.name)}.news-monitor.{domain}>"
    if settings.contact is not None:
        yield "List-Unsubscribe", f"<{settings.contact}>"  # RFC 2369
    yield "Auto-Submitted", "auto-generated"  # RFC 3834: no out-of-office answers, please


def domain_of(sender: str) -> str:
    """The domain of an address such as `News <monitor@example.org>`, in ASCII."""
    domain = parseaddr(sender)[1].rpartition("@")[2].strip(".")
    try:
        ascii_domain = domain.encode("idna").decode().lower()
    except UnicodeError:
        return "localhost"
    return ascii_domain if re.fullmatch(r"[a-z0-9.-]+", ascii_domain) else "localhost"


def _boundary(text: MailText) -> str:
    """Not random, or two attempts would differ; and no text can hold the hash of itself."""
    return "=_" + sha256((text.text + text.html).encode()).hexdigest()[:40]


def _message_id(message_id: str, domain: str) -> str:
    return f"<{_safe_id(message_id)}@{domain}>"


def _safe_id(message_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", message_id[:ID_LETTERS]).strip(".") or "message"


def _label(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:LABEL_LETTERS] or "channel"
