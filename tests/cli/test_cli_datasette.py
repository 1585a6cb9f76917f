"""The database as the real Datasette shows it, with the metadata that we write for it."""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from click.testing import CliRunner

from monitor.cli.datasette import QUERIES, TABLES, datasette
from monitor.store.sqlite import prepare
from monitor.store.views import VIEWS

DOCUMENTED = Path(__file__).parent.parent.parent / "docs" / "database.md"
SEEN = "2026-01-05T12:00:00Z"
TEXTS = {1: "A tariff on steel.", 2: "Water for the council.", 3: "No tariff at all."}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pytest.importorskip("datasette")
    with closing(prepare(tmp_path / "news.db")) as conn:
        conn.execute("INSERT INTO sources (name, url) VALUES ('kjzz', 'http://kjzz.test/')")
        conn.executemany(
            "INSERT INTO articles (id, source, title, text, first_seen_at, last_seen_at, story_id)"
            " VALUES (?, 'kjzz', ?, ?, ?, ?, 1)",
            [(number, f"Headline {number}", text, SEEN, SEEN) for number, text in TEXTS.items()],
        )
        conn.execute(
            "INSERT INTO matches (article_id, revision, topic, place, excerpt, start, end,"
            " excerpt_at) VALUES (1, 1, 'trade', 'body', 'A tariff', 2, 8, 0)"
        )
        conn.commit()
        conn.execute("PRAGMA journal_mode=DELETE")
    (tmp_path / "config.yaml").write_text("database: news.db\nsources: []\n", "utf-8")
    written = CliRunner().invoke(
        datasette, ["-c", str(tmp_path / "config.yaml")], standalone_mode=False, obj={}
    )
    (tmp_path / "metadata.yaml").write_text(written.stdout, "utf-8")
    return tmp_path


def shown(folder: Path, page: str, **asked: str) -> Any:
    """What Datasette answers for one address of the database."""
    path = f"/news{page}.json?{urlencode(asked)}"
    command = [sys.executable, "-m", "datasette", "news.db", "-m", "metadata.yaml", "--get", path]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


def test_a_search_finds_the_word_and_not_everything(folder: Path) -> None:
    found = shown(folder, "/articles", _search="tariff", _shape="array")
    assert sorted(row["id"] for row in found) == [1, 3]


def test_what_is_internal_is_hidden_and_every_view_is_described(folder: Path) -> None:
    page = shown(folder, "")
    assert {table["name"] for table in page["tables"] if not table["hidden"]} == TABLES.keys()
    assert {view["name"] for view in page["views"]} == {view.name for view in VIEWS}
    assert {query["name"] for query in page["queries"]} == QUERIES.keys()


@pytest.mark.parametrize("name", QUERIES)
def test_every_ready_query_runs(folder: Path, name: str) -> None:
    values = {"topic": "trade", "day": SEEN[:10], "words": "tariff", "story_id": "1"}
    rows = shown(folder, f"/{name}", _shape="array", **values)
    expected = {"newest": 1, "words": 2, "story": 3}
    assert len(rows) == expected.get(name, 0)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_view_has_the_columns_that_are_described(folder: Path, view: Any) -> None:
    page = shown(folder, f"/{view.name}")
    assert page["columns"] == list(view.columns)
    described = yaml.safe_load((folder / "metadata.yaml").read_text("utf-8"))
    assert described["databases"]["news"]["tables"][view.name]["columns"] == view.columns


def test_a_match_has_an_address_of_its_own(folder: Path) -> None:
    [match] = shown(folder, "/matches", _shape="array")
    assert match["id"] == 1


def test_the_documentation_lists_every_view_with_its_columns() -> None:
    text = DOCUMENTED.read_text("utf-8")
    for view in VIEWS:
        rows = "\n".join(f"| `{name}` | {about} |" for name, about in view.columns.items())
        assert f"## `{view.name}`\n\n{view.about}\n\n| column | is |\n|---|---|\n{rows}\n" in text
