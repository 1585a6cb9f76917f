"""Extraction of articles from whole pages."""

import gzip
import json
from datetime import UTC, datetime

import pytest

from monitor.core.pages.extract import extract_article
from monitor.model import Article, Entry, Origin

PARAGRAPHS = [
    "A new tariff on steel crossing the border will raise costs for small builders in southern "
    "Arizona, according to a survey of contractors that was released on Wednesday.",
    "“We order from both sides of the line, and nobody can tell us what a beam will cost next "
    "month,” said Maria Ochoa, who runs a fabrication shop in Nogales with eleven employees.",
    "State officials said they had asked Washington for an exemption that would cover purchases "
    "under $50,000. A decision is expected before the end of the year.",
    "Trade groups on both sides have scheduled a joint meeting in Tucson for later this month.",
]
MORE = [
    "Phoenix Council Delays Vote On Water Rates Until Next Spring",
    "Flagstaff Hospital Plans A Second Campus On The West Side",
    "How A Tempe Bakery Survived Three Recessions",
]
TAGS = ["Business", "Immigration", "Tariffs", "Borders"]


def radio_page(stamps: str) -> bytes:
    """The page of a public radio station: no metadata, dates in words, tags without separators."""
    menu = "".join(f'<li><a href="/{one}">{one}</a></li>' for one in ("News", "Shows", "Donate"))
    text = "".join(f"<p>{one}</p>" for one in PARAGRAPHS)
    more = "".join(f'<li class="views-row"><a href="/content/{i}">{one}</a></li>'
                   for i, one in enumerate(MORE))  # fmt: skip
    tags = "".join(f'<a href="/tags/{one.lower()}" rel="tag">{one}</a>' for one in TAGS)
    return f"""<!DOCTYPE html><html lang="en" dir="ltr"><head><meta charset="utf-8">
<title>Survey: Steel Tariff Hits Border Builders | KXYZ</title>
<meta property="og:site_name" content="KXYZ"></head>
<body class="node-type-story"><div id="header"><ul class="menu">{menu}</ul>
<div class="player">Listen live to KXYZ 91.5</div></div>
<div id="main"><h1 class="title" id="page-title">Survey: Steel Tariff Hits Border Builders</h1>
<div class="node node-story"><div class="field-byline">By <a href="/people/ana">Ana Reyes</a></div>
{stamps}
<div class="field field-name-body"><div class="field-items"><div class="field-item even">{text}
</div></div></div>
<div class="block-more"><h2>More Stories From KXYZ</h2><ul>{more}</ul></div>
<div class="field-tags">{tags}</div></div></div>
<div id="footer"><p>© 2019 KXYZ. All rights reserved.</p><p>Sign up for our newsletter</p></div>
</body></html>""".encode()


STAMPS = """<div class="submitted">Published: Wednesday, September 11, 2019 - 7:45am</div>
<div class="submitted">Updated: Wednesday, September 11, 2019 - 7:51am</div>"""


def read(body: bytes, **known: object) -> Article:
    settings: dict[str, object] = {
        "url": "https://kxyz.test/content/1234/steel-tariff",
        "now": None,
    }
    return extract_article(body, **{**settings, **known})  # type: ignore[arg-type]


def test_every_field_of_a_radio_station_page_is_extracted() -> None:
    article = read(radio_page(STAMPS), zone="America/Phoenix")
    assert article.title == "Survey: Steel Tariff Hits Border Builders"
    assert article.authors == ("Ana Reyes",)
    assert article.text == "\n\n".join(PARAGRAPHS)
    assert article.tags == tuple(TAGS)
    assert article.published is not None
    assert article.updated is not None
    assert article.published.text() == "2019-09-11T14:45:00Z"
    assert article.updated.text() == "2019-09-11T14:51:00Z"
    assert article.published.origin is Origin.VISIBLE
    assert article.language == "en"
    assert article.no_article is None


@pytest.mark.parametrize(
    ("stamps", "published", "updated"),
    [
        ("<p class='date'>Published 3:15 p.m. ET Sept. 11, 2019</p>", "2019-09-11T19:15:00Z", None),
        (
            "<p>Posted at 16:45, September 11, 2019</p><p>Updated 5:10 p.m. PT</p>",
            "2019-09-11T23:45:00Z",
            "2019-09-12T00:10:00Z",
        ),
        (
            "<p>Publicado el 11 de septiembre de 2019 a las 7:45 a. m.</p>"
            "<p>Actualizado a las 14:30</p>",
            "2019-09-11T14:45:00Z",
            "2019-09-11T21:30:00Z",
        ),
        (
            '<time class="entry-date published" datetime="2019-09-11T07:45:00-07:00">Wed</time>'
            '<time class="updated" datetime="2019-09-11T08:00:00-07:00">Wed</time>',
            "2019-09-11T14:45:00Z",
            "2019-09-11T15:00:00Z",
        ),
        (
            "<p>Published: September 11, 2019 - 7:45am</p><p>Updated: September 10, 2019 - 7:51am",
            "2019-09-11T14:45:00Z",
            None,
        ),
        ("<p>September 11, 2019</p>", "2019-09-11", None),
        ("", None, None),
    ],
)
def test_visible_dates_are_extracted(
    stamps: str, published: str | None, updated: str | None
) -> None:
    article = read(radio_page(stamps), zone="America/Phoenix")
    assert (article.published.text() if article.published else None) == published
    assert (article.updated.text() if article.updated else None) == updated


def with_json_ld(*blocks: str) -> bytes:
    scripts = "".join(f'<script type="application/ld+json">{one}</script>' for one in blocks)
    return radio_page("").replace(b"</head>", scripts.encode() + b"</head>")


def test_json_ld_is_read_from_a_graph_among_several_blocks() -> None:
    graph = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "WebSite", "name": "KXYZ"},
            {
                "@type": ["NewsArticle"],
                "headline": "Survey: Steel Tariff Hits Border Builders",
                "datePublished": "2019-09-11T07:45:00-07:00",
                "dateModified": "2019-09-11T09:00:00-07:00",
                "author": [{"@type": "Person", "@id": "#ana"}, {"@id": "#bo", "name": "Bo Li"}],
                "keywords": ["Steel", "Trade"],
            },
            {"@type": "Person", "@id": "#ana", "name": "Ana Reyes"},
        ],
    }
    article = read(with_json_ld('{"@type":"Organization","name":"KXYZ"}', json.dumps(graph)))
    assert article.authors == ("Ana Reyes", "Bo Li")
    assert article.tags == ("Steel", "Trade")
    assert article.published is not None
    assert article.updated is not None
    assert article.published.text() == "2019-09-11T14:45:00Z"
    assert article.updated.text() == "2019-09-11T16:00:00Z"
    assert article.published.origin is Origin.JSON_LD


def test_dates_are_read_from_broken_json() -> None:
    broken = """{"@type": "NewsArticle", "headline": "He said "no"",
        "datePublished": "2019-09-11T14:45:00Z", "dateModified": "2019-09-11T16:00:00Z",}"""
    article = read(with_json_ld(broken))
    assert article.published is not None
    assert article.published.text() == "2019-09-11T14:45:00Z"


def test_the_feed_fills_in_fields_that_the_page_lacks() -> None:
    feed = Entry(
        key="1",
        title="From the feed",
        published=datetime(2019, 9, 11, 14, 45, tzinfo=UTC),
        authors=("Feed Writer",),
        language="es",
    )
    body = "".join(f"<p>{one}</p>" for one in PARAGRAPHS).encode()
    article = read(b"<html><body>" + body + b"</body></html>", feed=feed)
    assert article.title == "From the feed"
    assert article.authors == ("Feed Writer",)
    assert article.published is not None
    assert article.published.origin is Origin.FEED
    assert article.text == "\n\n".join(PARAGRAPHS)


def test_the_declared_body_is_used_for_a_page_rendered_by_a_script() -> None:
    node = {"@type": "NewsArticle", "headline": "Steel", "articleBody": "\n".join(PARAGRAPHS)}
    script = f'<script type="application/ld+json">{json.dumps(node)}</script>'
    article = read(f"<html><head>{script}</head><body><div id=app></div></body></html>".encode())
    assert PARAGRAPHS[-1] in article.text
    assert article.no_article is None


def test_a_truncated_declared_body_does_not_replace_the_text() -> None:
    node = {"@type": "NewsArticle", "headline": "Steel", "articleBody": PARAGRAPHS[0][:60] + "…"}
    article = read(with_json_ld(json.dumps(node)))
    assert article.text == "\n\n".join(PARAGRAPHS)


def test_a_changed_date_or_menu_does_not_change_the_text() -> None:
    before = read(radio_page(STAMPS))
    after = read(radio_page(STAMPS.replace("7:51", "9:51")).replace(b"91.5", b"92.3"))
    assert before.text == after.text


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", None),
        (b"   \n", None),
        (b"%PDF-1.7 ...", None),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), None),
        (gzip.compress(b"x", mtime=0), None),
        (b"<p>Hello", "application/pdf"),
        (b'{"title": "an API"}', "application/json"),
    ],
)
def test_a_body_that_is_no_page_is_no_article(body: bytes, content_type: str | None) -> None:
    article = read(body, content_type=content_type)
    assert article.no_article
    assert article.text == ""


@pytest.mark.parametrize(
    "body",
    [
        b"<div>" * 200_000 + b"x",
        b"<p>a</p>" * 300_000,
        b"<a " + b" ".join(b"x%d=1" % number for number in range(300_000)) + b">",
        b"<" * 2_000_000,
        b"&" * 2_000_000,
        b"<!--" * 500_000,
        b"<script>" * 300_000,
        b'<script type="application/ld+json">' + b"[" * 1_000_000,
        b'<script type="application/ld+json">{"@type":"Article","a":' + b"1" * 2_000_000,
        b"<p>By " + b"and, " * 400_000,
        b"<p>" + b"Updated: " * 200_000,
        b"<h1>" + b"| " * 500_000,
        b"<time datetime='" + b"1-" * 500_000 + b"'>x",
        "<p>".encode("utf-16") + "é".encode("utf-16-le") * 100_000,
        b"<meta charset=zip><p>\xff\xfe\x00",
        b"<p>\x00\x1b[31m\xed\xa0\x80 &#xD800; \xe2\x80\xae txet",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_hostile_pages_neither_hang_nor_raise(body: bytes) -> None:
    article = read(body)
    assert not set("\x00\x1b\u202e") & set(article.text + article.title)


def test_links_between_line_breaks_count_only_for_their_paragraph() -> None:
    """Paragraphs separated only by two <br> share one element, with all its links."""
    texts = [f"{one} So it was in year {number}." for number, one in enumerate(PARAGRAPHS * 6)]
    linked = [
        f"<b>{number}. <a href='https://{number}.test/'>The Kitchen Of Number {number}</a></b>"
        f"<br><br>{text}"
        for number, text in enumerate(texts)
    ]
    signed = "<p>Sign up for the newsletter of our kitchens, it is free and comes on Fridays.</p>"
    page = (
        f"<h1>The Kitchens</h1><div class='content'><p>{'<br><br>'.join(linked)}</p></div>{signed}"
    )
    text = read(page.encode()).text
    assert all(one in text for one in texts)


def test_the_next_article_on_the_same_page_is_left_out() -> None:
    def story(title: str, paragraphs: list[str], name: str) -> str:
        text = "".join(f"<p>{one}</p>" for one in paragraphs)
        head = f'<div class="head"><h1 class="headline {name}">{title}</h1></div>'
        return f'<article class="{name}">{head}<div class="body">{text}</div></article>'

    other = [one.replace("border", "cup final") + " All else is open." for one in PARAGRAPHS]
    page = story("Steel Tariff Hits Builders", PARAGRAPHS, "a") + story("The Cup", other, "b")
    article = read(f"<title>Steel Tariff Hits Builders</title>{page}".encode())
    assert article.text == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    "name",
    [
        "article:published_time",
        "article:published:time",
        "article.published-time",
        "ArticlePublishedTime",
    ],
)
def test_punctuation_in_a_meta_name_does_not_matter(name: str) -> None:
    page = f"<meta property='{name}' content='2019-09-11T14:45:00Z'>".encode() + radio_page("")
    published = read(page).published
    assert published is not None
    assert published.text() == "2019-09-11T14:45:00Z"


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("2019/09/11/steel", "2019-09-11"),
        ("2019/sep/11/steel", "2019-09-11"),
        ("A2019091114320005196", "2019-09-11"),
        ("steel-20190911.html", "2019-09-11"),
        ("20191311", None),
        ("7201909110", None),
        ("steel-123456789", None),
    ],
)
def test_the_day_is_read_from_the_url(path: str, day: str | None) -> None:
    published = read(radio_page(""), url=f"https://kxyz.test/{path}").published
    assert (published.text() if published else None) == day


def test_a_date_inside_a_distant_sentence_is_ignored() -> None:
    filler = "".join(f"<p>{one}</p>" for one in PARAGRAPHS * 8)
    note = (
        "Long-term effects of steel on small shops, an eleven-year study of the whole region and "
        "of both sides of the line. Journal of Trade. Published online May 22, 2018, pages 4 to 9."
    )
    page = f"<h1>Steel Tariff Hits Builders</h1><article>{filler}<p>{note}</p></article>"
    assert read(page.encode()).published is None
