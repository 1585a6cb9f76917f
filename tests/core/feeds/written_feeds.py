"""Strategies for feeds as publishers write them, well and badly."""

from hypothesis import strategies as st

NAMESPACES = (
    ' xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:media="http://search.yahoo.com/mrss/" xmlns:own="https://news.test/ns"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)
TEXTS = st.sampled_from(
    [
        "",
        " ",
        "Port strike",
        "AT&amp;amp;T &amp;lt;b&amp;gt;wins&amp;lt;/b&amp;gt;",
        "&lt;p&gt;Long &amp;amp; <![CDATA[<b>bold</b>]]>",
        "<![CDATA[<p>1,204 views</p> <script>x</script>]]>",
        "Ã©tÃ© \u0093quoted\u0094 naïve",
        "日本語 “quoted”",
        "two\n lines <!-- and a comment --> here",
        "<b>markup</b>",
        "<?pi x?>text",
        "&#8217;s &#x2014; &#160;",
    ]
)
DATES = st.sampled_from(
    [
        "Wed, 11 Sep 2019 07:45:00 -0700",
        "Wed, 11 Sep 2019 07:45:00 GMT",
        "2019-09-11T07:45:00Z",
        "2019-09-11T07:45:00.123+02:00",
        "mer, 16 nov 2022 10:00:00 +0100",
        "10/11/2023",
        "",
        "yesterday",
    ]
)
PEOPLE = st.sampled_from(
    [
        "Ada",
        "",
        "ada@news.test (Ada)",
        "Ada &lt;ada@news.test&gt;",
        "ada@news.test",
        "a@b.photography",
        "Ada, Ben",
        "<name>Ada</name>",
        "<name>Ada</name><email>ada@news.test</email>",
        "<email>ada@news.test</email>",
        "<uri>https://ada.test/</uri><name>Ada</name>",
    ]
)
LINKS = st.sampled_from(
    [
        "https://news.test/a?x=1&amp;y=2",
        "/relative",
        "",
        "http:////news.test/a",
        "https://news.test/b&amp;copy;",
        " https://news.test/c\n",
        "urn:uuid:4711",
        "4711",
    ]
)


def _element(names: str, values: st.SearchStrategy[str], attributes: str = "") -> st.SearchStrategy:
    attribute = st.sampled_from(["", *attributes.split("|")]) if attributes else st.just("")
    return st.builds(
        lambda name, attribute, text: f"<{name}{attribute and ' ' + attribute}>{text}</{name}>",
        st.sampled_from(names.split()),
        attribute,
        values,
    )


ENTRY_ELEMENTS = st.one_of(
    _element("title dc:title media:title", TEXTS, 'type="html"|type="xhtml"'),
    _element("link guid", LINKS, 'isPermaLink="false"|rel="self"|isPermaLink="true"'),
    _element("id comments source", LINKS),
    _element("pubDate published dc:date updated modified", DATES),
    _element("author dc:creator itunes:author", PEOPLE),
    _element("description summary itunes:summary media:description", TEXTS, 'type="text"'),
    _element("content content:encoded", TEXTS, 'type="html"|type="text/plain"|src="/x"'),
    _element("category dc:subject media:keywords", TEXTS, 'domain="d"|term="t"|label="l"'),
    _element("dc:language language", st.sampled_from(["es", "en_GB", ""])),
    _element("own:note own:title unknown date tags image", TEXTS, 'id="1"'),
    _element("media:group media:content", _element("media:description media:category", TEXTS)),
    st.sampled_from(
        [
            '<enclosure url="/a.mp3" type="audio/mpeg"/>',
            '<atom:link rel="enclosure" href="/b.mp3"/>',
            '<atom:link href="https://news.test/related"/>',
            '<link rel="alternate" type="text/html" href="https://news.test/d"/>',
            '<link rel="alternate" type="application/json" href="https://news.test/e"/>',
            '<link rel="related" href=""/>',
            '<media:thumbnail url="/t.png"/>',
            '<own:box id="1"><title>within</title></own:box>',
            '<a xmlns="urn:other">x</a>',
            '<source url="/s">Elsewhere</source>',
            "<source><title>Elsewhere</title><id>9</id></source>",
        ]
    ),
)
HEAD_ELEMENTS = st.one_of(
    _element("title", TEXTS, 'type="html"'),
    _element("link id", LINKS),
    _element("description subtitle copyright", TEXTS),
    _element("lastBuildDate updated pubDate", DATES),
    _element("managingEditor author dc:creator", PEOPLE),
    _element("language", st.sampled_from(["es", "en_GB", ""])),
    _element("ttl", st.sampled_from(["30", "x", ""])),
    _element("image", st.just("<url>/i.png</url><title>Picture</title><link>/p</link>")),
    st.sampled_from(
        ['<atom:link rel="hub" href="https://hub.test/"/>', '<link rel="self" href="/feed"/>']
    ),
)


def entry(name: str) -> st.SearchStrategy[str]:
    return st.lists(ENTRY_ELEMENTS, min_size=1, max_size=7).map(
        lambda elements: f"<{name}>{''.join(elements)}</{name}>\n"
    )


def _feed(shape: str, head: list[str], entries: list[str]) -> bytes:
    head_elements, listed = "".join(head), "".join(entries)
    match shape:
        case "atom":
            root, within = (
                f'feed xmlns="http://www.w3.org/2005/Atom"{NAMESPACES}',
                head_elements + listed,
            )
        case "rdf":
            rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
            root = f'rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="{rdf}"{NAMESPACES}'
            within = f"<channel>{head_elements}</channel>{listed}"
        case _:
            root, within = (
                f'rss version="{shape}"{NAMESPACES}',
                f"<channel>{head_elements}{listed}</channel>",
            )
    return f"<{root}>{within}</{root.split()[0]}>".encode()


FORMATS = st.sampled_from(["2.0", "0.91", "0.92", "atom", "rdf"])


@st.composite
def feeds(draw: st.DrawFn) -> bytes:
    """One feed of any format."""
    shape = draw(FORMATS)
    name = "entry" if shape == "atom" else "item"
    return _feed(
        shape, draw(st.lists(HEAD_ELEMENTS, max_size=4)), draw(st.lists(entry(name), max_size=4))
    )


@st.composite
def histories(draw: st.DrawFn) -> list[bytes]:
    """One feed at successive polls: entries come, go, are edited, moved and duplicated."""
    shape = draw(FORMATS)
    name = "entry" if shape == "atom" else "item"
    pool = draw(st.lists(entry(name), min_size=3, max_size=6, unique=True))
    heads = draw(st.lists(st.lists(HEAD_ELEMENTS, max_size=2), min_size=1, max_size=2))
    polls = draw(
        st.lists(
            st.tuples(
                st.sampled_from(heads), st.lists(st.sampled_from(pool), min_size=1, max_size=6)
            ),
            min_size=2,
            max_size=4,
        )
    )
    return [_feed(shape, head, entries) for head, entries in polls]
