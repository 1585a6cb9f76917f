"""A naive matcher that walks the rule's tree and lists all spans, without an index."""

import re
import unicodedata
from functools import cache
from itertools import product

import Stemmer

from monitor.core.rules import ast as tree
from monitor.core.rules.matcher import Document

Span = tuple[str, int, int]  # field, first, last

STEMMERS = {"en": Stemmer.Stemmer("english"), "es": Stemmer.Stemmer("spanish")}
BOTH = ("title", "body")


@cache
def tokens(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text))


@cache
def fold(text: str) -> str:
    plain = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return "".join(plain).casefold()


@cache
def stem(token: str, language: str | None) -> str:
    stemmer = STEMMERS.get((language or "").split("-")[0].lower())
    return stemmer.stemWord(fold(token)) if stemmer else fold(token)


def matches(node: tree.Node, document: Document, fields: tuple[str, ...]) -> bool:
    match node:
        case tree.And():
            return all(matches(child, document, fields) for child in node.children)
        case tree.Or():
            return any(matches(child, document, fields) for child in node.children)
        case tree.Not():
            return not matches(node.child, document, fields)
        case tree.Within():
            field = node.place.value
            return field in fields and matches(node.child, document, (field,))
        case tree.MetadataFilter():
            return metadata_filter(node, document)
        case tree.Near():
            return near(node, document, fields)
        case tree.AtLeast():
            return len(all_spans(node.leaves, document, fields)) >= node.count
        case _:
            return bool(spans(node, document, fields))


def metadata_filter(node: tree.MetadataFilter, document: Document) -> bool:
    wanted = fold(node.value)
    if node.field is tree.MetadataField.SOURCE:
        names = [fold(document.source or "")]
    else:
        language = fold(document.language or "")
        names = [language, language.split("-")[0]]
    return any(name.startswith(wanted) if node.prefix else name == wanted for name in names)


def near(node: tree.Near, document: Document, fields: tuple[str, ...]) -> bool:
    left = all_spans(node.left, document, fields)
    right = all_spans(node.right, document, fields)
    return any(
        close(one, other, node.distance) or (not node.ordered and close(other, one, node.distance))
        for one, other in product(left, right)
    )


def close(one: Span, other: Span, distance: int) -> bool:
    return one[0] == other[0] and 0 <= other[1] - one[2] - 1 <= distance


def all_spans(
    leaves: tuple[tree.Leaf, ...], document: Document, fields: tuple[str, ...]
) -> set[Span]:
    return {span for leaf in leaves for span in spans(leaf, document, fields)}


def spans(leaf: tree.Leaf, document: Document, fields: tuple[str, ...]) -> list[Span]:
    found = []
    for field in fields:
        words = tokens(getattr(document, field))
        length = len(leaf.tokens) if isinstance(leaf, tree.Phrase | tree.Exact) else 1
        for first in range(len(words) - length + 1):
            if leaf_matches(leaf, words[first : first + length], document.language):
                found.append((field, first, first + length - 1))
    return found


def leaf_matches(leaf: tree.Leaf, words: list[str], language: str | None) -> bool:
    match leaf:
        case tree.Word():
            return stem(words[0], language) == stem(leaf.token, language)
        case tree.Prefix():
            return fold(words[0]).startswith(fold(leaf.start))
        case tree.Phrase():
            return [fold(word) for word in words] == [fold(token) for token in leaf.tokens]
        case tree.Exact():
            return words == list(leaf.tokens)
