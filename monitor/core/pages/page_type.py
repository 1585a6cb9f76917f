"""Decides whether a page is an article, and if not, what kind of page it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.core.pages import json_ld
from monitor.core.pages.blocks import Block, Layout
from monitor.core.pages.metadata import PageMetadata

TOO_LITTLE_TEXT = "too little text"

MIN_DECLARED_LENGTH = 250  # characters of an article that is declared or dated
MIN_LENGTH = 500  # characters of any other article
PARAGRAPH_LENGTH = 80  # characters
_TEASER_LENGTH = 40  # characters
_HEADING_LENGTH = 15  # characters
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
class PageSignals:
    """Extracted content from which the kind of a page is decided."""

    titles: str  # the headline, the first heading and the title element
    text: str
    after_text: str  # the blocks right after the text, as paragraphs
    is_front_page: bool  # by its URL
    is_dated: bool
    is_teaser_list: bool  # most paragraphs follow a linked heading each


def non_article_reason(page: PageMetadata, signals: PageSignals) -> str | None:
    """Return why a page is no article; None if it is one."""
    parts = signals.text.split("\n\n")
    paragraphs = sum(1 for part in parts if len(part) >= PARAGRAPH_LENGTH)
    length = len(signals.text)
    if _ERROR.search(signals.titles[:200]) and length < 3 * MIN_LENGTH and not signals.is_dated:
        return "an error page"
    if length < 2 * MIN_LENGTH and _has_paywall_notice(
        [*parts[-2:], *signals.after_text.split("\n\n")]
    ):
        return "a paywall: only a stub of the text is shown"
    if paragraphs < 3 and length < 2 * MIN_LENGTH and (kind := _declared_kind(page)):
        return kind
    if not signals.text:
        return "empty: no text was found"
    is_declared = bool(page.articles) or _is_declared_article(page)
    if signals.is_front_page and not page.articles:
        return "a section front"
    if signals.is_teaser_list and not is_declared:
        return "a section front"
    if is_declared or signals.is_dated:
        return None if length >= MIN_DECLARED_LENGTH or paragraphs else TOO_LITTLE_TEXT
    is_enough = length >= 2 * MIN_LENGTH or (length >= MIN_LENGTH and paragraphs >= 2)
    return None if is_enough else TOO_LITTLE_TEXT


def _has_paywall_notice(parts: Sequence[str]) -> bool:
    return any(_PAYWALL.match(part[:200]) for part in parts)


def is_teaser_list(layout: Layout, chosen: Sequence[int]) -> bool:
    """Whether most of the chosen paragraphs are teasers, each under a heading that is a link."""
    blocks = layout.blocks
    text_blocks = set(chosen)
    long = [index for index in chosen if len(blocks[index].text) >= _TEASER_LENGTH]
    teasers = sum(
        any(
            _is_linked_heading(blocks[above])
            for above in range(max(0, index - 2), index)
            if above not in text_blocks
        )
        for index in long
    )
    return teasers * 2 > len(long) and teasers > 1


def _is_linked_heading(block: Block) -> bool:
    return len(block.text) >= _HEADING_LENGTH and block.link >= 0.8 * len(block.text)


def _is_declared_article(page: PageMetadata) -> bool:
    kinds = page.all("og:type")
    return any("article" in kind.lower() for kind in kinds) or bool(
        page.first("article:published_time")
    )


def _declared_kind(page: PageMetadata) -> str | None:
    if page.articles:
        return None
    types = {name for node in page.nodes for name in json_ld.node_types(node)}
    if types & _LIST_TYPES:
        return "a section front"
    if (page.first("og:type") or "").lower().startswith("video"):
        return "a video"
    return next((reason for name, reason in _MEDIA_TYPES.items() if name in types), None)
