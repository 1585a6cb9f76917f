"""What is never article text: footers, hidden blocks, comments, captions and consent dialogs."""

import pytest

from monitor.core.pages.extract import extract_article

HEADLINE = "<h1>Bridge At San Ramon Closes For Repairs</h1>"
SHORT = (
    "The bridge at San Ramon will be closed to lorries from Monday, the town council said on "
    "Friday, because two of its bearings have to be replaced."
)
STORY = [
    SHORT,
    "“We looked at it twice, and the crack had grown,” said the engineer Paula Reyes, who had "
    "reported the damage in the spring and asked for money to mend it.",
    "Lorries are sent over the road through Las Palmas, which takes half an hour more. Cars and "
    "bicycles may still cross, one lane at a time, until the end of October.",
]
NOTICE = (
    "San Ramon Media is a company of the Valle Group, which has published newspapers, almanacs "
    "and maps for the valley since 1911. We are committed to fair reporting, to the correction "
    "of our errors, and to the privacy of our readers. Reproduction in whole or in part is not "
    "permitted without the written consent of the publisher."
)
BODY = "".join(f"<p>{one}</p>" for one in STORY)
MORE = "".join(f"<p>{one}</p>" for one in STORY[1:] * 2)


def text_of(body: str) -> str:
    page = f"<html><head><title>Bridge At San Ramon Closes</title></head><body>{body}</body></html>"
    return extract_article(page.encode(), url="https://valle.test/news/bridge-1", now=None).text


def test_a_footer_does_not_beat_a_short_story() -> None:
    page = f"<article>{HEADLINE}<p>{SHORT}</p></article><footer><p>{NOTICE}</p></footer>"
    assert text_of(page) == SHORT


def test_a_quotation_keeps_the_footer_that_names_its_speaker() -> None:
    speaker = "The bishop of San Ramon, in a letter that was read aloud in all churches of the town"
    quote = f"<blockquote><p>{STORY[1]}</p><footer>{speaker}</footer></blockquote>"
    assert speaker in text_of(
        f"<article>{HEADLINE}<p>{SHORT}</p>{quote}<p>{STORY[2]}</p></article>"
    )


@pytest.mark.parametrize("how", ['style="display: none"', "hidden", 'aria-hidden="true"'])
def test_hidden_blocks_are_no_text(how: str) -> None:
    template = "Dear reader, your message was sent to the editors, who answer within two days."
    hidden = f"<div {how}><p>{template}</p><p>{NOTICE}</p></div>"
    assert text_of(f"<article>{HEADLINE}{BODY}{hidden}</article>") == "\n\n".join(STORY)


def test_a_hidden_block_that_outweighs_all_that_is_shown_is_the_text() -> None:
    long = "".join(f"<p>{one} This was paragraph {n}.</p>" for n, one in enumerate(STORY * 3))
    page = f'<div class="story" style="display:none">{HEADLINE}{long}</div><p>{SHORT}</p>'
    assert "This was paragraph 7." in text_of(page)


def test_a_collapsed_section_is_text() -> None:
    section = f'<div class="accordion-panel" aria-hidden="true"><p>{STORY[2]}</p></div>'
    shown = f"<p>{STORY[0]}</p><h2>How to get around</h2>"
    assert STORY[2] in text_of(f"<article>{HEADLINE}{shown}{section}<p>{STORY[1]}</p></article>")


@pytest.mark.parametrize("name", ["post has-comments", "entry adaptions", "story with-comments"])
def test_a_class_word_about_the_article_does_not_exclude_it(name: str) -> None:
    aside = f'<div class="about"><p>{NOTICE}</p><p>{NOTICE[:200]}</p></div>'
    assert SHORT in text_of(f'<article class="{name}">{HEADLINE}{BODY}</article>{aside}')


@pytest.mark.parametrize("name", ["comments", "cookie-wall", "caption"])
def test_a_class_word_never_counts_on_an_element_that_holds_most_of_the_text(name: str) -> None:
    aside = f"<div>{'<p>The weather of the valley: fog until eleven, then sun.</p>' * 8}</div>"
    assert SHORT in text_of(f'<div class="{name}">{HEADLINE}{BODY}{MORE}</div>{aside}')


@pytest.mark.parametrize(
    "dialog",
    [
        '<div class="cookie-banner">{}</div>',
        '<div id="site-consent"><div>{}</div></div>',
        '<div class="CookieConsentModal">{}</div>',
        "<dialog open>{}</dialog>",
    ],
)
def test_a_consent_dialog_is_no_text(dialog: str) -> None:
    asked = "<p>We and our partners store information on your device to measure how you read.</p>"
    why = f"<p>{NOTICE}</p><p>You may withdraw your choice whenever you like, in the settings.</p>"
    page = f"<article>{HEADLINE}<p>{SHORT}</p></article>{dialog.format(asked + why)}"
    assert text_of(page) == SHORT


def test_a_table_between_paragraphs_is_text() -> None:
    lines = [("Las Palmas", "31 minutes"), ("El Cruce", "44 minutes"), ("Santa Rita", "58 minutes")]
    rows = "".join(f"<tr><td>{a}</td><td>{b}</td></tr>" for a, b in lines * 3)
    table = f"<table><tbody><tr><th>Road</th><th>Detour</th></tr>{rows}</tbody></table>"
    text = text_of(f"<article>{HEADLINE}<p>{STORY[0]}</p>{table}<p>{STORY[2]}</p></article>")
    assert "El Cruce" in text
