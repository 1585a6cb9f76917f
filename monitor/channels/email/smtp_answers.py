"""What the codes of a mail server's refusal mean (RFC 5321, RFC 3463)."""

import re

from aiosmtplib import SMTPResponse

LOGIN_CODES = (530, 534, 535, 538)  # a person can set the login right within the days
SIZE = ("5.3.4", "5.2.3")  # too big for the system, longer than allowed
MAILBOX_FULL = "5.2.2"


def is_too_large(answer: SMTPResponse) -> bool:
    """Whether a refusal of the whole message is about its size, not about a full mailbox."""
    return names_size(answer) or (answer.code == 552 and _enhanced_code(answer) != MAILBOX_FULL)


def names_size(answer: SMTPResponse) -> bool:
    """Of one recipient's answer too, where a bare 552 means another thing."""
    return answer.code == 523 or _enhanced_code(answer) in SIZE


def too_many_recipients(answer: SMTPResponse) -> bool:
    """To a recipient, 552 means "not in this message" (RFC 5321, section 4.5.3.1.10)."""
    return answer.code == 552 and not names_size(answer)


def _enhanced_code(answer: SMTPResponse) -> str:
    """The enhanced status code, or an empty text."""
    found = re.match(r"[245]\.\d{1,3}\.\d{1,3}\b", answer.message)
    return found.group() if found else ""
