"""The meaning of an SMTP server's refusals (RFC 5321, RFC 3463)."""

import re

from aiosmtplib import SMTPResponse

LOGIN_CODES = (530, 534, 535, 538)  # a person can set the login right within the days
SIZE = ("5.3.4", "5.2.3")  # too big for the system, longer than allowed
MAILBOX_FULL = "5.2.2"


def is_too_large(reply: SMTPResponse) -> bool:
    """Tell whether a refusal of the whole message is about its size, not about a full mailbox."""
    return names_size(reply) or (reply.code == 552 and _enhanced_code(reply) != MAILBOX_FULL)


def names_size(reply: SMTPResponse) -> bool:
    """Tell whether a reply is about size; a bare 552 is not, which may mean another thing."""
    return reply.code == 523 or _enhanced_code(reply) in SIZE


def too_many_recipients(reply: SMTPResponse) -> bool:
    """Tell whether a recipient's 552 means "not in this message" (RFC 5321, 4.5.3.1.10)."""
    return reply.code == 552 and not names_size(reply)


def _enhanced_code(reply: SMTPResponse) -> str:
    """Return the enhanced status code, or an empty text."""
    found = re.match(r"[245]\.\d{1,3}\.\d{1,3}\b", reply.message)
    return found.group() if found else ""
