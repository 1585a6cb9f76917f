"""Sources join config.yaml, and every other byte of it stays."""

from pathlib import Path

import pytest

from monitor import config
from monitor.config.edit import add_sources
from monitor.errors import ConfigError

NEW = [("b", "https://b.example/?x=1&y=2")]


def edited(folder: Path, text: str, feeds: list[tuple[str, str]] = NEW) -> str:
    path = folder / "config.yaml"
    path.write_text(text, newline="")
    add_sources(path, feeds)
    return path.read_bytes().decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "# mine\nsources:\n  - name: a   # the first\n    url:   https://a.x/\n"
            "  # end\n\nx: 1\n",
            "# mine\nsources:\n  - name: a   # the first\n    url:   https://a.x/\n"
            "  - name: b\n    url: https://b.example/?x=1&y=2\n  # end\n\nx: 1\n",
        ),
        (
            "sources:\n- {name: a, url: 'https://a.x/'}\nx: 1",
            "sources:\n- {name: a, url: 'https://a.x/'}\n"
            "- name: b\n  url: https://b.example/?x=1&y=2\nx: 1",
        ),
        (
            "sources: []  # none yet\nx: 1\n",
            "sources:   # none yet\n  - name: b\n    url: https://b.example/?x=1&y=2\nx: 1\n",
        ),
        (
            "sources:\n  # - name: c\nx: 1\n",
            "sources:\n  - name: b\n    url: https://b.example/?x=1&y=2\n  # - name: c\nx: 1\n",
        ),
        ("x: 1", "x: 1\nsources:\n  - name: b\n    url: https://b.example/?x=1&y=2\n"),
        (
            "sources: [{name: a, url: 'https://a.x/'}]  # c\nx: 1\n",
            "sources: [{name: a, url: 'https://a.x/'},"
            ' {"name": "b", "url": "https://b.example/?x=1&y=2"}]  # c\nx: 1\n',
        ),
        (
            "x: 1\r\nsources:\r\n  - name: a\r\n    url: https://a.x/\r\n",
            "x: 1\r\nsources:\r\n  - name: a\r\n    url: https://a.x/\r\n"
            "  - name: b\r\n    url: https://b.example/?x=1&y=2\r\n",
        ),
    ],
)
def test_a_source_is_written_as_the_list_is(tmp_path: Path, before: str, after: str) -> None:
    line = "database: n.db"
    assert edited(tmp_path, before.replace("x: 1", line)) == after.replace("x: 1", line)


def test_known_addresses_are_left_out_and_taken_names_numbered(tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text("- {name: m, url: 'https://m.example/'}\n")
    path = tmp_path / "config.yaml"
    path.write_text("sources:\n  - include: more.yaml\n  - {name: a, url: 'https://a.example/'}\n")
    feeds = [("x", "https://m.example/"), ("a", "https://n.example/"), ("m", "https://o.example/")]
    assert add_sources(path, feeds) == ["a (2)", "m (2)"]
    assert [each.name for each in config.load(path).sources] == ["m", "a", "a (2)", "m (2)"]
    assert add_sources(path, feeds) == []


def test_any_name_comes_back_as_it_was(tmp_path: Path) -> None:
    wanted = ["no", "- x", "a: b", "#1", "'q'", '"', "2019-09-11", "{a}", "Ñandú 🦤", "\\", "null"]
    path = tmp_path / "config.yaml"
    path.write_text("sources: []\n")
    add_sources(path, [(name, f"https://{n}.example/#: {n}") for n, name in enumerate(wanted)])
    found = config.load(path).sources
    assert [each.name for each in found] == wanted
    assert found[3].url == "https://3.example/#: 3"


def test_the_file_keeps_its_rights_and_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    real.write_text("sources: []\n")
    real.chmod(0o640)
    link = tmp_path / "config.yaml"
    link.symlink_to(real)
    add_sources(link, NEW)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(each.name for each in tmp_path.iterdir()) == ["config.yaml", "real.yaml"]


def test_a_broken_file_is_not_edited(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("sources: [\n")
    with pytest.raises(ConfigError):
        add_sources(path, NEW)
    assert path.read_text() == "sources: [\n"


def test_an_edit_that_would_not_load_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("sources: []\n")
    with pytest.raises(ConfigError, match="left as it is"):
        add_sources(path, [("two\nlines", "https://b.example/")])
    assert [each.name for each in tmp_path.iterdir()] == ["config.yaml"]
    assert path.read_text() == "sources: []\n"
