import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notices import CHANGE, HEADLINE, SENTENCE, alert, hit, item, notice, title_hit

from monitor.core.messages.webhook_payload import encoded, payload
from monitor.model import Change, ChangeKind, Item, MessageKind, Reason


def test_an_article_is_told_as_the_contract_has_it() -> None:
    told = item(alert("border", Reason.NOW_MATCHES, 8), hits=(hit("import duty"),), change=CHANGE)
    told = replace(told, story=replace(told.story, opening="It rose. It fell. It stayed."))
    assert payload(notice(told)) == {
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
            "matches": [{"topic": "tariff", "place": "body", "excerpt": SENTENCE}],
            "change": {
                "kind": "material",
                "score": 0.4,
                "title": ["Tariff on steel raised", HEADLINE],
                "added": list(CHANGE.added),
                "removed": list(CHANGE.removed),
            },
        },
    }


def test_what_is_not_known_is_null() -> None:
    told = item(url=None, guid=None, authors=(), published_at=None, updated_at=None, language=None)
    data = payload(notice(told))["data"]
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
    told = item(*(alert(f"topic{n}", reason, n) for n, reason in enumerate(reasons)))
    assert payload(notice(told))["type"] == kind


def test_several_topics_of_one_article_are_one_message() -> None:
    data = payload(notice(item(alert("border", number=1), alert("tariff", number=2))))["data"]
    assert [each["topic"] for each in data["alerts"]] == ["border", "tariff"]


def test_a_digest_lists_what_single_messages_would_have_said() -> None:
    one, other = item(alert(number=1)), item(alert(number=2), change=CHANGE)
    body = payload(notice(one, other))
    assert body["type"] == "digest"
    assert body["data"] == {"items": [payload(notice(each))["data"] for each in (one, other)]}


@pytest.mark.parametrize("kind", [MessageKind.OPERATOR, MessageKind.TEST])
def test_a_message_of_the_monitor_itself_is_its_text(kind: MessageKind) -> None:
    body = payload(notice(kind=kind, items=(), text="kjzz fails\nsince noon"))
    assert body["type"] == kind.value
    assert body["data"] == {"message": "kjzz fails since noon"}


def test_a_cut_excerpt_keeps_the_words_that_matched_and_every_topic() -> None:
    long = "x " * 2_000 + "arancel" + " y" * 2_000
    hits = (*(hit("arancel", long) for _ in range(40)), hit("arancel", long, topic="border"))
    matches = payload(notice(item(hits=hits)))["data"]["matches"]
    assert {match["topic"] for match in matches} == {"tariff", "border"}
    assert all("arancel" in match["excerpt"] for match in matches)


def test_an_address_too_long_to_send_whole_is_left_out() -> None:
    article = payload(notice(item(url="https://news.example/" + "a" * 9_000)))["data"]["article"]
    assert article["url"] is None


def test_a_digest_of_1600_articles_names_them_all() -> None:
    items = [item(alert(number=n), hits=(hit("tariff"),) * 5, title=f"S {n}") for n in range(1600)]
    body = payload(notice(*items))
    assert len(encoded(body)) < 1_000_000
    assert [each["article"]["title"] for each in body["data"]["items"]] == [
        f"S {n}" for n in range(1600)
    ]


def test_a_digest_past_every_bound_says_how_many_it_left_out() -> None:
    items = [item(alert(number=n), title="headline " * 30) for n in range(6_000)]
    body = payload(notice(*items))
    assert len(encoded(body)) < 1_000_000
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
def test_no_text_makes_a_message_too_large_or_unreadable(told: Item) -> None:
    body = encoded(payload(notice(told)))
    assert len(body) < 20_000
    assert json.loads(body)["data"]["article"]["id"] == 3
    assert not set(body.decode()) & set("\x00\x1b\n\u2028")


@settings(max_examples=6, deadline=None)
@given(monstrous_items(st.just(10)))
def test_no_texts_make_a_digest_too_large(told: Item) -> None:
    body = encoded(payload(notice(*[told] * 100)))
    assert len(body) < 1_000_000
    assert len(json.loads(body)["data"]["items"]) > 80


def test_the_headline_is_where_it_matched() -> None:
    (match,) = payload(notice(item(hits=(title_hit("steel"),))))["data"]["matches"]
    assert match == {"topic": "tariff", "place": "title", "excerpt": HEADLINE}
