"""Whether a page is an article at all, and if not, what it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.core.pages import json_ld
from monitor.core.pages.blocks import Block, Layout
from monitor.core.pages.metadata import Declared

TOO_LITTLE = "too little text"

FEW = 250  # characters that are enough for an article that is declared or dated
ENOUGH = 500  # characters that are enough for any
SENTENCE = 80  # characters of a paragraph
_TEASER = 40  # characters
_LINKED_HEADING = 15  # characters
_ERROR = re.compile(
    r"\b(?:404|403|410|500|502|503)\b.{0,40}(?:not found|error|forbidden|gone|unavailable"
    r"|p[aá]gina)"
    r"|page not found|not found\s*$|p[aá]gina no (?:encontrada|existe)|seite nicht gefunden"
    r"|page introuvable|access denied|acceso denegado|just a moment|attention required"
    r"|are you (?:a )?(?:human|robot)|pardon our interruption|site (?:is )?(?:under )?maintenance"
    r"|service unavailable|temporarily unavailable|error 40[34]"
    r"|^(?:40[34]|50\d)\b|^error$|bad gateway",
    re.IGNORECASE,
)
_PAYWALL = re.compile(
    r"\W*(?:please |to continue,? )?(?:(?:subscribe|sign (?:in|up)|log in|register|subscription)\b"
    r".{0,60}\b(?:continue|keep|read|access|unlock)|already a (?:subscriber|member)"
    r"|(?:this \w+ is )?(?:for subscribers only|subscriber[- ]only)|continue reading with"
    r"|(?:suscr[ií]b|inicia sesi[oó]n|reg[ií]str)\w*.{0,60}\b(?:leyendo|leer|acceder|continuar)"
    r"|(?:contenido )?(?:exclusivo|solo) para suscriptores|ya eres suscriptor)",
    re.IGNORECASE,
)
_LIST_TYPES = frozenset(
    {"CollectionPage", "SearchResultsPage", "ItemList", "ProfilePage", "CheckoutPage"}
)
_MEDIA_TYPES = {
    "VideoObject": "a video",
    "ImageGallery": "a gallery",
    "MediaGallery": "a gallery",
    "VideoGallery": "a gallery",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was read of a page."""

    titles: str  # the headline, the first heading and the title element
    text: str
    behind: str  # what stands right behind the text, as paragraphs
    is_home: bool  # the address is a site's front
    is_dated: bool
    is_list: bool  # most paragraphs stand under a linked heading each


def why_none(page: Declared, look: Look) -> str | None:
    """Why the page holds no article; None if it does."""
    parts = look.text.split("\n\n")
    paragraphs = sum(1 for part in parts if len(part) >= SENTENCE)
    length = len(look.text)
    if _ERROR.search(look.titles[:200]) and length < 3 * ENOUGH and not look.is_dated:
        return "an error page"
    if not look.text:
        return "empty: no text was found"
    if length < 2 * ENOUGH and _is_walled([*parts[-2:], *look.behind.split("\n\n")]):
        return "a paywall: only a stub of the text is shown"
    if paragraphs < 3 and length < 2 * ENOUGH and (kind := _declared_kind(page)):
        return kind
    is_declared = bool(page.articles) or _says_article(page)
    if (look.is_home and not page.articles) or (look.is_list and not is_declared):
        return "a section front"
    if is_declared or look.is_dated:
        return None if length >= FEW or paragraphs else TOO_LITTLE
    is_enough = length >= 2 * ENOUGH or (length >= ENOUGH and paragraphs >= 2)
    return None if is_enough else TOO_LITTLE


def _is_walled(parts: Sequence[str]) -> bool:
    return any(_PAYWALL.match(part[:200]) for part in parts)


def is_list(layout: Layout, chosen: Sequence[int]) -> bool:
    """Whether most of the chosen paragraphs are teasers: each under a heading that is a link."""
    blocks = layout.blocks
    kept = set(chosen)
    long = [index for index in chosen if len(blocks[index].text) >= _TEASER]
    teasers = sum(
        any(_is_linked(blocks[at]) for at in range(max(0, index - 2), index) if at not in kept)
        for index in long
    )
    return teasers * 2 > len(long) and teasers > 1


def _is_linked(block: Block) -> bool:
    return len(block.text) >= _LINKED_HEADING and block.link >= 0.8 * len(block.text)


def _says_article(page: Declared) -> bool:
    kinds = page.all("og:type")
    return any("article" in kind.lower() for kind in kinds) or bool(
        page.first("article:published_time")
    )


def _declared_kind(page: Declared) -> str | None:
    if page.articles:
        return None
    said = {name for node in page.nodes for name in json_ld.types(node)}
    if said & _LIST_TYPES:
        return "a section front"
    if (page.first("og:type") or "").lower().startswith("video"):
        return "a video"
    return next((why for name, why in _MEDIA_TYPES.items() if name in said), None)
