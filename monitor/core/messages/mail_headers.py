"""Folds and encodes the header fields of a mail (RFC 5322, RFC 2047).

The standard library puts a fold before the first word of a field of 70 to 77 characters, which
leaves its first line blank; it loses spaces between encoded words, and decodes an encoded word that
a headline contains. So the fields are folded here and set raw.
"""

import textwrap
from collections.abc import Sequence
from email.header import Header
from email.message import EmailMessage
from email.utils import parseaddr

MAX_LINE_CHARS = 76  # RFC 5322 recommends 78, RFC 2047 limits encoded words to 76
MAX_WORD_CHARS = 60  # a text with a longer word is encoded, so that it can be folded
MAX_RAW_LINE_CHARS = 990  # RFC 5322 allows 998
FOLD = "\r\n "
ADDRESS_FIELDS = ("From", "To")  # may hold non-ASCII where the server offers SMTPUTF8


def set_field(message: EmailMessage, name: str, value: str) -> None:
    """Set a field that is already folded and encoded. Raises ValueError if it is no valid field."""
    lines = value.split(FOLD)
    if not (value.isascii() or name in ADDRESS_FIELDS) or not all(
        line.isprintable() and line.strip() for line in lines
    ):
        raise ValueError(f"{name} holds what a header cannot")
    if max(map(len, lines)) > MAX_RAW_LINE_CHARS:
        raise ValueError(f"{name} is too long for a header")
    message.set_raw(name, value)


def encode_text(name: str, text: str) -> str:
    """Fold free text for a field, or encode it in encoded words (RFC 2047) if it must be."""
    words = text.split(" ")
    if text.isascii() and text.isprintable() and "=?" not in text and _is_foldable(words):
        return FOLD.join(
            textwrap.wrap(
                " ".join(filter(None, words)),
                MAX_LINE_CHARS - len(name) - 2,
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
    valid = text.encode("utf-8", "replace").decode()  # replaces lone surrogates
    header = Header(valid, "utf-8", maxlinelen=MAX_LINE_CHARS, header_name=name)
    return header.encode(linesep="\r\n")


def format_sender(sender: str) -> str:
    """Format `News <monitor@example.org>`; a name that is not ASCII is encoded."""
    if sender.isascii():
        return sender
    name, address = parseaddr(sender)
    return f"{encode_text('From', name)}{FOLD}<{address}>"


def format_recipients(addresses: Sequence[str]) -> str:
    """Fold the addresses, one per line."""
    return f",{FOLD}".join(addresses)


def _is_foldable(words: Sequence[str]) -> bool:
    return any(words) and max(map(len, words)) <= MAX_WORD_CHARS
