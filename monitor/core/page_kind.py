"""Whether a page is an article at all, and if not, what it is."""

import re

from monitor.core import json_ld
from monitor.core.declared import Declared

TOO_LITTLE = "too little text"

FEW = 250  # characters that are enough for a declared article
ENOUGH = 500  # characters that are enough for any
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
    r"(?:subscribe|sign in|log in|register|subscription)\b.{0,60}\b(?:continue|read|access|unlock)"
    r"|(?:suscr[ií]b|inicia sesi[oó]n|reg[ií]str)\w*.{0,60}\b(?:leyendo|leer|acceder|continuar)"
    r"|for subscribers only|subscriber[- ]only|exclusivo para suscriptores|already a subscriber",
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


def why_none(page: Declared, title: str, text: str, paragraphs: int, *, home: bool) -> str | None:
    """Why the page holds no article; None if it does.

    `paragraphs` counts those of full sentences, `home` tells that the address is a site's front.
    """
    length = len(text)
    if _ERROR.search(title[:200]) and length < 3 * ENOUGH:
        return "an error page"
    if not text:
        return "empty: no text was found"
    if length < 2 * ENOUGH and _PAYWALL.search(text[-600:] if length > 600 else text):
        return "a paywall: only a stub of the text is shown"
    kind = _declared_kind(page)
    if kind and length < 2 * ENOUGH:
        return kind
    if home and not page.articles:
        return "a section front"
    if page.articles or _says_article(page):
        return None if length >= FEW or paragraphs else TOO_LITTLE
    return None if length >= ENOUGH and paragraphs >= 2 else TOO_LITTLE


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
