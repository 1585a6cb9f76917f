"""`show`: one article on a terminal and in a pipe."""

import sqlite3
from contextlib import closing

import pytest
from terminal import Cli


@pytest.fixture
def edited(cli: Cli) -> Cli:
    texts = (
        "About 300 trucks waited.\n\nThe line began at noon and it grew.",
        "About 450 trucks and cars waited.\n\nA line of two miles began at noon and it grew.",
    )
    with closing(sqlite3.connect(cli.config.parent / "news.db")) as conn:
        conn.executemany(
            "UPDATE revisions SET text = ? WHERE article_id = 3 AND number = ?",
            [(texts[0], 1), (texts[1], 2)],
        )
        conn.commit()
    return cli


def test_a_difference_keeps_the_spaces_between_words(edited: Cli) -> None:
    ended = edited.run("show", "3", "--diff")
    assert ended.out.partition("revision 1 → 2\n")[2] == (
        "About [-300-]{+450+} trucks {+and cars+} waited.\n\n"
        "[-The-]{+A+} line {+of two miles+} began at noon and it grew.\n"
    )


def test_a_long_text_wraps_at_words_on_a_terminal(edited: Cli) -> None:
    lines = edited.on_terminal("show", "3", width=40)
    at = lines.index("About 450 trucks and cars waited.")
    assert lines[at : at + 4] == [
        "About 450 trucks and cars waited.",
        "",
        "A line of two miles began at noon and it",
        "grew.",
    ]


def test_an_article_that_is_not_there_is_said_so(cli: Cli) -> None:
    ended = cli.run("show", "99")
    assert (ended.code, ended.out, ended.err) == (1, "", "no article 99 is stored\n")
    ended = cli.run("show", "2", "--revision", "4")
    assert (ended.code, ended.err) == (1, "article 2 has 1 revision\n")
