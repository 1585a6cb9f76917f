"""Where pages declare their dates: JSON-LD, meta names, microdata. Stamps as they are written."""

from collections.abc import Iterator

from monitor.core import json_ld
from monitor.core.declared import Declared, Stamp
from monitor.core.json_ld import Node
from monitor.model import Origin

PUBLISHED, UPDATED = "published", "updated"


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# The most telling first; a weaker kind is asked only where no stronger one speaks.
_META_PUBLISHED = (
    _names(
        "article:published_time og:article:published_time article:published article.published"
        " og:published_time datepublished parsely-pub-date bt:pubdate cxenseparse:recs:publishtime"
        " cxenseparse:publishtime dc.date.issued dcterms.issued dcterms.created pubdate publishdate"
        " publish-date publish_date published_time publication_date published-date citation_date"
        " citation_publication_date originalpublicationdate datelastpubbed rnews:datepublished"
        " dcsext.articlefirstpublished date.available article:publish_date release_date"
    ),
    _names(
        "date dc.date dcterms.date sailthru.date date.created article.created datecreated"
        " displaydate article_date_original creation_date created published ptime"
        " video:release_date prism.publicationdate eprints.datestamp iptc.date timestamp"
    ),
)
_META_UPDATED = (
    _names(
        "article:modified_time og:article:modified_time article:modified article:updated_time"
        " article.updated article.modified datemodified dcterms.modified dc.date.modified"
        " bt:moddate date.updated date.modified dateupdate lastmod last_modified update_date"
        " modified_time"
        " article:modified_date dcterms.updated revision_date lastmodified"
    ),
    _names("og:updated_time last-modified revised"),
)
_ITEMS_PUBLISHED = (("datepublished",), ("datecreated",))
_ITEMS_UPDATED = (("datemodified",),)
_MOST_VALUES = 3  # of one name


def declared_stamps(page: Declared) -> list[Stamp]:
    """Every date the page declares for its article, the more telling source first."""
    nodes = (*page.articles[:1], *page.pages[:1])
    stamps = [
        *_of_nodes(nodes, PUBLISHED, ("datePublished", "dateCreated")),
        *_of_nodes(nodes, UPDATED, ("dateModified",)),
        *_of_meta(page, PUBLISHED, _META_PUBLISHED),
        *_of_meta(page, UPDATED, _META_UPDATED),
        *_of_microdata(page, PUBLISHED, _ITEMS_PUBLISHED),
        *_of_microdata(page, UPDATED, _ITEMS_UPDATED),
    ]
    return list(dict.fromkeys(stamps))


def _of_nodes(nodes: tuple[Node, ...], field: str, names: tuple[str, ...]) -> list[Stamp]:
    """Of the first node that has one of these."""
    for node in nodes:
        for name in names:
            if values := _values(node, name):
                return [Stamp(field, Origin.JSON_LD, raw) for raw in values]
    return []


def _values(node: Node, name: str) -> list[str]:
    found = json_ld.texts(node.get(name), "@value")
    return [raw.strip() for raw in found[:_MOST_VALUES] if raw.strip()]


def _of_meta(page: Declared, field: str, tiers: tuple[tuple[str, ...], ...]) -> Iterator[Stamp]:
    for names in tiers:
        values = [raw for name in names for raw in page.meta.get(name, ())[:_MOST_VALUES]]
        if values:
            yield from (Stamp(field, Origin.META, raw) for raw in values)
            return


def _of_microdata(
    page: Declared, field: str, tiers: tuple[tuple[str, ...], ...]
) -> Iterator[Stamp]:
    for names in tiers:
        values = [raw for name, raw in page.microdata if name in names and raw]
        if values:
            yield from (Stamp(field, Origin.META, raw) for raw in values[:1])
            return
