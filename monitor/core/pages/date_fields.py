"""Where pages declare their dates: JSON-LD, meta names, microdata. Stamps as they are written."""

from collections.abc import Iterator

from monitor.core.pages import json_ld
from monitor.core.pages.json_ld import Node
from monitor.core.pages.metadata import Declared, Stamp
from monitor.model import Origin

PUBLISHED, UPDATED = "published", "updated"


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Plain names, the most telling first; a weaker kind is asked only where no stronger one speaks.
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
_ITEMS_PUBLISHED = (("datepublished",), ("datecreated",))
_ITEMS_UPDATED = (("datemodified",),)
_SIGNS = dict.fromkeys(map(ord, ":._-"))
_MOST_VALUES = 3  # of one name


def declared_stamps(page: Declared) -> list[Stamp]:
    """Every date the page declares for its article, the more telling source first."""
    nodes = (*page.articles[:1], *page.pages[:1])
    meta: dict[str, list[str]] = {}
    for name, values in page.meta.items():
        meta.setdefault(_plain(name), []).extend(values)
    stamps = [
        *_of_nodes(nodes, PUBLISHED, ("datePublished", "dateCreated")),
        *_of_nodes(nodes, UPDATED, ("dateModified",)),
        *_of_meta(meta, PUBLISHED, _META_PUBLISHED),
        *_of_meta(meta, UPDATED, _META_UPDATED),
        *_of_microdata(page, PUBLISHED, _ITEMS_PUBLISHED),
        *_of_microdata(page, UPDATED, _ITEMS_UPDATED),
    ]
    return list(dict.fromkeys(stamps))


def _plain(name: str) -> str:
    """`article:published:time` and `article.published_time` are one name."""
    return name.translate(_SIGNS)


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


def _of_meta(
    meta: dict[str, list[str]], field: str, tiers: tuple[tuple[str, ...], ...]
) -> Iterator[Stamp]:
    """`meta`: by plain names."""
    for names in tiers:
        values = [raw for name in names for raw in meta.get(name, ())[:_MOST_VALUES]]
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
