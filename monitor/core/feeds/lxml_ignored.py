"""Elements of a feed that set no field we read, and what they may contain."""

from functools import lru_cache

from feedparser.util import FeedParserDict

from monitor.core.feeds.lxml_elements import (
    ENTRY_HANDLERS,
    HEAD_HANDLERS,
    Context,
    media_description,
)
from monitor.core.feeds.lxml_names import Element, ElementNames, FeedparserMixin, Unsupported


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# feedparser handles these, and sets no field that we read.
_HARMLESS = _names(
    "comments created dcterms_created contributor dc_contributor dc_publisher webmaster generator"
    " rights copyright dc_rights source media_content media_group media_thumbnail media_credit"
    " media_rating media_player media_restriction media_license itunes_image itunes_explicit"
    " itunes_block cc_license admin_generatoragent admin_errorreportsto cloud"
)
# Markup in these would upset the depth that feedparser counts for later ones.
_TEXTS = _names("rights copyright dc_rights title subtitle")
_PERSON = frozenset(("name", "email", "uri", "url", "itunes_name", "itunes_email"))
_PARTS = {
    "contributor": _PERSON,
    "source": _PERSON | _names("title id link updated author subtitle rights category"),
}
# In the head neither authors nor categories are read.
_HEAD_PARTS = {
    **dict.fromkeys(_names("author dc_author dc_creator itunes_author managingeditor"), _PERSON),
    "itunes_owner": _PERSON,
    **dict.fromkeys(_names("category dc_subject media_category itunes_keywords"), _names("")),
    "itunes_category": _names("itunes_category"),
}
_USED_FIELDS = (
    frozenset(ENTRY_HANDLERS)
    | frozenset(HEAD_HANDLERS)
    | frozenset(FeedParserDict.keymap)
    | _names("links authors author tags guidislink enclosures category summary license")
    | _names("title_detail summary_detail content_detail published_parsed updated_parsed")
    | _names("contributors author_detail generator_detail publisher_detail")
)


@lru_cache(1000)
def _has_handler(name: str) -> bool:
    """Whether feedparser has a method for this element."""
    return hasattr(FeedparserMixin, f"_start_{name}") or hasattr(FeedparserMixin, f"_end_{name}")


def _is_harmless(name: str) -> bool:
    """Whether feedparser would set no field that we read: an unknown name is its own field."""
    return name in _HARMLESS or (name not in _USED_FIELDS and not _has_handler(name))


def _is_in_media(names: ElementNames, element: Element) -> bool:
    return names(element.getparent()).startswith("media_")


def ignore(names: ElementNames, context: Context, element: Element) -> None:
    """Ignore an element that sets no field we read, nor does any in it. Raises Unsupported."""
    name = names(element)
    parts = _PARTS.get(name, frozenset())
    if not context.is_entry and name in _HEAD_PARTS:
        parts = _HEAD_PARTS[name]
    elif not _is_harmless(name):
        raise Unsupported(f"<{name}>")
    if name in _TEXTS and len(element):
        raise Unsupported(f"markup in <{name}>")
    for descendant in element.iterdescendants():
        within = names(descendant)
        if within == "media_own-description" and _is_in_media(names, descendant):
            media_description(names, context, descendant)
        elif within in _TEXTS and len(descendant):
            raise Unsupported(f"markup in <{within}>")
        elif within not in parts and not _is_harmless(within):
            raise Unsupported(f"<{within}> in <{name}>")
