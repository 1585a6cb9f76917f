"""The language of a page: declared, else told by its most common words."""

import re
from collections import Counter

_TAG = re.compile(
    r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?(?![a-z\d])", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE = 1200  # characters
_ENOUGH = 600  # characters that may contradict a declaration

_COMMON = {
    "en": "the and of to in that is was for with said his from have has by they but were",
    "es": "el la los las que de en y un una por con del para se su al como más pero",
    "de": "der die und das ist nicht mit den von ein eine auf für im dem sich auch werden",
    "fr": "le les des est dans une du et que pour qui sur pas par au avec plus sont ce",
    "pt": "o os que não uma do da em para com mais por dos das ao foi como se são",
    "it": "il di che la è per non una del della con sono gli nel più anche dei alla",
    "nl": "de het een van en dat niet met voor zijn op is aan werd ook er maar bij",
}
_OWNERS = {
    word: [name for name, words in _COMMON.items() if word in words.split()]
    for words in _COMMON.values()
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
    """`Spanish` for es-MX; the tag itself where we know no name, empty where there is no tag."""
    found = _TAG.fullmatch(tag or "")
    return _ENGLISH_NAMES.get(found[1].lower(), found.group()) if found else ""


def language_tag(declared: str | None) -> str | None:
    """A declared language in the form of BCP 47: `en`, `en-US`, `zh-Hant-TW`; None for nonsense."""
    found = _TAG.match(declared.strip()) if declared else None
    if found is None:
        return None
    language, script, region = found.groups(default="")
    parts = [language.lower(), script.title(), region.upper()]
    return "-".join(filter(None, parts))


def detected(text: str) -> str | None:
    """By the commonest words of seven languages, or by a script that tells; None when unsure."""
    sample = text[:_SAMPLE]
    if not sample.isascii():
        for name, script in _SCRIPTS:
            if len(script.findall(sample)) > len(sample) / 8:
                return name
    votes: Counter[str] = Counter()
    words = _WORD.findall(sample.lower())
    for word in words:
        owners = _OWNERS.get(word, ())
        for name in owners:
            votes[name] += 1
    ranked = votes.most_common(2)
    if len(words) < 8 or not ranked or ranked[0][1] < len(words) / 10:
        return None
    is_clear = len(ranked) == 1 or ranked[0][1] > 1.2 * ranked[1][1]
    return ranked[0][0] if is_clear else None


def spoken(declared: str | None, text: str) -> str | None:
    """The declared language, unless the words plainly are of another that we know as well."""
    tag = language_tag(declared)
    if tag is None:
        return detected(text)
    primary = tag.partition("-")[0]
    if primary not in _COMMON or len(text) < _ENOUGH:
        return tag
    heard = detected(text)
    return tag if heard in {None, primary} else heard
