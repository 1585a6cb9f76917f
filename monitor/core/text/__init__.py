"""Text as characters, words and sentences; web addresses.

Strings in; clean strings, tokens, sentences, languages, canonical URLs out.
Open `clean.py` for untrusted text, `urls.py` for addresses, `tokens.py` for words.
"""

from monitor.core.text.clean import clean_line, clean_text, plain, storable
from monitor.core.text.language import language_name, spoken
from monitor.core.text.patience_diff import Block, changes
from monitor.core.text.sentences import sentences
from monitor.core.text.tokens import (
    TOKEN,
    fold,
    nfc,
    offsets,
    stemmed,
    stemming_language,
    tag_names,
    tokens,
)
from monitor.core.text.url_ids import same_ids
from monitor.core.text.urls import LONGEST, absolute, canonical, key, redacted, site_of

__all__ = [
    "LONGEST",
    "TOKEN",
    "Block",
    "absolute",
    "canonical",
    "changes",
    "clean_line",
    "clean_text",
    "fold",
    "key",
    "language_name",
    "nfc",
    "offsets",
    "plain",
    "redacted",
    "same_ids",
    "sentences",
    "site_of",
    "spoken",
    "stemmed",
    "stemming_language",
    "storable",
    "tag_names",
    "tokens",
]
