"""A mail's words and a channel's settings → the message as it goes over the wire."""

import re
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from hashlib import sha256

from monitor.core.render import MailText
from monitor.model import Notice
from monitor.settings import EmailSettings

LABEL_LETTERS = 63  # of a name in the DNS, whose rules a List-Id follows (RFC 2919)
ID_LETTERS = 200
_POLICY = SMTP.clone(cte_type="7bit")  # passes every server, and no line is ever too long


def letter(notice: Notice, text: MailText, settings: EmailSettings) -> EmailMessage:
    """The same on every attempt. Raises ValueError for an address that no header can hold."""
    domain = domain_of(settings.sender)
    message = EmailMessage(policy=_POLICY)
    message["From"] = settings.sender
    message["To"] = ", ".join(settings.to)
    message["Subject"] = text.subject
    message["Date"] = format_datetime(notice.created_at)
    message["Message-ID"] = _message_id(notice.id, domain)
    if notice.thread is not None and notice.thread != notice.id:
        message["In-Reply-To"] = message["References"] = _message_id(notice.thread, domain)
    message["List-Id"] = f"<{_label(settings.name)}.news-monitor.{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    message.set_content(text.text)
    if text.html:
        message.add_alternative(text.html, subtype="html")
        message.set_boundary(_boundary(text))
    return message


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


def _message_id(notice_id: str, domain: str) -> str:
    return f"<{_safe_id(notice_id)}@{domain}>"


def _safe_id(notice_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", notice_id[:ID_LETTERS]).strip(".") or "message"


def _label(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:LABEL_LETTERS] or "channel"
