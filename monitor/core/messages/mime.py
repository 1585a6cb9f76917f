"""Builds the MIME message of a mail from its text and the settings of its channel.

The same message and settings give the same bytes on every attempt.
"""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from typing import Protocol

from monitor.core.messages.email_text import MailText
from monitor.core.messages.mail_headers import (
    encode_text,
    format_recipients,
    format_sender,
    set_field,
)
from monitor.model import Message

MAX_LABEL_CHARS = 63  # of a DNS label, whose rules a List-Id follows (RFC 2919)
MAX_ID_CHARS = 200
# Every server accepts 7bit; the fields are folded already (see `mail_headers`).
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
    yield "From", format_sender(settings.sender)
    yield "To", format_recipients(settings.to)
    yield "Subject", encode_text("Subject", text.subject)
    yield "Date", format_datetime(message.created_at)
    yield "Message-ID", _message_id(message.id, domain)
    if message.thread is not None and message.thread != message.id:
        first = _message_id(message.thread, domain)
        yield "In-Reply-To", first
        yield "References", first
    yield "List-Id", f"<{_label(settings.name)}.news-monitor.{domain}>"
    if settings.contact is not None:
        yield "List-Unsubscribe", f"<{settings.contact}>"  # RFC 2369
    yield "Auto-Submitted", "auto-generated"  # RFC 3834: asks for no out-of-office replies


def domain_of(sender: str) -> str:
    """The domain of an address such as `News <monitor@example.org>`, in ASCII."""
    domain = parseaddr(sender)[1].rpartition("@")[2].strip(".")
    try:
        ascii_domain = domain.encode("idna").decode().lower()
    except UnicodeError:
        return "localhost"
    return ascii_domain if re.fullmatch(r"[a-z0-9.-]+", ascii_domain) else "localhost"


def _boundary(text: MailText) -> str:
    """Boundary of the parts: a hash of the texts, so that every attempt has the same.

    No text can contain the hash of itself.
    """
    return "=_" + sha256((text.text + text.html).encode()).hexdigest()[:40]


def _message_id(message_id: str, domain: str) -> str:
    return f"<{_safe_id(message_id)}@{domain}>"


def _safe_id(message_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", message_id[:MAX_ID_CHARS]).strip(".") or "message"


def _label(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:MAX_LABEL_CHARS] or "channel"
