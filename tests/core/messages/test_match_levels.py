from dataclasses import replace

from notices import hit, item, notice

from monitor.core.messages.email_text import render_mail
from monitor.core.messages.match_levels import describe_levels
from monitor.core.messages.webhook_payload import build_payload
from monitor.model import Item, Level


def rated(title: str, level: Level) -> Item:
    return item(hits=(replace(hit("steel"), level=level),), title=title)


def test_the_highest_level_is_named_first() -> None:
    hits = (
        hit("steel", topic="border"),
        replace(hit("steel"), level=Level.ABOUT),
        replace(hit("steel", topic="visa"), level=Level.LIKELY),
    )
    assert describe_levels(hits) == "about tariff, likely about visa, mentions border"


def test_a_mail_says_how_far_the_article_is_about_the_topic() -> None:
    told = render_mail(notice(rated("Steel", Level.LIKELY)), zone="UTC")
    assert "Match: likely about tariff" in told.text
    assert "match: likely about tariff" in told.html


def test_a_digest_begins_with_what_is_about_the_topic() -> None:
    digest = notice(
        rated("First", Level.MENTION), rated("Second", Level.ABOUT), rated("Third", Level.LIKELY)
    )
    text = render_mail(digest, zone="UTC").text
    assert text.index("Second") < text.index("Third") < text.index("First")
    items = build_payload(digest)["data"]["items"]
    assert [each["article"]["title"] for each in items] == ["Second", "Third", "First"]
    assert [each["matches"][0]["level"] for each in items] == ["about", "likely", "mention"]
