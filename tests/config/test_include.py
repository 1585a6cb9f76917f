"""Many sources from other files."""

import time
from datetime import timedelta
from pathlib import Path

import pytest

from monitor import config
from monitor.config.opml import read_opml, write_opml
from monitor.errors import ConfigError, ParseError
from monitor.settings import Settings

NEWS = '<opml version="2.0"><head/><body>{}</body></opml>'


def loaded(folder: Path, *includes: str, text: str = "") -> Settings:
    path = folder / "config.yaml"
    lines = "".join(f'  - include: "{each}"\n' for each in includes)
    path.write_text(f"sources:\n{lines}{text}")
    return config.load(path)


def refused(folder: Path, *includes: str, text: str = "") -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, *includes, text=text)
    return [fault.replace(f"{folder}/", "") for fault in caught.value.faults]


def outline(name: str, url: str) -> str:
    return f'<outline type="rss" text="{name}" xmlUrl="{url}"/>'


def names(settings: Settings) -> list[str]:
    return [source.name for source in settings.sources]


def test_twenty_thousand_outlines_load_within_seconds(tmp_path: Path) -> None:
    body = "\n".join(outline(f"Feed {n % 100}", f"https://{n}.example/rss") for n in range(20_000))
    (tmp_path / "feeds.opml").write_text(NEWS.format(body))
    started = time.process_time()
    found = loaded(tmp_path, "feeds.opml")
    assert time.process_time() - started < 30
    assert len(set(names(found))) == 20_000
    assert found.sources[0].every == timedelta(minutes=15)


def test_outlines_in_folders_are_found_and_an_address_counts_once(tmp_path: Path) -> None:
    twice = outline("A", "https://a.example/")
    body = f'<outline text="Folder">{twice}<outline text="Deeper">{twice}</outline></outline>'
    (tmp_path / "feeds.opml").write_text(NEWS.format(body))
    assert names(loaded(tmp_path, "feeds.opml")) == ["A"]


def test_an_opml_title_gets_a_number_if_a_written_name_is_the_same(tmp_path: Path) -> None:
    body = outline("a", "https://x.example/") + outline("", "https://y.example/feed")
    (tmp_path / "feeds.opml").write_text(NEWS.format(body))
    found = loaded(tmp_path, "feeds.opml", text="  - {name: a, url: 'https://a.example/'}\n")
    assert names(found) == ["a", "a (2)", "y.example"]


@pytest.mark.parametrize("head", ["", "sources:\n"])
def test_a_yaml_file_is_a_list_of_sources(tmp_path: Path, head: str) -> None:
    (tmp_path / "more.yaml").write_text(
        f"{head}- name: m\n  url: https://m.example/\n  every: 1h\n"
    )
    [source] = loaded(tmp_path, "more.yaml").sources
    assert (source.name, source.every) == ("m", timedelta(hours=1))


def test_a_pattern_includes_every_file_but_this_one(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("- {name: b, url: 'https://b.example/'}\n")
    (tmp_path / "a.yaml").write_text("- {name: a, url: 'https://a.example/'}\n")
    assert names(loaded(tmp_path, "*.yaml")) == ["a", "b"]


def test_faults_inside_name_that_file_and_follow_those_of_the_first(tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text(
        "- name: a\n  url: https://a.example/\n  every: soon\n- nam: b\n- include: x.yaml\n"
    )
    (tmp_path / "feeds.opml").write_text("<opml><body>\n  <outline text='a & b'/></body></opml>")
    found = refused(
        tmp_path, "more.yaml", "feeds.opml", "none.yaml", text="  - {name: a, url: x}\n"
    )
    assert [fault.split(": ")[0] for fault in found] == [
        "config.yaml:4:14",
        "config.yaml:5:12",
        "more.yaml:3:10",
        "more.yaml:4:3",
        "more.yaml:4:3",
        "more.yaml:4:3",
        "more.yaml:5:3",
        "feeds.opml:2:21",
    ]
    assert "(more.yaml:1)" in found[1]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.yaml", "sources: 3\n", "a.yaml:1:1: must be `sources:` and a list"),
        ("a.yaml", "just text\n", "a.yaml:1:1: must be a list of sources"),
        ("a.yaml", "- a: [\n", "a.yaml:2:1: a value is missing"),
        ("a.opml", "<rss></rss>", "a.opml:1:1: is no OPML file: it begins with <rss>"),
        ("a.opml", "", "a.opml:1:1: broken XML: no element found"),
        ("a.opml", "no xml", "a.opml:1:1: broken XML: syntax error"),
        ("a.opml", "<?xml version='1.0' encoding='zip'?><opml/>", "a.opml:1:"),
        (
            "a.opml",
            '<!DOCTYPE o [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><opml t="&b;"/>',
            "a.opml:1:25: declares entities",
        ),
    ],
)
def test_a_file_that_is_no_list_of_sources_is_a_fault_that_says_so(
    tmp_path: Path, name: str, text: str, expected: str
) -> None:
    (tmp_path / name).write_text(text)
    [fault] = refused(tmp_path, name)
    assert fault.startswith(expected)


def test_an_address_in_an_outline_that_will_not_be_fetched_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "feeds.opml").write_text(NEWS.format("\n" + outline("a", "http://127.0.0.1/")))
    [warning] = loaded(tmp_path, "feeds.opml").warnings
    assert "feeds.opml:2:1: warning: url: will not be fetched: 127.0.0.1" in warning


def test_opml_that_was_written_reads_back(tmp_path: Path) -> None:
    text = "  - {name: 'A & <B> \"c\"', url: 'https://a.x/?a=1&b=2'}\n"
    written = write_opml(loaded(tmp_path, text=text).sources)
    assert read_opml(written) == [('A & <B> "c"', "https://a.x/?a=1&b=2")]


def test_a_broken_opml_file_is_refused_with_its_place() -> None:
    with pytest.raises(ParseError, match="line 1, column 7"):
        read_opml(b"<opml><")
