"""Every command on a database that a real pass has filled."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from journeys.daemon import command
from journeys.test_daemon import configured
from journeys.world import World


async def lines(*args: str, config: Path) -> list[dict[str, Any]]:
    code, out, err = await command(*args, "--json", config=config)
    assert code == 0, err
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
async def filled(world: World) -> Path:
    """A story in two revisions, told both times."""
    story = world.story("strike")
    world.site.publish(story)
    path = configured(world, "news")
    [first] = await lines("poll", config=path)
    assert (first["articles_new"], first["sent"]) == (1, 1)
    more = "The governor said that 4,500 trucks had been turned away at the border since Sunday."
    world.site.edit(
        "strike",
        paragraphs=(*story.paragraphs, more),
        updated=story.published + timedelta(minutes=5),
    )
    [second] = await lines("poll", "--all", config=path)
    assert (second["articles_revised"], second["sent"]) == (1, 1)
    return path


async def test_what_is_stored_can_be_listed_searched_shown_and_compared(filled: Path) -> None:
    [listed] = await lines("articles", "--topic", "border", config=filled)
    assert (listed["revision"], listed["topics"]) == (2, ["border"])
    [found] = await lines("search", "governor", config=filled)
    assert found["id"] == listed["id"]
    [shown] = await lines("show", str(listed["id"]), "--diff", config=filled)
    assert [revision["change"] for revision in shown["revisions"]] == ["first", "material"]
    assert any("4,500" in text for op, text in shown["changes"][0]["text"] if op == "added")
    code, out, _ = await command("show", str(listed["id"]), config=filled)
    assert code == 0
    assert "match      border (about) in the" in out


async def test_the_history_of_an_article_can_be_verified_and_handed_on(
    filled: Path, world: World
) -> None:
    code, out, _ = await command("verify", config=filled)
    assert (code, out) == (0, "2 revisions checked, 0 broken\n")
    [edit] = await lines("articles", "--changed", config=filled)
    assert (edit["revision"], edit["change"]) == (2, "material")
    number = str(edit["id"])
    code, page, _ = await command("export", number, "--format", "html", config=filled)
    assert code == 0
    assert "<ins>" in page
    code, text, _ = await command("export", number, "--format", "json", config=filled)
    assert [revision["number"] for revision in json.loads(text)["revisions"]] == [1, 2]
    with closing(sqlite3.connect(world.folder / "news.db")) as conn:
        conn.execute("UPDATE revisions SET text = 'something else' WHERE number = 1")
        conn.commit()
    code, out, _ = await command("verify", config=filled)
    assert code == 1
    assert "revision 1: was changed after it was stored" in out


async def test_the_outbox_the_state_and_the_sources_can_be_asked(filled: Path) -> None:
    sent = await lines("deliveries", "--state", "sent", config=filled)
    assert len(sent) == 2
    [state] = await lines("status", config=filled)
    assert (state["sent"], state["dead"], state["failing"]) == (2, 0, [])
    [source] = await lines("sources", config=filled)
    assert (source["name"], source["articles"]) == ("news", 1)
    code, out, _ = await command("sources", "export", config=filled)
    assert code == 0
    assert 'text="news"' in out


async def test_a_rule_can_be_tried_on_what_is_stored(filled: Path) -> None:
    query = ("--query", "governor", "--topic", "border")
    [report] = await lines("backtest", *query, config=filled)
    assert report["hits"] == 1
    assert report["gained"] == report["lost"] == []


async def test_a_channel_can_be_tried(filled: Path, world: World) -> None:
    code, _, err = await command("notify", "hook", config=filled)
    assert (code, err) == (0, "")
    assert world.hook.posts[-1].json["type"] == "test"
    code, _, err = await command("notify", "pigeon", config=filled)
    assert code == 2
    assert "there are: hook" in err


async def test_a_source_that_fails_is_named_and_the_others_go_on(world: World) -> None:
    world.site.publish(world.story("strike"))
    path = configured(world, "news", "nowhere")
    code, _, err = await command("poll", config=path)
    assert code == 1
    assert "nowhere: " in err
    assert "404" in err
    assert len(world.hook.posts) == 1


async def test_asking_before_the_first_pass_says_what_to_do(world: World) -> None:
    code, _, err = await command("articles", config=configured(world, "news"))
    assert code == 1
    assert "news-monitor poll" in err
