"""Identifies the language of a text: the declared one, else by script or by frequent words.

Frequent words distinguish seven European languages, scripts nine others. Tags follow BCP 47.
"""

import re
from collections import Counter

_TAG = re.compile(
    r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?(?![a-z\d])", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE_LENGTH = 1200  # characters
_MIN_LENGTH_TO_OVERRIDE = 600  # characters; a shorter text never overrules the declared language
_MIN_WORDS = 8  # below this the frequent words decide nothing
_CLEAR_LEAD = 1.2  # the best language's votes, relative to the second best's

_FREQUENT_WORDS = {
    "en": "the and of to in that is was for with said his from have has by they but were",
    "es": "el la los las que de en y un una por con del para se su al como más pero",
    "de": "der die und das ist nicht mit den von ein eine auf für im dem sich auch werden",
    "fr": "le les des est dans une du et que pour qui sur pas par au avec plus sont ce",
    "pt": "o os que não uma do da em para com mais por dos das ao foi como se são",
    "it": "il di che la è per non una del della con sono gli nel più anche dei alla",
    "nl": "de het een van en dat niet met voor zijn op is aan werd ook er maar bij",
}
_LANGUAGES_OF_WORD = {
    word: [name for name, words in _FREQUENT_WORDS.items() if word in words.split()]
    for words in _FREQUENT_WORDS.values()
    for word in words.split()
}
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
)


_ENGLISH_NAMES = {
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "de": "German",
    "pt": "Portuguese",
    "it": "Italian",
    "nl": "Dutch",
    "ca": "Catalan",
    "pl": "Polish",
    "ru": "Russian",
    "uk": "Ukrainian",
    "ar": "Arabic",
    "he": "Hebrew",
    "hi": "Hindi",
    "ja": "Japanese",
    "ko": "Korean",
    "zh": "Chinese",
    "vi": "Vietnamese",
    "tl": "Tagalog",
    "ht": "Haitian",
    "el": "Greek",
    "th": "Thai",
    "tr": "Turkish",
    "sv": "Swedish",
}


def language_name(tag: str | None) -> str:
    """Return the English name of a language tag: `Spanish` for `es-MX`.

    The tag itself where no name is known, empty for None and malformed tags.
    """
    found = _TAG.fullmatch(tag or "")
    return _ENGLISH_NAMES.get(found[1].lower(), found.group()) if found else ""


def language_tag(declared: str | None) -> str | None:
    """Normalize a declared language to BCP 47 (`en-US`, `zh-Hant-TW`); None if malformed."""
    found = _TAG.match(declared.strip()) if declared else None
    if found is None:
        return None
    language, script, region = found.groups(default="")
    parts = [language.lower(), script.title(), region.upper()]
    return "-".join(filter(None, parts))


def detect_language(text: str) -> str | None:
    """Detect the primary language of a text from its script or frequent words; None if unclear."""
    sample = text[:_SAMPLE_LENGTH]
    if not sample.isascii():
        for name, script in _SCRIPTS:
            if len(script.findall(sample)) > len(sample) / 8:
                return name
    votes: Counter[str] = Counter()
    words = _WORD.findall(sample.lower())
    for word in words:
        votes.update(_LANGUAGES_OF_WORD.get(word, ()))
    ranked = votes.most_common(2)
    if len(words) < _MIN_WORDS or not ranked or ranked[0][1] < len(words) / 10:
        return None
    is_clear = len(ranked) == 1 or ranked[0][1] > _CLEAR_LEAD * ranked[1][1]
    return ranked[0][0] if is_clear else None


def identify_language(declared: str | None, text: str) -> str | None:
    """Return the declared language, unless a long enough text is clearly in another.

    The text overrules a declaration only between languages that its frequent words distinguish.
    None if nothing valid is declared and nothing is detected.
    """
    tag = language_tag(declared)
    if tag is None:
        return detect_language(text)
    primary = tag.partition("-")[0]
    if primary not in _FREQUENT_WORDS or len(text) < _MIN_LENGTH_TO_OVERRIDE:
        return tag
    detected = detect_language(text)
    return tag if detected in {None, primary} else detected
