"""OPML 2.0 in and out (http://opml.org/spec2.opml): outlines with an xmlUrl are feeds."""

import io
from collections.abc import Iterable
from xml.sax.saxutils import quoteattr

from lxml import etree

from monitor.errors import ConfigError
from monitor.settings import Source


def read_opml(body: bytes, name: str = "OPML") -> list[tuple[str, str]]:
    """(title, feed address) of every feed, in order; folders are left aside. As a stream."""
    found: dict[str, str] = {}
    events = etree.iterparse(
        io.BytesIO(body), tag="outline", resolve_entities=False, no_network=True, load_dtd=False
    )
    try:
        for _, outline in events:
            url = outline.get("xmlUrl") or outline.get("xmlurl")
            if url:
                title = outline.get("title") or outline.get("text") or url
                found.setdefault(url.strip(), " ".join(title.split())[:200] or url)
            outline.clear()
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise ConfigError([f"{name}:{line}:{column}: not readable as OPML: {error.msg}"]) from error
    return [(title, url) for url, title in found.items()]


def write_opml(sources: Iterable[Source]) -> bytes:
    outlines = "".join(
        f'    <outline type="rss" text={quoteattr(s.name)} xmlUrl={quoteattr(s.url)}/>\n'
        for s in sources
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n'
        f"  <head><title>news-monitor</title></head>\n  <body>\n{outlines}  </body>\n</opml>\n"
    ).encode()
