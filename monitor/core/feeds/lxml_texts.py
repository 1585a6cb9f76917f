"""Reads the text and attributes of a feed element as feedparser does."""

from contextlib import suppress

from monitor.core.feeds.lxml_names import Element, Unsupported

XML = "{http://www.w3.org/XML/1998/namespace}"
_TYPES = {
    "text": "text/plain",
    "plain": "text/plain",
    "text/plain": "text/plain",
    "html": "text/html",
    "text/html": "text/html",
}
_WINDOWS = {
    code: bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}


def attributes_of(element: Element) -> dict[str, str]:
    """Return the attributes by lower-case name, without those of the xml: prefix."""
    found = {}
    for name, value in element.attrib.items():
        if name[0] == "{":
            if not name.startswith(XML) or name.endswith("base"):
                raise Unsupported("an attribute with a namespace")
        else:
            found[name.lower()] = value
    if "base" in found or "mode" in found:
        raise Unsupported("an unusual attribute")
    return found


def text_of(element: Element) -> str:
    """Return the element's text, stripped of surrounding white space."""
    if len(element):
        raise Unsupported("markup where text should be")
    text = (element.text or "").strip()
    return text if text.isascii() else _fix_encoding(text)


def _fix_encoding(text: str) -> str:
    """Fix text that was encoded to UTF-8 twice, and windows-1252 labelled as ISO 8859-1."""
    with suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_WINDOWS)


def check_url(text: str) -> str:
    """Return a URL unchanged. Raises Unsupported for one with `:///`, which feedparser alters."""
    if ":///" in text:
        raise Unsupported("a URL with three slashes")
    return text


def type_of(element: Element, default: str) -> str:
    """Return the media type of an element's text: `text/plain` or `text/html`."""
    if not element.attrib:
        return default
    attributes = attributes_of(element)
    kind = _TYPES.get(attributes.get("type", default).lower())
    if kind is None or "src" in attributes:
        raise Unsupported("content of an unusual type")
    return kind
