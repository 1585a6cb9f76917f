"""Random rules: the text as a person may write it, and its tree, made side by side.

The tree does not come from the parser: the precedence of operators is implemented here again.
"""

import random
import unicodedata

from core.rules.naive_match import tokens
from monitor.core.rules import ast as tree
from monitor.core.rules.matcher import Document
from monitor.model import Place

# Few words, so that many match: other cases, accents, compositions, ligatures, acronyms, two tokens
# in one word, other scripts, tokens that fold to nothing or to something that is no token.
TEXT = (
    "tariff Tariffs TARIFFS arancel aranceles Aranceles México Mexico mexico ICE ice Ice U.S. US"
    " u s COVID-19 covid 19 deport deported deportación deportaciones ﬁling filing Filings ﬁ fi"
    " don't don’t don t straße STRASSE strasse ½ 1⁄2 1 2 ﾞ ﷺ niño nino NIÑO año ano 移民 移"
    " İstanbul istanbul running runs run well-known well known El_Paso El Paso ŉ x̃ x of the"
    " ΣΊΣΥΦΟΣ σίσυφος ᾳ αι 한국 한 น้ำ หนํา १२ ＩＣＥ ǅ dž Ⅳ iv tar\u200biff and or And"
)
WORDS = [*TEXT.split()]
WORDS += [unicodedata.normalize("NFD", word) for word in ("México", "niño", "deportación", "한국")]
PLAIN = [word for word in WORDS if word.isalnum() and len(word) > 2]
OPERATORS = ("AND", "OR", "NOT", "NEAR/3")  # in quotes they are words
SOURCES = ("El País", "reuters", "NYT", "ny post", "", None)
LANGUAGES = ("en", "es", "en-US", "es-MX", "EN", "fr", "", None)
METADATA_VALUES = (
    ("en", "es", "e*", "en-us", '"es"'),
    ("reuters", '"el pais"', "ny*", "NYT", "“NY Post”"),
)

Written = tuple[str, tree.Node]


def document(draw: random.Random) -> Document:
    return Document(
        title=text(draw, 5),
        body=text(draw, 25),
        language=draw.choice(LANGUAGES),
        source=draw.choice(SOURCES),
    )


def text(draw: random.Random, most: int) -> str:
    return draw.choice((" ", " ", ", ", "-", "\n\n")).join(
        draw.choices(WORDS, k=draw.randint(0, most))
    )


# ── from loose to tight: or, and, not, near, unit ────────────────────────────────────────


def rule(draw: random.Random, depth: int = 3, field: bool = True) -> Written:
    """The loosest level: what may stand alone or in parentheses."""
    parts = [_and(draw, depth, field) for _ in range(draw.choice((1, 1, 2, 3)))]
    return " OR ".join(part for part, _ in parts), tree.Or(children=tuple(n for _, n in parts))


def _and(draw: random.Random, depth: int, field: bool) -> Written:
    parts = [_not(draw, depth, field) for _ in range(draw.choice((1, 1, 2)))]
    written = parts[0][0]
    for part, _ in parts[1:]:
        written += draw.choice((" ", " AND ", "  AND\n")) + part
    return written, tree.And(children=tuple(node for _, node in parts))


def _not(draw: random.Random, depth: int, field: bool) -> Written:
    written, node = _near(draw, depth, field)
    kind = draw.randrange(8)
    if kind == 0:
        return f"NOT {written}", tree.Not(child=node)
    if kind == 1:
        return f"-{written}", tree.Not(child=node)
    return written, node


def _near(draw: random.Random, depth: int, field: bool) -> Written:
    if draw.random() < 0.7:
        return _unit(draw, depth, field)
    (one, left), (two, right) = _operand(draw), _operand(draw)
    ordered, distance = draw.random() < 0.5, draw.randint(0, 6)
    operator = f"{'ONEAR' if ordered else 'NEAR'}/{distance}"
    node = tree.Near(left=left, right=right, distance=distance, ordered=ordered)
    return f"{one} {operator} {two}", node


def _unit(draw: random.Random, depth: int, field: bool) -> Written:
    kind = draw.randrange(10)
    if kind == 0:
        return _metadata_filter(draw)
    if kind == 1:
        return _at_least(draw)
    if kind == 2 and field:
        place = draw.choice((Place.TITLE, Place.BODY))
        written, node = _bracketed(draw, depth, field) if depth else _leaf(draw)
        return f"{place}:{written}", tree.Within(place=place, child=node)
    if kind < 5 and depth:
        written, node = _bracketed(draw, depth, field)
        return written + draw.choice(("", "", "^2")), node
    return _leaf(draw)


def _bracketed(draw: random.Random, depth: int, field: bool) -> Written:
    written, node = rule(draw, depth - 1, field)
    return f"({written})", node


def _at_least(draw: random.Random) -> Written:
    written, leaves = _operand(draw)
    count = draw.randint(1, 4)
    written = written if written[0] == "(" else f"({written})"
    written = draw.choice((written, f"({written})"))
    return f"ATLEAST/{count}{written}", tree.AtLeast(count=count, leaves=leaves)


def _operand(draw: random.Random) -> tuple[str, tuple[tree.Leaf, ...]]:
    if draw.random() < 0.6:
        written, leaf = _leaf(draw)
        return written, (leaf,)
    parts = [_leaf(draw) for _ in range(draw.randint(1, 3))]
    return f"({' OR '.join(part for part, _ in parts)})", tuple(leaf for _, leaf in parts)


def _metadata_filter(draw: random.Random) -> Written:
    field_name = draw.choice((tree.MetadataField.LANG, tree.MetadataField.SOURCE))
    written = draw.choice(METADATA_VALUES[field_name is tree.MetadataField.SOURCE])
    value = written.strip('"“”*')
    return f"{field_name}:{written}", tree.MetadataFilter(
        field=field_name, value=value, prefix=written[-1] == "*"
    )


def _leaf(draw: random.Random) -> tuple[str, tree.Leaf]:
    written, leaf = _bare_leaf(draw)
    return written + draw.choice(("", "", "", "^2", "^0.5")), leaf


def _bare_leaf(draw: random.Random) -> tuple[str, tree.Leaf]:
    kind = draw.randrange(6)
    if kind < 2:
        word = draw.choice(WORDS)
        found = tuple(tokens(word))
        return word, tree.Word(token=word) if len(found) == 1 else tree.Phrase(tokens=found)
    if kind == 2:
        words = " ".join(draw.choices((*WORDS, *OPERATORS), k=draw.randint(1, 3)))
        return draw.choice(('"{}"', "“{}”")).format(words), tree.Phrase(tokens=tuple(tokens(words)))
    if kind == 3:
        word = draw.choice(WORDS)
        return f"={word}", tree.Exact(tokens=tuple(tokens(word)))
    if kind == 4:
        words = " ".join(draw.choices(WORDS, k=2))
        return f'="{words}"', tree.Exact(tokens=tuple(tokens(words)))
    word = draw.choice(PLAIN)
    start = word[: draw.randint(2, len(word))]
    return f"{start}*", tree.Prefix(start=start)
