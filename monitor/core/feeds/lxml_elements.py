"""Handlers of a feed's elements: each does what feedparser would do, or raises Unsupported.

`ENTRY_HANDLERS` and `HEAD_HANDLERS` map an element's name to its handler, inside an entry and
outside of one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from monitor.core.feeds.feedparser_types import Fields, Person, Tag
from monitor.core.feeds.lxml_names import Element, ElementNames, FeedparserMixin, Unsupported
from monitor.core.feeds.lxml_texts import attributes_of, check_url, text_of, type_of

_PAGES = {"html", "text/html", "xhtml", "application/xhtml+xml"}
_REFERENCE = re.compile(r"&([A-Za-z0-9_]+);")
_MARKUP = re.compile(r"</|&")
_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]+@(?:[a-z0-9-]+\.)+[a-z]{2,4}(?=[\s()<>]|$)", re.ASCII | re.IGNORECASE
)
_MAX_TAGS, _MAX_PERSON_LENGTH = 100, 500


@dataclass(slots=True, kw_only=True)
class Context:
    """The fields of the feed or of one entry, while its elements are parsed."""

    version: str
    values: dict[str, Any] = field(default_factory=dict)  # becomes Fields
    is_entry: bool
    has_summary: bool = False  # of its own, not the start of its content
    has_content: bool = False
    description_depth: int | None = None

    def set_once(self, key: str, value: object) -> None:
        """Set a field. Raises Unsupported if set before: which value wins depends on feedparser."""
        if key in self.values:
            raise Unsupported(f"{key} twice")
        self.values[key] = value

    def fields(self) -> Fields:
        """Return the fields parsed so far."""
        return cast(Fields, self.values)


Handler = Callable[[ElementNames, Context, Element], None]


def _title(_: ElementNames, context: Context, element: Element) -> None:
    kind, text = type_of(element, "text/plain"), text_of(element)
    if kind == "text/plain" and context.version != "atom10" and _MARKUP.search(text):
        is_html = FeedparserMixin.looks_like_html((element.text or "").strip())
        kind = "text/html" if is_html else kind
    context.set_once("title", text)
    context.values["title_detail"] = {"type": kind}


def _link(_: ElementNames, context: Context, element: Element) -> None:
    attributes, values = attributes_of(element) if element.attrib else {}, context.values
    if "url" in attributes or "uri" in attributes:
        raise Unsupported("a link with an unusual address")
    rel = attributes.get("rel", "alternate").lower()
    kind = attributes.get("type", "application/atom+xml" if rel == "self" else "text/html").lower()
    link = {"rel": rel, "type": kind}
    values.setdefault("links", []).append(link)
    if "href" in attributes:
        if len(element) or (element.text and element.text.strip()):
            raise Unsupported("a link with two addresses")
        link["href"] = check_url(attributes["href"])
        if rel == "alternate" and kind in _PAGES:
            values["link"] = link["href"]
        return
    text = check_url(text_of(element))
    if not context.is_entry and "&amp;" in text:
        raise Unsupported("a link with an escaped ampersand")
    text = _REFERENCE.sub(r"&\1", text.replace("&amp;", "&"))
    values["link"] = text
    if text:
        link["href"] = text


def _id(_: ElementNames, context: Context, element: Element) -> None:
    attributes = attributes_of(element) if element.attrib else {}
    is_link, values = attributes.get("ispermalink", "true") == "true", context.values
    text = text_of(element)
    context.set_once("id", check_url(text) if is_link else text)
    values["guidislink"] = is_link and "link" not in values
    if is_link:
        values.setdefault("link", text)


def _author(names: ElementNames, context: Context, element: Element) -> None:
    people = context.values.setdefault("authors", [])
    if len(element) == 0:
        people.append(_person(text_of(element)))
        return
    named = {names(child): child for child in element}
    if not named.keys() <= {"name", "email", "uri", "url"} or len(named) != len(element):
        raise Unsupported("an author of unusual parts")
    if "name" not in named or any(len(child) for child in element):
        raise Unsupported("an author without a name")
    name = (named["name"].text or "").strip()
    if not name or (element.text and element.text.strip()):
        raise Unsupported("an author without a name")
    if any("email" in person for person in people):  # feedparser renames the first one
        raise Unsupported("authors of two kinds")
    people.append({"name": name})


def _person(text: str) -> Person:
    """Split `ada@news.test (Ada)` into name and address as feedparser does."""
    if "@" not in text:
        return {"name": text, "email": ""}
    found = _EMAIL.search(text) if len(text) <= _MAX_PERSON_LENGTH else None
    if found is None or text.count("@") > 1:
        raise Unsupported("an author with an unusual address")
    rest = text.replace(found[0], "")
    for brackets in ("()", "<>", "&lt;&gt;"):
        rest = rest.replace(brackets, "")
    rest = rest.strip().removeprefix("(").removesuffix(")").strip()
    return {"name": rest, "email": found[0]}


def _language(_: ElementNames, context: Context, element: Element) -> None:
    if not context.is_entry:
        context.values.pop("language", None)  # of the root's xml:lang
    context.set_once("language", text_of(element))


def _category(_: ElementNames, context: Context, element: Element) -> None:
    attributes = attributes_of(element) if element.attrib else {}
    scheme = attributes.get("scheme", attributes.get("domain"))
    tags = context.values.setdefault("tags", [])
    _tag(tags, attributes.get("term"), scheme, attributes.get("label"))
    text = text_of(element)
    if text and tags and not tags[-1]["term"]:
        tags[-1]["term"] = text
    elif text:
        _tag(tags, text, None, None)


def _tag(tags: list[Tag], term: str | None, scheme: str | None, label: str | None) -> None:
    tag: Tag = {"term": term, "scheme": scheme, "label": label}
    if len(tags) > _MAX_TAGS:
        raise Unsupported("too many tags")
    if (term or scheme or label) and tag not in tags:
        tags.append(tag)


def _keywords(_: ElementNames, context: Context, element: Element) -> None:
    if element.attrib:
        raise Unsupported("keywords with attributes")
    tags = context.values.setdefault("tags", [])
    for term in filter(None, map(str.strip, text_of(element).split(","))):
        _tag(tags, term, None, None)


def _summary(_: ElementNames, context: Context, element: Element) -> None:
    if context.has_summary:
        raise Unsupported("summary twice")
    type_of(element, "text/html")
    context.values["summary"], context.has_summary = text_of(element), True


def _content(_: ElementNames, context: Context, element: Element) -> None:
    type_of(element, "text/plain")
    text = text_of(element)
    context.has_content = True
    context.values.setdefault("content", []).append({"value": text})
    context.values.setdefault("summary", text)


def _enclosure(_: ElementNames, context: Context, element: Element) -> None:
    attributes = attributes_of(element)
    if len(element):
        raise Unsupported("an enclosure with parts")
    href = attributes.get("url", attributes.get("uri", attributes.get("href")))
    context.values.setdefault("links", []).append({"rel": "enclosure", "href": href})


def media_description(_: ElementNames, context: Context, element: Element) -> None:
    """Set the description to the last one of the outermost elements that have one."""
    depth, text = sum(1 for _ in element.iterancestors()), text_of(element)
    if element.attrib:
        context.values["media_own-description"] = None
    elif context.description_depth is None or depth <= context.description_depth:
        context.values["media_own-description"] = text
        context.description_depth = depth


def _text_field(key: str, *, bare: bool) -> Handler:
    def handle(_: ElementNames, context: Context, element: Element) -> None:
        if bare and element.attrib:
            raise Unsupported(f"<{key}> with attributes")
        context.set_once(key, text_of(element))

    return handle


def _ignore_text(_: ElementNames, context: Context, element: Element) -> None:
    """Ignore a text of the head, unless it holds markup, which would upset later elements."""
    type_of(element, "text/html")
    if len(element):
        raise Unsupported("markup where text should be")


def _picture(names: ElementNames, context: Context, element: Element) -> None:
    if context.is_entry and len(element):
        raise Unsupported("an entry with a picture")
    parts = {"title", "link", "url", "width", "height", "description"}
    if any(len(child) or names(child) not in parts for child in element):
        raise Unsupported("a picture of unusual parts")


_DATES: dict[str, Handler] = {
    **dict.fromkeys(
        ("pubdate", "published", "issued", "dcterms_issued"), _text_field("published", bare=False)
    ),
    **dict.fromkeys(
        ("updated", "modified", "lastbuilddate", "dc_date", "dcterms_modified"),
        _text_field("updated", bare=False),
    ),
}
_COMMON: dict[str, Handler] = {
    "title": _title,
    "link": _link,
    "id": _id,
    "guid": _id,
    "language": _language,
    "dc_language": _language,
    "image": _picture,
}
ENTRY_HANDLERS: dict[str, Handler] = {
    **_COMMON,
    **_DATES,
    **dict.fromkeys(("author", "dc_author", "dc_creator", "itunes_author"), _author),
    **dict.fromkeys(("category", "dc_subject"), _category),
    **dict.fromkeys(("media_keywords", "itunes_keywords"), _keywords),
    **dict.fromkeys(("description", "summary"), _summary),
    **dict.fromkeys(("content", "content_encoded"), _content),
    "enclosure": _enclosure,
    "itunes_own-summary": _text_field("itunes_own-summary", bare=True),
    "media_own-description": media_description,
}
HEAD_HANDLERS: dict[str, Handler] = {
    **_COMMON,
    **_DATES,
    "ttl": _text_field("ttl", bare=True),
    "sy_updateperiod": _text_field("sy_updateperiod", bare=True),
    **dict.fromkeys(
        ("description", "subtitle", "tagline", "copyright", "rights", "dc_rights"), _ignore_text
    ),
}
