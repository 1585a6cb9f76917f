"""Small made-up pages of every kind that a news site serves, each with its kind."""

import html
import json
from dataclasses import dataclass
from itertools import cycle, islice

SENTENCES = (
    "The council voted on Tuesday to close the old bridge for repairs until the end of April.",
    "Drivers will be sent around the market square, which adds about ten minutes to the trip.",
    "“We cannot wait for another winter,” said Lena Brandt, the engineer who wrote the report.",
    "Shopkeepers fear for their trade and have asked the town to pay part of their rent.",
    "The work will cost 2.4 million, of which the state has promised to pay a little over half.",
    "A footpath stays open, and the bus to the station will run every twenty minutes instead.",
    "Three firms have offered to do the work, and the cheapest of them built the harbour wall.",
    "The mayor said that a new bridge had been considered and was found to be far too expensive.",
)
SPANISH = (
    "El ayuntamiento decidió el martes cerrar el puente viejo por obras hasta finales de abril.",
    "Los conductores tendrán que rodear la plaza del mercado, unos diez minutos más de viaje.",
    "«No podemos esperar otro invierno», dijo Elena Ruiz, la ingeniera que firmó el informe.",
    "Los comerciantes temen por sus ventas y han pedido al municipio que pague parte del alquiler.",
)
HEADLINES = (
    "Old Bridge To Close For Repairs Until Spring",
    "Harbour Festival Draws A Record Crowd",
    "School Board Weighs A Later Start Of The Day",
    "River Falls To Its Lowest Level In Forty Years",
    "Local Team Wins The Cup After Extra Time",
    "New Clinic Opens In The Northern Suburbs",
    "Farmers Ask For Help After A Late Frost",
    "Library Lends Tools As Well As Books",
)


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    url: str
    page: str
    is_article: bool


def sentences(count: int, start: int = 0) -> list[str]:
    return list(islice(cycle(SENTENCES), start, start + count))


def paragraphs(count: int, each: int = 2) -> str:
    parts = (" ".join(sentences(each, number * each)) for number in range(count))
    return "".join(f"<p>{one}</p>" for one in parts)


def links(count: int) -> str:
    found = islice(cycle(HEADLINES), count)
    return "".join(f'<li><a href="/story/{i}">{one}</a></li>' for i, one in enumerate(found))


def chrome(main: str, *, title: str, head: str = "", lang: str = "en", plain: bool = False) -> str:
    """A page around `main`: menu, sidebar and footer, in sectioning elements or plain ones."""
    nav, aside, footer = ("div", "div", "div") if plain else ("nav", "aside", "footer")
    menu = "".join(f'<a href="/{one.lower()}">{one}</a> ' for one in ("News", "Sport", "Weather"))
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)} | The Valley Post</title>"
        f'<meta property="og:site_name" content="The Valley Post">{head}</head><body>'
        f'<{nav} class="menu">{menu}</{nav}><div class="content">{main}</div>'
        f'<{aside} class="sidebar"><h3>Most read</h3><ul>{links(5)}</ul></{aside}>'
        f'<{footer} class="footer"><p>© The Valley Post. All rights reserved. We use cookies to '
        f"make this site better.</p><a href='/privacy'>Privacy</a></{footer}></body></html>"
    )


def ld(kind: str, **fields: object) -> str:
    node = {"@context": "https://schema.org", "@type": kind, **fields}
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


def meta(name: str, value: str) -> str:
    return f'<meta property="{name}" content="{value}">'


# ── articles ─────────────────────────────────────────────────────────────────────────────

BY = "<div>By Ana Reyes</div>"
STAMP = "<div>Published: Wednesday, September 11, 2019 - 7:45am</div>"
TIME = '<time datetime="2019-09-11T07:45:00-07:00">Sept. 11, 2019</time>'
NEWS = ld("NewsArticle", headline=HEADLINES[0], datePublished="2019-09-11T14:45:00Z")
OG = meta("og:type", "article") + meta("og:title", HEADLINES[0])


def story(*parts: str, head: str = "", plain: bool = False, lang: str = "en") -> str:
    wrap = "div" if plain else "article"
    main = f"<{wrap} class='story'><h1>{HEADLINES[0]}</h1>{''.join(parts)}</{wrap}>"
    return chrome(main, title=HEADLINES[0], head=head, plain=plain, lang=lang)


def three_short() -> str:
    return "".join(f"<p>{one}</p>" for one in sentences(3))


_SPANISH_BODY = "".join(f"<p>{one}</p>" for one in SPANISH)
_LINE_BREAKS = "<div class='text'>" + "<br><br>".join(sentences(8)) + "</div>"
_LIVE = "".join(f"<h3>{hour}:15</h3><p>{one}</p>" for hour, one in enumerate(sentences(8), 9))
_LIST = "<p>Five things to know:</p><ol>" + "".join(f"<li>{s}</li>" for s in sentences(5)) + "</ol>"
_QA = "".join(
    f"<p><strong>{q}</strong></p><p>{a}</p>"
    for q, a in zip(("Why now?", "Who pays?", "What next?"), sentences(3), strict=True)
)
_VIEWS = "<figure><img src='/1.jpg'><figcaption>A view</figcaption></figure>" * 4
_NEWSLETTER = "<p class='newsletter'>Sign up for our newsletter to read more stories.</p>"
_TABLE = "<table><tr><td>2018</td><td>4.2</td></tr><tr><td>2019</td><td>3.9</td></tr></table>"

ARTICLES = {
    "short, signed and dated": story(BY, STAMP, three_short()),
    "short, signed and dated, plain elements": story(BY, STAMP, three_short(), plain=True),
    "short with a time tag": story(BY, TIME, three_short()),
    "short with JSON-LD": story(three_short(), head=NEWS),
    "short with OpenGraph": story(three_short(), head=OG),
    "one paragraph, dated": story(BY, STAMP, f"<p>{' '.join(sentences(2))}</p>"),
    "one paragraph with JSON-LD": story(f"<p>{' '.join(sentences(2))}</p>", head=NEWS),
    "two paragraphs, dated only": story(STAMP, "".join(f"<p>{s}</p>" for s in sentences(2))),
    "medium": story(BY, STAMP, paragraphs(4)),
    "medium without a date": story(BY, paragraphs(5)),
    "medium without anything": story(paragraphs(6)),
    "medium, plain elements": story(paragraphs(6), plain=True),
    "long": story(BY, STAMP, paragraphs(25)),
    "long with JSON-LD": story(BY, paragraphs(25), head=NEWS),
    "Spanish, short": story(
        "<p>Publicado el 11 de septiembre de 2019 a las 7:45 a. m.</p>", _SPANISH_BODY, lang="es"
    ),
    "Spanish, long": story("<p>Por Elena Ruiz</p>", _SPANISH_BODY * 4, lang="es"),
    "line breaks instead of paragraphs": story(BY, STAMP, _LINE_BREAKS),
    "a live blog": story(BY, STAMP, _LIVE, head=ld("LiveBlogPosting", headline=HEADLINES[0])),
    "a list": story(BY, STAMP, _LIST),
    "questions and answers": story(BY, STAMP, _QA),
    "with a newsletter box": story(BY, STAMP, paragraphs(3), _NEWSLETTER, paragraphs(2)),
    "with a table": story(BY, STAMP, paragraphs(2), _TABLE, paragraphs(2)),
    "with a video on top": story(
        BY, STAMP, "<video src='/a.mp4'></video>", paragraphs(4), head=ld("VideoObject", name="x")
    ),
    "with a gallery inside": story(
        STAMP,
        paragraphs(2),
        _VIEWS,
        paragraphs(2),
        head=NEWS,
    ),
    "whose headline speaks of an error": story(BY, STAMP, paragraphs(5)).replace(
        HEADLINES[0], "Tax Office Admits Error In 404 Letters"
    ),
    "about subscriptions": story(BY, STAMP, paragraphs(4)).replace(
        SENTENCES[1], "Readers who subscribe can continue to read the paper on Sundays."
    ),
    "that asks to subscribe at its end": story(
        BY, STAMP, paragraphs(8), "<p>Subscribe to continue reading our coverage.</p>"
    ),
    "a correction": story(BY, STAMP, three_short(), "<p>An earlier version was wrong.</p>"),
    "an opinion": story(BY, paragraphs(7), head=ld("OpinionNewsArticle", headline=HEADLINES[0])),
    "many related links": story(BY, STAMP, paragraphs(3), f"<ul>{links(40)}</ul>"),
    "a press release": story("<p>PHOENIX, Sept. 11, 2019 --</p>", paragraphs(4)),
    "a quotation": story(BY, STAMP, f"<blockquote>{paragraphs(2)}</blockquote>", paragraphs(1)),
}


# ── pages that are no article ────────────────────────────────────────────────────────────


def teasers(count: int, *, sentence: bool = True, dated: bool = False) -> str:
    stamp = '<time datetime="2019-09-11T07:45:00Z">Sept. 11</time>' if dated else ""
    return "".join(
        f'<div class="card"><h3><a href="/story/{number}">{headline}</a></h3>{stamp}'
        + (f"<p>{text}</p></div>" if sentence else "</div>")
        for number, headline, text in zip(
            range(count), cycle(HEADLINES), cycle(SENTENCES), strict=False
        )
    )


def other(name: str, main: str, head: str = "", *, plain: bool = False) -> str:
    return chrome(f"<h1>{name}</h1>{main}", title=name, head=head, plain=plain)


def message(name: str, text: str, head: str = "") -> str:
    return other(name, f"<p>{text}</p>", head)


_FORM = "<form><label>Email</label><input><label>Password</label><input><button>Go</button></form>"
_PHOTOS = "".join(
    f"<figure><img src='/{i}.jpg'><figcaption>{i} of 12: The crowd at the harbour</figcaption>"
    "</figure>"
    for i in range(12)
)
_STUB = f"<p>{SENTENCES[0]}</p>"
_WEBSITE = meta("og:type", "website")

NO_ARTICLES = {
    "front": ("/", other("The Valley Post", teasers(12))),
    "front without teasers": ("/", other("The Valley Post", teasers(20, sentence=False))),
    "front, dated": ("/", other("The Valley Post", teasers(12, dated=True))),
    "front with long teasers": (
        "/", other("The Valley Post", teasers(30) + f"<p>{SENTENCES[5]}</p>", _WEBSITE)
    ),
    "front in plain elements": ("/index.html", other("The Valley Post", teasers(9), plain=True)),
    "section": ("/business", other("Business", teasers(10))),
    "section, dated": ("/business/", other("Business", teasers(10, dated=True))),
    "section without teasers": ("/sport", other("Sport", teasers(15, sentence=False))),
    "section declared": (
        "/local", other("Local", teasers(10), ld("CollectionPage", name="Local"))
    ),
    "section with an introduction": (
        "/climate", other("Climate", f"<p>{SENTENCES[3]}</p>" + teasers(10, dated=True))
    ),
    "tag": ("/tag/bridges", other("Bridges", teasers(6))),
    "tag with few stories": ("/tag/harbour", other("Harbour", teasers(2))),
    "topic with a list": ("/topics/water", other("Water", f"<ul>{links(30)}</ul>")),
    "author": (
        "/people/ana-reyes",
        other("Ana Reyes", "<p>Ana Reyes covers the border.</p>" + teasers(8),
              ld("ProfilePage", name="Ana Reyes")),
    ),
    "search results": (
        "/search?q=bridge", other("Results for “bridge”", "<p>42 results</p>" + teasers(10))
    ),
    "search without results": (
        "/search?q=x", message("Search", "Your search did not match any stories.")
    ),
    "archive": ("/2019/09/", other("September 2019", f"<ul>{links(60)}</ul>")),
    "gallery": ("/photos/7", other("Harbour Festival In Pictures", _PHOTOS)),
    "gallery declared": (
        "/photos/8", other("Photos", _PHOTOS, ld("ImageGallery", name="Photos"))
    ),
    "video": (
        "/video/9",
        other("Watch: The Cup Final", f"<video src='/9.mp4'></video>{_STUB}",
              meta("og:type", "video.other") + ld("VideoObject", name="The Cup Final")),
    ),
    "video alone": (
        "/watch/10", other("Watch Live", "<video></video><p>Up next: the weather.</p>")
    ),
    "audio": ("/listen", other("Listen Live", "<audio></audio><p>Now playing: Morning Show</p>")),
    "page not found": (
        "/story/gone", message("Page not found", "The page you asked for is not here any more.")
    ),
    "404 with suggestions": (
        "/story/lost", other("404", "<p>We could not find that page.</p>" + teasers(6))
    ),
    "Spanish 404": (
        "/nota/1", message("Página no encontrada", "La página que busca no existe o se movió.")
    ),
    "server error": ("/story/1", message("503 Service Unavailable", "Please try again later.")),
    "access denied": (
        "/story/2", message("Access Denied", "You don't have permission to access this page.")
    ),
    "bot check": (
        "/story/3", message("Just a moment...", "Checking your browser before you go on.")
    ),
    "human check": (
        "/story/4", message("Are you a robot?", "Please make sure your browser runs JavaScript.")
    ),
    "paywall stub": (
        "/story/5",
        story(BY, STAMP, _STUB, "<p>Subscribe to continue reading this story.</p>"),
    ),
    "paywall stub, declared": (
        "/story/6",
        story(BY, _STUB, "<div class='wall'>Already a subscriber? Log in</div>", head=NEWS),
    ),
    "Spanish paywall stub": (
        "/nota/2",
        story(f"<p>{SPANISH[0]}</p>", "<p>Suscríbete para seguir leyendo esta noticia.</p>",
              head=NEWS, lang="es"),
    ),
    "login": ("/login", other("Log in", _FORM)),
    "registration": (
        "/register",
        other("Create an account", "<p>Register to comment and to get newsletters.</p>" + _FORM),
    ),
    "subscription offers": (
        "/subscribe",
        other("Subscribe", "<p>Unlimited access for 4 a month. Cancel at any time.</p>" + _FORM),
    ),
    "weather": ("/weather", other("Weather", "<p>Today 31° / 18°</p><p>Tomorrow 29° / 17°</p>")),
    "scores": ("/scores", other("Scores", _TABLE * 8)),
    "empty shell": ("/story/7", "<html><head><title>Post</title></head><body><div id=app></div>"),
    "contact": ("/contact", message("Contact us", "Call 555 0100 or write to the desk.")),
}  # fmt: skip

SAMPLES = [
    *(
        Sample(name, f"https://post.test/2019/bridge-to-close-{number}", page, True)
        for number, (name, page) in enumerate(ARTICLES.items())
    ),
    *(
        Sample(name, f"https://post.test{path}", page, False)
        for name, (path, page) in NO_ARTICLES.items()
    ),
]
