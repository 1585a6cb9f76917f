"""The fields of a mail's header, folded and encoded as they go over the wire.

The standard library folds a field of 70 to 77 characters before its first word, which leaves its
first line blank, loses blanks between encoded words, and decodes an encoded word that a headline
holds. So the fields are written here, and stored raw.
"""

import textwrap
from collections.abc import Sequence
from email.header import Header
from email.message import EmailMessage
from email.utils import parseaddr

LINE = 76  # characters (RFC 5322 recommends 78, RFC 2047 demands 76 of encoded words)
LONGEST_WORD = 60  # of an unencoded text; a longer one is encoded, so that it can be folded
LONGEST_LINE = 990
FOLD = "\r\n "
ADDRESSES = ("From", "To")  # may hold more than ASCII where the server offers SMTPUTF8


def set_field(message: EmailMessage, name: str, value: str) -> None:
    """Set a field that is written already. Raises ValueError for one that no header can hold."""
    lines = value.split(FOLD)
    if not (value.isascii() or name in ADDRESSES) or not all(
        line.isprintable() and line.strip() for line in lines
    ):
        raise ValueError(f"{name} holds what a header cannot")
    if max(map(len, lines)) > LONGEST_LINE:
        raise ValueError(f"{name} is too long for a header")
    message.set_raw(name, value)


def text_field(name: str, text: str) -> str:
    """Free text (RFC 2047): as it is where that can be folded, else in encoded words."""
    words = text.split(" ")
    if text.isascii() and text.isprintable() and "=?" not in text and _foldable(words):
        return FOLD.join(
            textwrap.wrap(
                " ".join(filter(None, words)),
                LINE - len(name) - 2,
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
    whole = text.encode("utf-8", "replace").decode()  # half a surrogate pair
    return Header(whole, "utf-8", maxlinelen=LINE, header_name=name).encode(linesep="\r\n")


def sender_field(sender: str) -> str:
    """`News <monitor@example.org>`; a name that is not ASCII is encoded."""
    if sender.isascii():
        return sender
    name, address = parseaddr(sender)
    return f"{text_field('From', name)}{FOLD}<{address}>"


def recipients_field(addresses: Sequence[str]) -> str:
    return f",{FOLD}".join(addresses)


def _foldable(words: Sequence[str]) -> bool:
    return any(words) and max(map(len, words)) <= LONGEST_WORD
