"""Feeds and pages that mean harm, each as (headers, body) under the name of its path."""

import zipfile
from collections.abc import Iterable
from io import BytesIO

XML = "Content-Type: application/rss+xml"
HTML = "Content-Type: text/html; charset=utf-8"
SECRET = "the-canary-of-a-file-that-nobody-may-read"

Answer = tuple[str, bytes]  # the Content-Type header, the body


def rss(*items: str, head: str = "", before: str = '<?xml version="1.0"?>') -> bytes:
    text = f'{before}<rss version="2.0"><channel><title>Feed</title>{head}{"".join(items)}'
    return f"{text}</channel></rss>".encode("utf-8", "surrogatepass")


def item(guid: str, title: str = "Trucks wait", more: str = "") -> str:
    return f'<item><guid isPermaLink="false">{guid}</guid><title>{title}</title>{more}</item>'


def after(harm: str) -> bytes:
    """The harm, and an honest entry behind it."""
    return rss(harm, item("honest", "An honest entry"))


# ── charsets (row 19) ────────────────────────────────────────────────────────────────────

_YEAR = item("1", "El año próximo")

CHARSETS: dict[str, Answer] = {
    "/charset/none-such": (f"{XML}; charset=klingon", rss(_YEAR)),
    "/charset/zip": (f"{XML}; charset=zip", rss(_YEAR)),
    "/charset/hex": (f"{XML}; charset=hex", rss(_YEAR)),
    "/charset/idna": (f"{XML}; charset=idna", rss(_YEAR, f"<!--{'a' * 1_000_000}-->")),
    "/charset/declared-zip": (
        XML,
        rss(_YEAR, before='<?xml version="1.0" encoding="zip"?>'),
    ),
    "/charset/utf-7": (f"{XML}; charset=utf-7", rss(_YEAR)),
    "/charset/utf-16": (XML, rss(_YEAR, before="").decode().encode("utf-16")),
    "/charset/lies": (f"{XML}; charset=utf-8", rss(_YEAR).decode().encode("latin-1")),
}

# ── XML that reaches out or swells (row 20) ──────────────────────────────────────────────


def _declaring(subset: str, use: str) -> bytes:
    return rss(
        item("1", f"Swollen {use}", f"<description>{use}</description>"),
        before=f'<?xml version="1.0"?><!DOCTYPE rss [{subset}]>',
    )


def reaching_out(file: str, elsewhere: str) -> dict[str, Answer]:
    """Feeds that name a file of ours and an address that must never be asked."""
    laughs = '<!ENTITY l0 "lol">' + "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)
    )
    bodies = {
        "/xml/laughs": _declaring(laughs, "&l9;"),
        "/xml/quadratic": _declaring(f'<!ENTITY a "{"a" * 50_000}">', "&a;" * 50_000),
        "/xml/file": _declaring(f'<!ENTITY f SYSTEM "file://{file}">', "&f;"),
        "/xml/http": _declaring(f'<!ENTITY f SYSTEM "{elsewhere}">', "&f;"),
        "/xml/parameter": _declaring(f'<!ENTITY % p SYSTEM "{elsewhere}">%p;', "&q;"),
        "/xml/dtd": rss(
            item("1"), before=f'<?xml version="1.0"?><!DOCTYPE rss SYSTEM "{elsewhere}">'
        ),
        "/xml/stylesheet": rss(
            item("1"), before=f'<?xml version="1.0"?><?xml-stylesheet href="{elsewhere}"?>'
        ),
        "/xml/xinclude": rss(
            item(
                "1",
                "Included",
                '<description><xi:include xmlns:xi="http://www.w3.org/2001/XInclude"'
                f' href="file://{file}" parse="text"/></description>',
            )
        ),
    }
    return {path: (XML, body) for path, body in bodies.items()}


# ── what exhausts a parser (rows 21 to 24) ───────────────────────────────────────────────

EXHAUSTING: dict[str, Answer] = {
    "/deep/xml": (XML, rss("<a>" * 1_000_000)),
    "/deep/html": (
        XML,
        after(item("1", more=f"<description><![CDATA[{'<div>' * 200_000}]]></description>")),
    ),
    "/deep/balanced": (XML, rss(f"<item>{'<b>' * 20_000}{'</b>' * 20_000}</item>")),
    "/flood/attributes": (
        XML,
        rss("<item " + "".join(f' a{n}="1"' for n in range(200_000)) + "/>"),
    ),
    "/flood/namespaces": (
        XML,
        rss("<item " + "".join(f' xmlns:a{n}="urn:{n}"' for n in range(100_000)) + "/>"),
    ),
    "/flood/few-attributes-each": (
        XML,
        rss(("<item " + "".join(f' a{n}="1"' for n in range(900)) + "/>") * 900),
    ),
    "/flood/less-than": (XML, rss("<" * 2_000_000)),
    "/flood/ampersands": (XML, rss(item("1", "&" * 2_000_000))),
    "/flood/references": (XML, rss(item("1", "&#65;" * 200_000))),
    "/unclosed/comment": (XML, rss(item("1"), "<!--" + "x-" * 1_000_000)),
    "/unclosed/comments": (XML, rss(item("1"), "<!--" * 500_000)),
    "/unclosed/doctype": (XML, b"<!DOCTYPE rss [" + b"<!ENTITY a 'b'>" * 100_000),
    "/unclosed/cdata": (XML, rss(item("1"), "<![CDATA[" * 300_000)),
    "/json/deep": ("Content-Type: application/feed+json", b'{"items":' + b"[" * 1_000_000),
    "/json/integer": (
        "Content-Type: application/feed+json",
        b'{"version":"https://jsonfeed.org/version/1.1","items":[{"id":'
        + b"9" * 2_000_000
        + b'},{"id":"honest","title":"An honest entry"}]}',
    ),
    "/redos/author": (XML, after(item("1", more=f"<author>{'a.' * 500_000}@</author>"))),
    "/redos/authors": (
        XML,
        after(item("1", more=f"<author>{'a(' * 240}</author>" * 5_000)),
    ),
    "/redos/dates": (
        XML,
        after("".join(item(str(n), more=f"<pubDate>{'1 ' * 5_000}</pubDate>") for n in range(100))),
    ),
    "/redos/long-date": (XML, after(item("1", more=f"<pubDate>{'1:' * 2_000_000}</pubDate>"))),
    "/many/million": (XML, rss("<item/>" * 1_000_000)),
    "/giant/title": (XML, after(item("1", "t" * 8_000_000))),
    "/giant/guid": (XML, after(item("g" * 2_000_000))),
    "/giant/link": (XML, after(item("1", more=f"<link>http://a.example/{'l' * 2_000_000}</link>"))),
    "/giant/entry": (XML, after(item("1", more=f"<description>{'d ' * 4_500_000}</description>"))),
}

MANY: Answer = (XML, rss("".join(item(str(n), f"Entry {n}") for n in range(2_000))))

# ── text (rows 25, 27 to 29) ─────────────────────────────────────────────────────────────

RAW_CHARACTERS = (
    "NUL \x00 C0 \x07\x08 ANSI \x1b[31mred\x1b]0;owned\x07 C1 \x9b2J bidi \u202egnp.exe\u202c"
    " zero\u200bwidth \ufeffmark pile z" + "\u0335" * 500 + " &#xD800; &#0; &#x1b;[2J &#133; end"
)
TEXTS: dict[str, Answer] = {
    "/text/characters": (
        XML,
        after(item("1", RAW_CHARACTERS, f"<description>{RAW_CHARACTERS}</description>")),
    ),
    "/text/bad-utf-8": (
        XML,
        rss(item("1", "Trucks @ wait"), item("2")).replace(b"@", b"\xff\xc0\xaf"),
    ),
    "/text/lines": (
        XML,
        rss(item("1", "Border&#13;&#10;Bcc: evil@example.org&#x2028;X: y&#x85;Z: q&#10;&#10;body")),
    ),
    "/text/markup": (
        XML,
        rss(
            item(
                "1",
                "&lt;script&gt;alert(1)&lt;/script&gt; border &lt;img src=x onerror=alert(1)&gt;",
            ),
            item(
                "2",
                "@everyone &lt;!channel&gt; [border](http://evil.example) {{7*7}} %s %(x)s ${x}",
            ),
            item("3", "=cmd|' /C calc'!A0 border"),
            item("4", "border'; DROP TABLE articles; --"),
            item("5", 'border" OR NEAR( * ) title: ^'),
        ),
    ),
}

# ── what is no feed (row 37) ─────────────────────────────────────────────────────────────


def _zipped() -> bytes:
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("feed.xml", rss(item("1")))
    return whole.getvalue()


NO_FEEDS: dict[str, Answer] = {
    "/no-feed/login": (
        HTML,
        b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form>"
        b"<item><title>Trucks</title></item></form></body></html>",
    ),
    "/no-feed/binary": ("Content-Type: image/png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40),
    "/no-feed/noise": (XML, bytes((n * 7919 >> 3) & 255 for n in range(20_000))),
    "/no-feed/empty": (XML, b""),
    "/no-feed/bom": (XML, b"\xef\xbb\xbf"),
    "/no-feed/blank": (XML, b" \r\n" * 500),
    "/no-feed/zip": (XML, _zipped()),
    "/no-feed/words": ("Content-Type: text/plain", b"Service temporarily unavailable"),
}

# ── pages of articles (row 21) ───────────────────────────────────────────────────────────


def page(inside: str) -> Answer:
    return HTML, (
        f"<!DOCTYPE html><html><head><title>Trucks wait at the border</title></head><body>{inside}"
        "<article><h1>Trucks wait at the border</h1><p>Drivers waited for hours at the border on"
        " Monday.</p></article></body></html>"
    ).encode()


PAGES: dict[str, Answer] = {
    "/page/deep": page("<div>" * 200_000),
    "/page/deep-mixed": page("<b><i><a href=x><font><table>" * 40_000),
    "/page/attributes": page("<p " + " ".join(f'a{n}="1"' for n in range(200_000)) + ">"),
    "/page/less-than": page("<" * 2_000_000),
    "/page/ampersands": page("&" * 2_000_000),
    "/page/comment": page("<!--" + "x" * 2_000_000),
    "/page/comments": page("<!-" * 500_000),
    "/page/spaces": page("<p>" + " " * 2_000_000 + "x</p>"),
    "/page/numbers": page(f"<p>{'1' * 1_000_000} {'12:' * 300_000}</p>"),
    "/page/json-ld": page(f'<script type="application/ld+json">{"[" * 1_000_000}</script>'),
    "/page/json-ld-integer": page(
        f'<script type="application/ld+json">{{"datePublished": {"9" * 2_000_000}}}</script>'
    ),
    "/page/paragraphs": page("<p>Trucks wait at the border.</p>" * 100_000),
    "/page/links": page('<a href="/x">Trucks</a> ' * 100_000),
    "/page/one-word": page(f"<p>{'a' * 5_000_000}</p>"),
}


def announcing(links: Iterable[str]) -> Answer:
    """A feed of pages."""
    return XML, rss(*(item(link, "Trucks wait", f"<link>{link}</link>") for link in links))
