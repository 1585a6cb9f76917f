"""Parses well-formed XML feeds with lxml into the same fields as feedparser, but much faster.

feedparser is the reference. A feed is declined, and left to feedparser, unless `lxml_elements`
handles every element or `lxml_ignored` allows it to be ignored. Quirks of feedparser are
reproduced: an empty link wins, a title that looks like HTML is HTML.
"""

import re
from dataclasses import dataclass

from lxml import etree

from monitor.core.feeds.feedparser_types import Fields
from monitor.core.feeds.lxml_elements import ENTRY_HANDLERS, HEAD_HANDLERS, Context
from monitor.core.feeds.lxml_ignored import ignore
from monitor.core.feeds.lxml_names import Element, ElementNames, Unsupported
from monitor.core.feeds.lxml_texts import XML

_ATOM, _RSS_1 = "http://www.w3.org/2005/atom", "http://purl.org/rss/1.0/"
_VERSIONS = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
_ASCII_LIKE = re.compile(r"(?:us-)?ascii|utf-?8|iso-8859-\d{1,2}|windows-125\d|latin-?1", re.I)
_XML_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]{1,40})""")
_CHARSET = re.compile(r"charset=(.*)")
_BASE = re.compile(rb"<[^>]*\bbase\s*=", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class LxmlResult:
    """feedparser document reduced to the fields in use."""

    version: str
    feed: Fields
    entries: list[Fields]
    bozo: bool = False


def parse_document(body: bytes, content_type: str) -> LxmlResult | str:
    """Parse a feed; return the reason as text if only feedparser may parse it.

    `body` is the result of `repair`, `content_type` that of `feedparser_content_type`.
    """
    if reason := _decline_reason(body, content_type):
        return reason
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return _parse_root(etree.fromstring(body, parser), body)
    except etree.XMLSyntaxError:
        return "not well-formed"
    except Unsupported as error:
        return str(error)


def _decline_reason(body: bytes, content_type: str) -> str | None:
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        return "a document type"
    if _BASE.search(body) or b"w3.org/1999/xlink" in body:
        return "an attribute that affects other elements"
    declared, charset = _XML_ENCODING.match(body), _CHARSET.search(content_type)
    if body.partition(b"\n")[0].count(b"encoding=") != (declared is not None):
        return "a first line with an unusual encoding"  # feedparser searches the whole line
    declared_name = declared[1].decode("ascii") if declared else "utf-8"
    name = charset[1] if charset else declared_name
    if not _ASCII_LIKE.fullmatch(name) or (not body.isascii() and name.lower() != "utf-8"):
        return "a charset"
    return None


def _parse_root(root: Element, body: bytes) -> LxmlResult:
    names = ElementNames(root, body)
    if not body.isascii() and any(
        not name.isascii() for element in root.iter() for name in element.attrib
    ):
        raise Unsupported("an attribute whose name is not ASCII")
    name, uris = names(root), {uri.lower() for uri in root.nsmap.values() if uri}
    if _RSS_1 in uris or any("netscape" in uri for uri in uris):
        raise Unsupported("a feed of two versions")
    if name == "rss":
        return _parse_rss(names, root)
    if name == "feed" and root.tag.lower() == f"{{{_ATOM}}}feed":
        return _parse_atom(names, root)
    raise Unsupported(f"root {name}")


def _parse_rss(names: ElementNames, root: Element) -> LxmlResult:
    channels, version = list(root), root.get("version", "")
    if set(root.attrib) - {"version"} or len(channels) != 1 or channels[0].attrib:
        raise Unsupported("an unusual root")
    if names(channels[0]) != "channel":
        raise Unsupported("an unusual root")
    version = _VERSIONS.get(version) or ("rss20" if version.startswith("2.") else "rss")
    return _parse_container(names, channels[0], Context(version=version, is_entry=False), "item")


def _parse_atom(names: ElementNames, root: Element) -> LxmlResult:
    head = Context(version="atom10", is_entry=False)
    if set(root.attrib) - {f"{XML}lang"}:
        raise Unsupported("an unusual root")
    if language := root.get(f"{XML}lang"):
        head.values["language"] = language.replace("_", "-")
    return _parse_container(names, root, head, "entry")


def _parse_container(
    names: ElementNames, container: Element, head: Context, entry: str
) -> LxmlResult:
    entries = []
    for child in container:
        name = names(child)
        if name not in {"item", "entry"}:
            HEAD_HANDLERS.get(name, ignore)(names, head, child)
        elif name == entry and not child.attrib:
            entries.append(_parse_entry(names, child, head.version))
        else:
            raise Unsupported("an unusual entry")
    return LxmlResult(version=head.version, feed=head.fields(), entries=entries)


def _parse_entry(names: ElementNames, element: Element, version: str) -> Fields:
    context = Context(version=version, is_entry=True)
    for child in element:
        ENTRY_HANDLERS.get(names(child), ignore)(names, context, child)
    return context.fields()
