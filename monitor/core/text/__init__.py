"""Text and URL primitives: cleaning, tokens, sentences, language detection, URL normalization.

Every function takes and returns plain strings or character offsets; none does I/O.
Open `clean.py` for untrusted text, `urls.py` for URLs, `tokens.py` for the tokenizer.
"""

from monitor.core.text.clean import clean_line, clean_text, html_to_text, strip_unstorable
from monitor.core.text.language import identify_language, language_name
from monitor.core.text.patience_diff import EditBlock, diff_blocks
from monitor.core.text.sentences import sentences
from monitor.core.text.tokens import (
    TOKEN_PATTERN,
    fold,
    language_tag_names,
    nfc,
    stem_token,
    stemming_language,
    token_spans,
    tokens,
)
from monitor.core.text.url_ids import have_same_story_ids
from monitor.core.text.urls import (
    MAX_URL_LENGTH,
    normalize_url,
    redact_url,
    resolve_link,
    site_of,
    url_key,
)

__all__ = [
    "MAX_URL_LENGTH",
    "TOKEN_PATTERN",
    "EditBlock",
    "clean_line",
    "clean_text",
    "diff_blocks",
    "fold",
    "have_same_story_ids",
    "html_to_text",
    "identify_language",
    "language_name",
    "language_tag_names",
    "nfc",
    "normalize_url",
    "redact_url",
    "resolve_link",
    "sentences",
    "site_of",
    "stem_token",
    "stemming_language",
    "strip_unstorable",
    "token_spans",
    "tokens",
    "url_key",
]
