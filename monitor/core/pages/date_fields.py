"""Collects the dates that a page declares in JSON-LD, meta elements and microdata, unparsed."""

from collections.abc import Iterator

from monitor.core.pages import json_ld
from monitor.core.pages.json_ld import Node
from monitor.core.pages.metadata import PageMetadata, RawDate
from monitor.model import Origin

PUBLISHED, UPDATED = "published", "updated"


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Meta names without punctuation, in tiers: a later tier counts only if no earlier one has a value.
_META_PUBLISHED = (
    _names(
        """
        articlepublishedtime ogarticlepublishedtime articlepublished ogpublishedtime
        datepublished parselypubdate btpubdate cxenseparserecspublishtime
        cxenseparsepublishtime dcdateissued dctermsissued dctermscreated pubdate publishdate
        publishedtime publicationdate publisheddate citationdate citationpublicationdate
        originalpublicationdate datelastpubbed rnewsdatepublished
        dcsextarticlefirstpublished dateavailable articlepublishdate releasedate
        """
    ),
    _names(
        """
        date dcdate dctermsdate sailthrudate datecreated articlecreated displaydate
        articledateoriginal creationdate created published ptime videoreleasedate
        prismpublicationdate eprintsdatestamp iptcdate timestamp
        """
    ),
)
_META_UPDATED = (
    _names(
        """
        articlemodifiedtime ogarticlemodifiedtime articlemodified articleupdatedtime
        articleupdated datemodified dctermsmodified dcdatemodified btmoddate dateupdated
        dateupdate lastmod updatedate modifiedtime articlemodifieddate dctermsupdated
        revisiondate
        """
    ),
    _names(
        """
        ogupdatedtime lastmodified revised
        """
    ),
)
_ITEMPROPS_PUBLISHED = (("datepublished",), ("datecreated",))
_ITEMPROPS_UPDATED = (("datemodified",),)
_PUNCTUATION = dict.fromkeys(map(ord, ":._-"))
_MAX_VALUES = 3  # of one name


def declared_dates(page: PageMetadata) -> list[RawDate]:
    """Return every date that a page declares for its article, the most reliable source first."""
    nodes = (*page.articles[:1], *page.pages[:1])
    meta: dict[str, list[str]] = {}
    for name, values in page.meta.items():
        meta.setdefault(_normalize_name(name), []).extend(values)
    dates = [
        *_json_ld_dates(nodes, PUBLISHED, ("datePublished", "dateCreated")),
        *_json_ld_dates(nodes, UPDATED, ("dateModified",)),
        *_meta_dates(meta, PUBLISHED, _META_PUBLISHED),
        *_meta_dates(meta, UPDATED, _META_UPDATED),
        *_microdata_dates(page, PUBLISHED, _ITEMPROPS_PUBLISHED),
        *_microdata_dates(page, UPDATED, _ITEMPROPS_UPDATED),
    ]
    return list(dict.fromkeys(dates))


def _normalize_name(name: str) -> str:
    """Drop punctuation: `article:published:time` and `article.published_time` are one name."""
    return name.translate(_PUNCTUATION)


def _json_ld_dates(nodes: tuple[Node, ...], field: str, names: tuple[str, ...]) -> list[RawDate]:
    """Return the dates of the first node that has one of these properties."""
    for node in nodes:
        for name in names:
            if values := _values(node, name):
                return [RawDate(field, Origin.JSON_LD, raw) for raw in values]
    return []


def _values(node: Node, name: str) -> list[str]:
    found = json_ld.string_values(node.get(name), "@value")
    return [raw.strip() for raw in found[:_MAX_VALUES] if raw.strip()]


def _meta_dates(
    meta: dict[str, list[str]], field: str, tiers: tuple[tuple[str, ...], ...]
) -> Iterator[RawDate]:
    """Yield the dates of the first tier with any; `meta` is keyed by normalized name."""
    for names in tiers:
        values = [raw for name in names for raw in meta.get(name, ())[:_MAX_VALUES]]
        if values:
            yield from (RawDate(field, Origin.META, raw) for raw in values)
            return


def _microdata_dates(
    page: PageMetadata, field: str, tiers: tuple[tuple[str, ...], ...]
) -> Iterator[RawDate]:
    for names in tiers:
        values = [raw for name, raw in page.microdata if name in names and raw]
        if values:
            yield from (RawDate(field, Origin.META, raw) for raw in values[:1])
            return
