"""The product against the naive model; and that the model sees what it is there to see."""

import random

import pytest

from model import script as scripts
from model import stories
from model.machine import Step
from model.mutations import FAULTS, Fault
from model.script import failure, script, shortest, written
from model.stories import PLANTS, Post, State, kind_of
from model.world import START
from monitor.core.pages.extract import extract_article
from monitor.core.revisions.diff import detect_change, is_shrunk

SEEDS, STEPS = (1, 2, 3, 4), 500
A_SOURCE_IS_AWAY = [  # until all that it listed fell due; then one of these is edited
    Step("publish", 2, 0b0110001),
    Step("wait", 3),
    Step("source", 2),
    Step("wait", 9),
    Step("source", 2),
    Step("edit", 0, 1, 1),
    Step("settle"),
]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for target, name, value in scripts.QUICK:
        monkeypatch.setattr(target, name, value)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_alert_is_owed_once_and_sent_once_and_none_is_lost(seed: int) -> None:
    steps = script(seed, STEPS)
    found = failure(steps)
    if found is not None:
        left = shortest(steps[: found.at + 1], found.kind, seconds=60)
        pytest.fail(f"{found.text}\nreplay with model.script.replay({written(left)})")


def test_what_is_edited_while_its_source_is_away_is_read_when_it_is_back() -> None:
    assert failure(A_SOURCE_IS_AWAY) is None


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_the_model_sees_a_fault(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    played = (A_SOURCE_IS_AWAY, *(script(seed, STEPS) for seed in SEEDS))
    assert any(failure(steps) is not None for steps in played)


def test_an_edit_of_a_generated_story_is_of_the_kind_it_was_made_as() -> None:
    draw = random.Random(1)
    for number in range(200):
        post = _post(number)
        old, new = _state(draw), _state(draw)
        before, after = ("\n\n".join(stories.sentences(post, one)) for one in (old, new))
        found = detect_change(stories.title(post, old), before, stories.title(post, new), after)
        assert (found and found.kind) == (None if old == new else kind_of(old, new))
        assert not is_shrunk(before, after)


def test_the_page_of_a_generated_story_is_read_as_it_was_written() -> None:
    draw = random.Random(2)
    for number in range(50):
        post, state = _post(number), _state(draw)
        article = extract_article(
            stories.page(post, state).encode(),
            url="http://alder.example/story",
            content_type="text/html",
            zone="UTC",
            language="en",
            now=START,
            feed=None,
        )
        assert article.no_article is None
        assert article.text == "\n\n".join(stories.sentences(post, state))


def _post(number: int) -> Post:
    return Post(
        number=number,
        text=number,
        outlet="alder.example",
        guid="guid",
        link=None,
        published=None,
        paged=True,
        state=State(),
        is_long=number % 4 == 0,
    )


def _state(draw: random.Random) -> State:
    return State(
        headline=draw.randrange(3),
        typo=draw.random() < 0.5,
        facts=frozenset(draw.sample(range(7), draw.randrange(4))),
        plants=frozenset(draw.sample(PLANTS, draw.randrange(4))),
        notes=draw.randrange(3),
    )
