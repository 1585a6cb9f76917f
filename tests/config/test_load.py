"""config.yaml → Settings, or every fault at once, each where it stands."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor import config
from monitor.config.edit import add_sources
from monitor.config.opml import read_opml, write_opml
from monitor.config.shape import schema
from monitor.errors import ConfigError
from monitor.model import Reason
from monitor.settings import Settings, WebhookSettings

ROOT = Path(__file__).parent.parent.parent


def written(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def loaded(folder: Path, text: str) -> Settings:
    return config.load(written(folder, text))


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text)
    return [fault.removeprefix(f"{folder}/") for fault in caught.value.faults]


def test_the_example_is_a_configuration_without_a_warning() -> None:
    assert config.load(ROOT / "config.yaml").warnings == ()


def test_the_starter_is_the_example() -> None:
    starter = ROOT / "monitor" / "config" / "starter.yaml"
    assert starter.read_text() == (ROOT / "config.yaml").read_text()


def test_eight_faults_are_all_told_where_they_stand(tmp_path: Path) -> None:
    text = """\
databse: news.db
timezone: America/Phenix
poll: {every: 15 minutes}
sources:
  - name: a
    url: https://a.example/rss
  - name: a
    url: https://b.example/rss
    evry: 10m
topics:
  - name: t
    match: 'tariff OR "import duty'
    alert: [nobody]
channels:
  - name: d
    type: email
    to: [desk@example.org]
    from: m@example.org
    smtp: {host: mail.example.org, tls: none}
"""
    told = faults(tmp_path, text)
    assert [fault.split(": ")[0] for fault in told] == [
        "config.yaml:1:1",
        "config.yaml:2:11",
        "config.yaml:3:15",
        "config.yaml:7:11",
        "config.yaml:9:5",
        "config.yaml:12:23",
        "config.yaml:13:13",
        "config.yaml:19:41",
    ]
    assert "did you mean 'database'?" in told[0]
    assert "did you mean America/Phoenix?" in told[1]
    assert "line 5" in told[3]


def test_a_rule_in_a_block_is_pointed_at_in_its_own_line(tmp_path: Path) -> None:
    text = """\
topics:
  - name: t
    match: |
      tariff OR
      "import duty
"""
    [fault] = faults(tmp_path, text)
    assert fault.startswith("config.yaml:5:7: ")


def test_words_that_old_yaml_misreads_stay_words(tmp_path: Path) -> None:
    text = """\
topics:
  - {name: no, match: 2019, on: [new, retracted]}
sources: [{name: 08:30, url: "https://a.example/", fetch_articles: false}]
"""
    found = loaded(tmp_path, text)
    assert (found.topics[0].name, found.topics[0].query) == ("no", "2019")
    assert found.topics[0].on == {Reason.NEW, Reason.RETRACTED}
    assert found.sources[0].name == "08:30"
    assert found.sources[0].fetch_articles is False


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("- a\n", "no list of keys"),
        ("a: [\n", "not readable as YAML"),
        ("a:\n\t- b\n", "not readable as YAML"),
        ("poll: {every: 1m, every: 2m}\n", "stands twice"),
        ("poll: {every: 0s}\n", "at least 1s"),
        ("network: {max_body: many}\n", "a size is a number"),
        ("network: {allow_private: [10.0.0.0/33]}\n", "is no network"),
        ("sources: [{name: a}]\n", "'url' is missing"),
        ("sources: [just-a-name]\n", "a source is"),
        ("channels: [{name: a, type: pigeon}]\n", "needs a type"),
        ("topics: [{name: mine}]\n", "has no match"),
        ("topics: [{name: t, match: x, on: [never]}]\n", "on: "),
    ],
)
def test_a_broken_file_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    told = faults(tmp_path, text)
    assert len(told) == 1
    assert said in told[0]


def test_a_private_or_odd_address_is_a_warning_only(tmp_path: Path) -> None:
    found = loaded(tmp_path, 'sources: [{name: a, url: "http://10.0.0.1/rss"}]\n')
    [warning] = found.warnings
    assert "config.yaml:1:26: warning: " in warning
    assert "10.0.0.1" in warning


def test_without_topics_the_built_in_three_apply(tmp_path: Path) -> None:
    found = loaded(tmp_path, "sources: []\n")
    assert [topic.name for topic in found.topics] == ["immigration", "tariff", "border"]
    assert all(topic.channels is None for topic in found.topics)


def test_a_built_in_topic_can_be_named_and_another_overridden(tmp_path: Path) -> None:
    found = loaded(tmp_path, "topics: [border, {name: tariff, match: duty}]\n")
    assert found.topics[0].query.count("border") > 1
    assert found.topics[1].query == "duty"


def test_secrets_come_from_files_and_the_environment_and_are_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "smtp").write_text("hunter2\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    monkeypatch.setenv("HOOK", "whsec_c2VjcmV0")
    text = """\
channels:
  - {name: d, type: email, to: [a@b.org], from: m@b.org, smtp: {password_file: smtp}}
  - {name: h, type: webhook, url: "https://h.example/x", secret_env: HOOK}
"""
    found = loaded(tmp_path, text)
    mail, hook = found.channels
    assert isinstance(hook, WebhookSettings)
    assert hook.secrets == ("whsec_c2VjcmV0",)
    assert "hunter2" in str(mail.smtp.password)
    assert "hunter2" not in repr(found)
    assert "c2VjcmV0" not in repr(found)


def test_a_missing_secret_is_a_fault(tmp_path: Path) -> None:
    text = 'channels: [{name: h, type: webhook, url: "https://h.example/", secret_file: no}]\n'
    [fault] = faults(tmp_path, text)
    assert "there is no file no" in fault


def test_twenty_thousand_sources_come_from_one_opml_file(tmp_path: Path) -> None:
    outlines = "".join(
        f'<outline text="Feed {n % 100}" xmlUrl="https://{n}.example/rss"/>' for n in range(20_000)
    )
    (tmp_path / "feeds.opml").write_text(f"<opml><body>{outlines}</body></opml>")
    found = loaded(tmp_path, "sources: [{include: feeds.opml}]\n")
    assert len({source.name for source in found.sources}) == 20_000
    assert found.sources[0].every == timedelta(minutes=15)


def test_a_fault_in_an_included_file_names_that_file(tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text("- name: a\n  url: https://a.example/\n  every: soon\n")
    [fault] = faults(tmp_path, "sources: [{include: more.yaml}]\n")
    assert fault.startswith("more.yaml:3:10: every: a duration")


def test_imported_feeds_join_the_file_and_its_comments_stay(tmp_path: Path) -> None:
    path = written(tmp_path, "# mine\nsources:\n  - name: a  # the first\n    url: https://a.x/\n")
    found = [("a", "https://b.x/"), ("again", "https://a.x/")]
    assert add_sources(path, found) == ["a (2)"]
    text = path.read_text()
    assert "# mine" in text
    assert "# the first" in text
    assert [source.name for source in config.load(path).sources] == ["a", "a (2)"]


def test_opml_that_was_written_reads_back(tmp_path: Path) -> None:
    sources = loaded(
        tmp_path, 'sources: [{name: "A & <B>", url: "https://a.x/?a=1&b=2"}]\n'
    ).sources
    assert read_opml(write_opml(sources)) == [("A & <B>", "https://a.x/?a=1&b=2")]


def test_the_schema_describes_every_section() -> None:
    described = json.loads(json.dumps(schema()))
    assert set(described["properties"]) == {
        "database",
        "timezone",
        "poll",
        "network",
        "sources",
        "topics",
        "channels",
    }
    assert described["additionalProperties"] is False


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=200), st.text(alphabet="a:-[]{}\n &*!|>'\"#", max_size=80)))
def test_any_bytes_give_settings_or_faults(tmp_path: Path, noise: bytes | str) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(noise if isinstance(noise, bytes) else noise.encode())
    answer: Settings | ConfigError
    try:
        answer = config.load(path)
    except ConfigError as error:
        answer = error
    assert isinstance(answer, Settings) or answer.faults
