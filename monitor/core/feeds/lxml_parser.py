"""Parses plain, well-formed XML feeds by lxml, into the fields that feedparser would give.

feedparser decides what a feed means. This parses only what leaves it no choice, and declines the
rest: every element must be one that `lxml_elements` handles, or one that `lxml_ignored` allows to
be ignored. Where feedparser has a habit (an empty link wins, a title that looks like HTML is HTML),
the habit is kept.
"""

import re
from dataclasses import dataclass

from lxml import etree

from monitor.core.feeds.feedparser_types import Fields
from monitor.core.feeds.lxml_elements import ENTRY, HEAD, Context
from monitor.core.feeds.lxml_ignored import ignore
from monitor.core.feeds.lxml_names import Element, ElementNames, Unsupported
from monitor.core.feeds.lxml_texts import XML

_ATOM, _RSS_1 = "http://www.w3.org/2005/atom", "http://purl.org/rss/1.0/"
_VERSIONS = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
_ASCII_LIKE = re.compile(r"(?:us-)?ascii|utf-?8|iso-8859-\d{1,2}|windows-125\d|latin-?1", re.I)
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]{1,40})""")
_CHARSET = re.compile(r"charset=(.*)")
_BASE = re.compile(rb"<[^>]*\bbase\s*=", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class LxmlResult:
    """A feedparser document with those fields alone that are read."""

    version: str
    feed: Fields
    entries: list[Fields]
    bozo: bool = False


def read(body: bytes, encoding: str) -> LxmlResult | str:
    """The feed, or why feedparser has to read it. `body` is mended, `encoding` announced."""
    if reason := _unfit(body, encoding):
        return reason
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return _feed(etree.fromstring(body, parser), body)
    except etree.XMLSyntaxError:
        return "not well-formed"
    except Unsupported as doubt:
        return str(doubt)


def _unfit(body: bytes, encoding: str) -> str | None:
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        return "a document type"
    if _BASE.search(body) or b"w3.org/1999/xlink" in body:
        return "an attribute that others are read by"
    declared, charset = _DECLARED.match(body), _CHARSET.search(encoding)
    if body.partition(b"\n")[0].count(b"encoding=") != (declared is not None):
        return "a first line with an unusual encoding"  # feedparser looks for one in all of it
    said = declared[1].decode("ascii") if declared else "utf-8"
    name = charset[1] if charset else said
    if not _ASCII_LIKE.fullmatch(name) or (not body.isascii() and name.lower() != "utf-8"):
        return "a charset"
    return None


def _feed(root: Element, body: bytes) -> LxmlResult:
    names = ElementNames(root, body)
    if not body.isascii() and any(not key.isascii() for one in root.iter() for key in one.attrib):
        raise Unsupported("an attribute whose name is not ASCII")
    name, uris = names(root), {uri.lower() for uri in root.nsmap.values() if uri}
    if _RSS_1 in uris or any("netscape" in uri for uri in uris):
        raise Unsupported("a feed of two versions")
    if name == "rss":
        return _rss(names, root)
    if name == "feed" and root.tag.lower() == f"{{{_ATOM}}}feed":
        return _atom(names, root)
    raise Unsupported(f"root {name}")


def _rss(names: ElementNames, root: Element) -> LxmlResult:
    channels, stated = list(root), root.get("version", "")
    if set(root.attrib) - {"version"} or len(channels) != 1 or channels[0].attrib:
        raise Unsupported("an unusual root")
    if names(channels[0]) != "channel":
        raise Unsupported("an unusual root")
    version = _VERSIONS.get(stated) or ("rss20" if stated.startswith("2.") else "rss")
    return _read(names, channels[0], Context(version=version, is_entry=False), "item")


def _atom(names: ElementNames, root: Element) -> LxmlResult:
    head = Context(version="atom10", is_entry=False)
    if set(root.attrib) - {f"{XML}lang"}:
        raise Unsupported("an unusual root")
    if language := root.get(f"{XML}lang"):
        head.words["language"] = language.replace("_", "-")
    return _read(names, root, head, "entry")


def _read(names: ElementNames, container: Element, head: Context, entry: str) -> LxmlResult:
    entries = []
    for child in container:
        name = names(child)
        if name not in {"item", "entry"}:
            HEAD.get(name, ignore)(names, head, child)
        elif name == entry and not child.attrib:
            entries.append(_entry(names, child, head.version))
        else:
            raise Unsupported("an unusual entry")
    return LxmlResult(version=head.version, feed=head.fields(), entries=entries)


def _entry(names: ElementNames, element: Element, version: str) -> Fields:
    context = Context(version=version, is_entry=True)
    for child in element:
        ENTRY.get(names(child), ignore)(names, context, child)
    return context.fields()
