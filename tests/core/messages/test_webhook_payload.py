import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notices import CHANGE, HEADLINE, SENTENCE, alert, hit, item, notice, title_hit

from monitor.core.messages.webhook_payload import build_payload, encode_payload
from monitor.model import Change, ChangeKind, Item, MessageKind, Reason


def test_an_article_has_the_documented_payload() -> None:
    article = item(
        alert("border", Reason.NOW_MATCHES, 8), hits=(hit("import duty"),), change=CHANGE
    )
    article = replace(article, story=replace(article.story, opening="It rose. It fell. It stayed."))
    assert build_payload(notice(article)) == {
        "type": "article.matched",
        "timestamp": "2019-09-11T15:00:00Z",
        "data": {
            "alerts": [{"id": 8, "topic": "border", "reason": "now_matches"}],
            "article": {
                "id": 3,
                "url": "https://news.example/steel?a=1&b=2",
                "guid": "news-3",
                "title": HEADLINE,
                "summary": "It rose. It fell.",
                "source": "kjzz",
                "authors": ["Ana Ruiz"],
                "published": "2019-09-11T14:45:00Z",
                "updated": "2019-09-11T14:51:00Z",
                "language": "en",
                "revision": 1,
            },
            "matches": [
                {"topic": "tariff", "place": "body", "excerpt": SENTENCE, "level": "mention"}
            ],
            "change": {
                "kind": "material",
                "score": 0.4,
                "title": ["Tariff on steel raised", HEADLINE],
                "added": list(CHANGE.added),
                "removed": list(CHANGE.removed),
            },
        },
    }


def test_unknown_values_are_null() -> None:
    article = item(
        url=None, guid=None, authors=(), published_at=None, updated_at=None, language=None
    )
    data = build_payload(notice(article))["data"]
    assert data["change"] is None
    assert data["matches"] == data["article"]["authors"] == []
    unknown = {"url", "guid", "published", "updated", "language"}
    assert {key for key, value in data["article"].items() if value is None} == unknown


@pytest.mark.parametrize(
    ("reasons", "kind"),
    [
        ([Reason.NEW], "article.matched"),
        ([Reason.NOW_MATCHES], "article.matched"),
        ([Reason.UPDATED, Reason.NOW_MATCHES], "article.matched"),
        ([Reason.UPDATED], "article.updated"),
        ([Reason.HEADLINE], "article.updated"),
        ([Reason.CORRECTION], "article.updated"),
        ([Reason.NO_LONGER_MATCHES], "article.updated"),
        ([Reason.RESTORED], "article.updated"),
        ([Reason.RETRACTED], "article.retracted"),
    ],
)
def test_the_type_follows_the_reasons(reasons: list[Reason], kind: str) -> None:
    article = item(*(alert(f"topic{n}", reason, n) for n, reason in enumerate(reasons)))
    assert build_payload(notice(article))["type"] == kind


def test_several_topics_of_one_article_are_one_message() -> None:
    data = build_payload(notice(item(alert("border", number=1), alert("tariff", number=2))))["data"]
    assert [each["topic"] for each in data["alerts"]] == ["border", "tariff"]


def test_a_digest_lists_the_data_of_single_messages() -> None:
    one, other = item(alert(number=1)), item(alert(number=2), change=CHANGE)
    body = build_payload(notice(one, other))
    assert body["type"] == "digest"
    assert body["data"] == {"items": [build_payload(notice(each))["data"] for each in (one, other)]}


@pytest.mark.parametrize("kind", [MessageKind.OPERATOR, MessageKind.TEST])
def test_an_operator_message_is_its_text(kind: MessageKind) -> None:
    body = build_payload(notice(kind=kind, items=(), text="kjzz fails\nsince noon"))
    assert body["type"] == kind.value
    assert body["data"] == {"message": "kjzz fails since noon"}


def test_a_cut_excerpt_keeps_the_words_that_matched_and_every_topic() -> None:
    long = "x " * 2_000 + "arancel" + " y" * 2_000
    hits = (*(hit("arancel", long) for _ in range(40)), hit("arancel", long, topic="border"))
    matches = build_payload(notice(item(hits=hits)))["data"]["matches"]
    assert {match["topic"] for match in matches} == {"tariff", "border"}
    assert all("arancel" in match["excerpt"] for match in matches)


def test_an_address_too_long_to_send_whole_is_left_out() -> None:
    long = notice(item(url="https://news.example/" + "a" * 9_000))
    assert build_payload(long)["data"]["article"]["url"] is None


def test_a_digest_of_1600_articles_names_them_all() -> None:
    items = [item(alert(number=n), hits=(hit("tariff"),) * 5, title=f"S {n}") for n in range(1600)]
    body = build_payload(notice(*items))
    assert len(encode_payload(body)) < 1_000_000
    assert [each["article"]["title"] for each in body["data"]["items"]] == [
        f"S {n}" for n in range(1600)
    ]


def test_a_digest_beyond_its_limit_counts_the_articles_left_out() -> None:
    items = [item(alert(number=n), title="headline " * 30) for n in range(6_000)]
    body = build_payload(notice(*items))
    assert len(encode_payload(body)) < 1_000_000
    assert len(body["data"]["items"]) + body["data"]["omitted"] == 6_000


MONSTROUS = st.sampled_from(
    ["", "a", "é", "\U0001f600", '"', "\\", "\x00", "\x1b", "\n", "\u2028", "\ud800", "\u0301"]
).flatmap(lambda unit: st.sampled_from([1, 100, 5_000, 200_000]).map(lambda n: unit * n))


@st.composite
def monstrous_items(draw: st.DrawFn, many: st.SearchStrategy[int]) -> Item:
    number, text, sentence = draw(many), draw(MONSTROUS), draw(MONSTROUS)
    return item(
        *(alert(draw(MONSTROUS) + str(n)) for n in range(number)),
        hits=(replace(hit("", text), end=draw(st.integers(-5, 300_000))),) * number,
        change=Change(kind=ChangeKind.MATERIAL, added=(sentence,) * number, removed=(text,)),
        title=draw(MONSTROUS),
        guid=draw(MONSTROUS),
        url="https://news.example/" + text,
        authors=(text,) * number,
        source=text,
        language=text,
    )


@settings(max_examples=60, deadline=None)
@given(monstrous_items(st.sampled_from([1, 3, 60])))
def test_no_text_makes_a_message_too_large_or_unreadable(article: Item) -> None:
    body = encode_payload(build_payload(notice(article)))
    assert len(body) < 20_000
    assert json.loads(body)["data"]["article"]["id"] == 3
    assert not set(body.decode()) & set("\x00\x1b\n\u2028")


@settings(max_examples=6, deadline=None)
@given(monstrous_items(st.just(10)))
def test_no_texts_make_a_digest_too_large(article: Item) -> None:
    body = encode_payload(build_payload(notice(*[article] * 100)))
    assert len(body) < 1_000_000
    assert len(json.loads(body)["data"]["items"]) > 80


def test_the_excerpt_of_a_match_in_the_headline_is_the_headline() -> None:
    (match,) = build_payload(notice(item(hits=(title_hit("steel"),))))["data"]["matches"]
    assert match == {
        "topic": "tariff",
        "place": "title",
        "excerpt": HEADLINE,
        "level": "mention",
    }
