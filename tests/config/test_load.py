"""config.yaml → Settings, or every fault at once, each where it stands."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from monitor import config
from monitor.channels.email.config import EmailConfig, Tls
from monitor.channels.webhook.config import WebhookConfig
from monitor.errors import ConfigError
from monitor.model import Reason
from monitor.settings import Settings

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


def test_eight_faults_are_all_reported_at_their_positions(tmp_path: Path) -> None:
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
    alert: [desq]
channels:
  - name: desk
    type: email
    to: [desk@example.org]
    from: m@example.org
    smtp: {host: mail.example.org, tls: none}
"""
    assert faults(tmp_path, text) == [
        "config.yaml:1:1: unknown key 'databse'; did you mean 'database'?",
        "config.yaml:2:11: timezone: 'America/Phenix' is no time zone"
        "; did you mean 'America/Phoenix'?",
        "config.yaml:3:15: every: '15 minutes' is no duration"
        ": write a number and s, m, h or d, as 90s, 15m, 2h, 7d",
        "config.yaml:7:11: another source is named 'a' (line 5): rename one",
        "config.yaml:9:5: unknown key 'evry'; did you mean 'every'?",
        "config.yaml:12:23: match: this quote is never closed"
        ': write a second " where the phrase ends',
        "config.yaml:13:13: alert: no channel is named 'desq'; did you mean 'desk'?",
        "config.yaml:19:41: tls: none sends all in clear and is for this machine only"
        ": write starttls or implicit",
    ]


@pytest.mark.parametrize(
    ("match", "position"),
    [
        ('|\n      tariff OR\n      "import duty\n', "4:7"),
        ('>-\n      tariff OR\n\n      (customs AND\n      "import duty\n', "6:7"),
        ("|2  # two more\n      tariff\n      OR (duty\n", "4:10"),
        ("tariff OR\n      duty OR (x\n", "3:15"),
        ("'it''s OR (x'\n", "2:22"),
        ('"\\"import duty\\" OR\\n \\u0028x"\n', "2:34"),
        ('"tariff \\\n       OR (x"\n', "3:11"),
        ("tariff NEAR duty\n", "2:19"),
    ],
)
def test_a_broken_rule_is_pointed_at_however_it_is_written(
    tmp_path: Path, match: str, position: str
) -> None:
    [fault] = faults(tmp_path, f"topics:\n  - match: {match}    name: t\n")
    assert fault.startswith(f"config.yaml:{position}: match: ")


def test_words_that_old_yaml_misreads_stay_words(tmp_path: Path) -> None:
    text = """\
topics:
  - {name: no, match: 2019-09-11, on: [new, retracted]}
sources: [{name: 08:30, url: "https://a.example/", fetch_articles: false, language: no}]
"""
    found = loaded(tmp_path, text)
    assert (found.topics[0].name, found.topics[0].query) == ("no", "2019-09-11")
    assert found.topics[0].on == {Reason.NEW, Reason.RETRACTED}
    assert found.sources[0].name == "08:30"
    assert found.sources[0].language == "no"
    assert found.sources[0].fetch_articles is False


def test_every_key_arrives(tmp_path: Path) -> None:
    text = """\
database: here/n.db
timezone: Europe/Madrid
poll: {every: 10m, min: 5m, max: 2h, first_alert_age: 0s}
network:
  allow_private: 10.0.0.0/8
  user_agent: me (+mailto:me@example.org)
  timeout: 5s
  max_body: 2MiB
  host_connections: 1
  host_delay: 0s
  robots: no
sources:
  - name: s
    url: https://s.example/
    every: 1d
    timezone: America/Phoenix
    language: es
    enabled: false
    headers: {X-Key: k}
    username: u
    password: p
topics: [{name: t, match: x, alert: [], on: headline}, {name: u, match: y, alert: hook}]
channels:
  - name: hook
    type: webhook
    url: https://h.example/
    secret: [whsec_bmV3, whsec_b2xk]
    retry: [5s, 1h]
    max_per_hour: 0
  - {name: m, type: email, to: a@b.org, from: N <n@b.org>, smtp: {tls: implicit, host: m.b.org}}
"""
    found = loaded(tmp_path, text)
    assert found.database == tmp_path / "here/n.db"
    assert found.timezone == "Europe/Madrid"
    assert (found.poll.min, found.poll.max) == (timedelta(minutes=5), timedelta(hours=2))
    assert found.network.max_body == 2 * 2**20
    assert found.network.allow_private == ("10.0.0.0/8",)
    assert found.network.robots is False
    source = found.sources[0]
    assert source.headers == (("X-Key", "k"), ("Authorization", "Basic dTpw"))
    assert (source.every, source.enabled) == (timedelta(days=1), False)
    assert found.topics[0].channels == ()
    assert found.topics[0].on == {Reason.HEADLINE}
    assert found.topics[1].channels == ("hook",)
    hook, mail = found.channels
    assert isinstance(hook, WebhookConfig)
    assert hook.secrets == ("whsec_bmV3", "whsec_b2xk")
    assert hook.retry == (timedelta(seconds=5), timedelta(hours=1))
    assert isinstance(mail, EmailConfig)
    assert (mail.to, mail.sender) == (("a@b.org",), "N <n@b.org>")
    assert (mail.smtp.server_port, mail.smtp.tls) == (465, Tls.IMPLICIT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1: is empty: `news-monitor init` writes a starter"),
        ("# nothing\n", "1:1: is empty"),
        ("- a\n", "1:1: must hold keys"),
        ("poll: [\n", "2:1: a value is missing, or a bracket is not closed"),
        ("poll: [1\n", "1:7: a ',' or the closing bracket is missing"),
        ("database: 'x\n", "1:11: the closing quote is missing"),
        ("poll:\n\tevery: 1m\n", "2:1: a tab: indent with spaces"),
        ("poll: {every: 1m, every: 2m}\n", "1:19: 'every' stands twice"),
        ("database: a: b\n", "1:12: a ': ' where none can stand"),
        ("database: *b\n", "1:11: an unknown alias"),
        ("database: !!python/name:os.system x\n", "1:11: a tag"),
        ("database: !env X\n", "1:11: a tag"),
        ("database:\n", "1:10: database: has no value"),
        ("database: a\n---\ndatabase: b\n", "2:1: a second document"),
        ("database: [a]\n", "1:11: database: must be one text"),
        ("poll: {every: 0s}\n", "1:15: every: must be at least 1s"),
        ("poll: {every: 15}\n", "1:15: every: '15' is no duration: write 15s, 15m"),
        ("poll: {min: 2h, max: 1h}\n", "1:22: max: is shorter than min"),
        ("network: {max_body: many}\n", "1:21: max_body: 'many' is no size"),
        ("network: {robots: maybe}\n", "1:19: robots: must be true or false"),
        ("network: {host_connections: x}\n", "1:29: host_connections: must be a whole number"),
        ("network: {allow_private: [10.0.0.0/33]}\n", "1:27: allow_private: '10.0.0.0/33' is no"),
        ("network: true\n", "1:10: network: must hold keys"),
        ("timezone: phoenix\n", "1:11: timezone: 'phoenix' is no time zone: write America/Phoenix"),
        ("sources: {}\n", "1:10: sources: must be a list"),
        ("sources: [{name: a}]\n", "1:11: 'url' is missing: add `url: https://"),
        ("sources: [just-a-name]\n", "1:11: must hold keys"),
        ('sources: [{name: a, url: u, headers: {"a b": c}}]\n', "1:39: a b: is no name"),
        ("channels: [{name: a, type: pigeon}]\n", "1:28: type: 'pigeon' is no kind of channel"),
        ("channels: [{name: a}]\n", "1:12: 'type' is missing (known: apprise, command, email,"),
        ("topics: [mine]\n", "1:10: no topic 'mine' is built in"),
        ("topics: [{name: mine}]\n", "1:17: no topic 'mine' is built in"),
        ("topics: [{name: t, match: x, on: [never]}]\n", "1:35: on: 'never' is unknown here"),
        ("topics: [{name: t, match: x, alert: desk}]\n", "1:37: alert: no channel is named"),
        ("topics: [border, border]\n", "1:18: another topic is named 'border'"),
    ],
)
def test_a_broken_file_says_what_to_write_instead(tmp_path: Path, text: str, expected: str) -> None:
    [fault] = faults(tmp_path, text)
    assert fault.startswith(f"config.yaml:{expected}")


def test_one_fault_hides_no_other_in_the_same_item(tmp_path: Path) -> None:
    text = """\
channels:
  - name: hook
    type: webhook
    secret: whsec_%
    retry: [5]
    colour: red
"""
    positions = [fault.split(": ")[0] for fault in faults(tmp_path, text)]
    assert positions == [f"config.yaml:{at}" for at in ("2:5", "4:13", "5:13", "6:5")]


def test_a_topic_may_name_a_channel_that_is_broken_itself(tmp_path: Path) -> None:
    text = "topics: [{name: t, match: x, alert: d}]\nchannels: [{name: d, type: email}]\n"
    assert all(fault.startswith("config.yaml:2:") for fault in faults(tmp_path, text))


def test_a_private_or_odd_address_is_a_warning_only(tmp_path: Path) -> None:
    text = """\
sources:
  - {name: a, url: "http://10.0.0.1/rss"}
  - {name: b, url: "ftp://user:hunter2@b.example/"}
"""
    private, odd = loaded(tmp_path, text).warnings
    assert private.startswith(f"{tmp_path}/config.yaml:2:20: warning: url: will not be fetched: 10")
    assert "config.yaml:3:20: " in odd
    assert "hunter2" not in odd


def test_a_hook_may_be_in_a_network_that_is_allowed_to_all_or_to_it(tmp_path: Path) -> None:
    text = """\
network: {allow_private: 10.0.0.0/8}
sources: [{name: a, url: "https://a.example/"}]
channels:
  - {name: a, type: webhook, url: "http://10.0.0.1/"}
  - {name: b, type: webhook, url: "http://192.168.0.1/", allow_private: 192.168.0.0/16}
  - {name: c, type: webhook, url: "http://192.168.0.1/"}
"""
    [warning] = loaded(tmp_path, text).warnings
    assert "config.yaml:6:35: warning: url: will not be posted to: 192.168.0.1 is" in warning


def test_without_topics_the_built_in_three_apply(tmp_path: Path) -> None:
    found = loaded(tmp_path, "sources: []\n")
    assert [topic.name for topic in found.topics] == ["immigration", "tariff", "border"]
    assert all(topic.channels is None for topic in found.topics)


def test_a_built_in_topic_can_be_named_and_another_overridden(tmp_path: Path) -> None:
    text = "topics: [border, {name: tariff, match: duty}, {name: immigration, alert: []}]\n"
    border, tariff, immigration = loaded(tmp_path, text).topics
    assert border.query.count("border") > 1
    assert tariff.query == "duty"
    assert "asylum" in immigration.query
    assert immigration.channels == ()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", '"::1"'])
def test_mail_may_go_in_clear_to_this_machine(tmp_path: Path, host: str) -> None:
    smtp = f"{{host: {host}, tls: none}}"
    text = f"channels: [{{name: a, type: email, to: x@b.org, from: m@b.org, smtp: {smtp}}}]\n"
    [channel] = loaded(tmp_path, text).channels
    assert isinstance(channel, EmailConfig)
    assert channel.smtp.tls is Tls.NONE


def test_anchors_are_understood(tmp_path: Path) -> None:
    text = """\
channels:
  - {name: a, type: email, to: x@b.org, from: m@b.org, smtp: &post {host: m.b.org, port: 587}}
  - {name: b, type: email, to: y@b.org, from: m@b.org, smtp: *post}
"""
    first, second = loaded(tmp_path, text).channels
    assert isinstance(first, EmailConfig)
    assert isinstance(second, EmailConfig)
    assert first.smtp == second.smtp


@pytest.mark.parametrize(
    "bomb",
    [
        "a: " + "[" * 100_000,
        "a: " + "{b: " * 100_000,
        "- " * 100_000,
        "\n".join([*(f"k{n}: &k{n} [{f'*k{n - 1},' * 10 if n else 'x'}]" for n in range(12))]),
        "a: &a [*a]",
    ],
)
def test_a_file_that_nests_or_grows_without_end_is_one_fault(tmp_path: Path, bomb: str) -> None:
    assert len(faults(tmp_path, bomb)) == 1


def test_no_more_than_a_thousand_faults_are_reported(tmp_path: Path) -> None:
    text = "sources:\n" + "  - {}\n" * 2_000
    found = faults(tmp_path, text)
    assert len(found) == 1_001
    assert any("more than 1000" in fault for fault in found)


def test_bytes_that_are_no_text_are_pointed_at(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes("# é\ndatabase: ".encode() + b"\xff\n")
    with pytest.raises(ConfigError, match=r"config\.yaml:2:11: a byte that is no UTF-8"):
        config.load(path)


def test_find_prefers_the_option_then_the_variable_then_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEWS_MONITOR_CONFIG", raising=False)
    with pytest.raises(ConfigError, match="run `news-monitor init`"):
        config.find(None)
    for name in ("config.yaml", "option.yaml", "variable.yaml"):
        Path(name).touch()
    assert config.find(None) == Path("config.yaml")
    monkeypatch.setenv("NEWS_MONITOR_CONFIG", "variable.yaml")
    assert config.find(None) == Path("variable.yaml")
    assert config.find("option.yaml") == Path("option.yaml")
    with pytest.raises(ConfigError, match=r"other\.yaml: there is no such file"):
        config.find("other.yaml")


def test_the_database_is_found_in_a_broken_file(tmp_path: Path) -> None:
    assert config.database_of(written(tmp_path, "database: x.db\nnonsense: 1\n")).name == "x.db"
    assert config.database_of(written(tmp_path, "a: [")) == tmp_path / "news.db"


YAMLISH = st.text(alphabet="a:-[]{}\n &*!|>'\"#\\\t,é\u2028", max_size=80)
TREES = st.recursive(
    st.none() | st.text(max_size=5) | st.sampled_from(["1m", "email", "tariff OR", "whsec_", "*"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["sources", "topics", "channels", "poll", "name", "url", "match", "type"]
            )
            | st.sampled_from(["alert", "on", "include", "smtp", "headers", "password", "secret"])
            | st.text(max_size=3),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=200)
    | YAMLISH.map(str.encode)
    | TREES.map(lambda tree: json.dumps(tree).encode())
)
@example(b"\xff\xfea\x00")
@example(b'sources: [{include: "\\0*"}]')
@example(b'channels: [{type: webhook, secret_env: "=\\0"}]')
def test_any_bytes_give_settings_or_faults(tmp_path: Path, noise: bytes) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(noise)
    assert outcome(path)


def outcome(path: Path) -> Settings | tuple[str, ...]:
    try:
        return config.load(path)
    except ConfigError as error:
        return error.faults
