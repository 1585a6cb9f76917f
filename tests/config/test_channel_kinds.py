"""Channels beside e-mail: templates, commands and apprise, as config.yaml has them."""

import importlib.util
from datetime import timedelta
from pathlib import Path

import pytest

from monitor import config
from monitor.channels.apprise.config import AppriseConfig
from monitor.channels.command.config import CommandConfig
from monitor.channels.email.config import EmailConfig
from monitor.channels.webhook.config import WebhookConfig
from monitor.config.loader import Examined, examine

HOOK = """\
sources: [{name: a, url: "https://a.example/rss"}]
channels:
  - name: hook
    type: webhook
    url: https://hooks.example/x
"""
OTHER = """\
sources: [{name: a, url: "https://a.example/rss"}]
channels:
"""


def examined(folder: Path, text: str) -> Examined:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return examine(path)


def faults(folder: Path, text: str) -> list[str]:
    return [remark.text.removeprefix(f"{folder}/") for remark in examined(folder, text).faults]


def warnings(folder: Path, text: str) -> list[str]:
    found = examined(folder, text)
    assert found.faults == ()
    return [remark.text.removeprefix(f"{folder}/") for remark in found.warnings]


def test_a_template_is_kept_as_it_is_written(tmp_path: Path) -> None:
    template = '{"text": "{{ subject }}",\n "n": {{ items | length }}}\n'
    block = "    template: |\n" + "".join(f"      {line}\n" for line in template.splitlines())
    path = tmp_path / "config.yaml"
    path.write_text(HOOK + block)
    (hook,) = config.load(path).channels
    assert isinstance(hook, WebhookConfig)
    assert (hook.template, hook.media_type) == (template, "application/json")


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        (
            '    template: |\n      {"text":\n       "{{ data.artikle.title }}"}\n',
            "8:8: template: 'dict object' has no attribute 'artikle'",
        ),
        (
            '    template: |\n\n\n      {"text":\n       "{% if %}"}\n',
            "10:8: template: Expected an expression, got 'end of statement block'",
        ),
        (
            '    template: |\n      {"a": 1,\n       "text": {{ subject }}}\n',
            "8:8: template: makes no JSON: Expecting value (a text needs quotes around it)",
        ),
        (
            "    template: '{\"a\": {{ nothing }}}'\n",
            "6:16: template: 'nothing' is undefined",
        ),
        ("    content_type: text/plain\n", "6:19: content_type: is of a `template`: add one"),
        ("    template: [a]\n", "6:15: template: must be one text, without brackets or braces"),
    ],
)
def test_a_template_with_an_error_is_refused_where_it_stands(
    tmp_path: Path, template: str, fault: str
) -> None:
    assert faults(tmp_path, HOOK + template) == [f"config.yaml:{fault}"]


def test_with_another_content_type_a_template_need_not_make_json(tmp_path: Path) -> None:
    text = HOOK + "    template: '{{ text }}'\n    content_type: text/plain\n"
    assert warnings(tmp_path, text) == []


def test_a_command_runs_where_the_file_is(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(OTHER + "  - {name: c, type: command, command: [sh, -c, ''], timeout: 90s}\n")
    settings = config.load(path)
    (tell,) = settings.channels
    assert isinstance(tell, CommandConfig)
    assert tell.command == ("sh", "-c", "")
    assert tell.timeout == timedelta(seconds=90)
    assert settings.warnings == ()


@pytest.mark.parametrize(
    ("command", "warning"),
    [
        ("no-such-program", "there is no program 'no-such-program' on the PATH that may be run"),
        ("./tell.sh", "there is no program './tell.sh' that may be run"),
    ],
)
def test_a_program_that_is_not_there_is_a_warning(
    tmp_path: Path, command: str, warning: str
) -> None:
    text = f"{OTHER}  - {{name: c, type: command, command: [{command}]}}\n"
    assert warnings(tmp_path, text) == [f"config.yaml:3:39: warning: command: {warning}"]
    (tmp_path / "tell.sh").touch(mode=0o755)
    if command.startswith("./"):
        assert warnings(tmp_path, text) == []


@pytest.mark.parametrize(
    ("channel", "fault"),
    [
        (
            "type: command",
            "3:5: 'command' is missing: add `command: [/usr/local/bin/tell, --urgent]`",
        ),
        ("type: command, command: []", "3:39: command: must name at least 1"),
        ("type: command, command: [a], timeout: 3m", "3:53: timeout: must be at most 2m"),
        ("type: command, command: [a], allow_private: []", "3:44: unknown key 'allow_private'"),
        ('type: command, command: ["a\\0b"]', "3:40: command: holds a NUL character: remove it"),
    ],
)
def test_faults_of_a_command_stand_where_they_are_written(
    tmp_path: Path, channel: str, fault: str
) -> None:
    [found] = faults(tmp_path, f"{OTHER}  - {{name: c, {channel}}}\n")
    assert found.startswith(f"config.yaml:{fault}")


def test_apprise_takes_its_urls_as_the_secrets_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    (tmp_path / "urls").write_text("tgram://t0ken/1\njson://h/x\n")
    path = tmp_path / "config.yaml"
    path.write_text(OTHER + "  - {name: c, type: apprise, urls_file: urls}\n")
    (chat,) = config.load(path).channels
    assert isinstance(chat, AppriseConfig)
    assert chat.urls == ("tgram://t0ken/1", "json://h/x")
    assert "t0ken" not in repr(chat)
    assert faults(tmp_path, OTHER + "  - {name: c, type: apprise}\n") == [
        "config.yaml:3:5: 'urls' is missing: add `urls: [tgram://token/chat]`"
    ]


def test_apprise_that_is_not_installed_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert faults(tmp_path, OTHER + "  - {name: c, type: apprise, urls: 'json://h'}\n") == [
        "config.yaml:3:21: type: apprise is not installed"
        ': install it with `pip install "news-monitor[apprise]"`'
    ]


MAIL = OTHER + "  - {name: desk, type: email, to: a@b.example, from: m@b.example, contact: %s}\n"


@pytest.mark.parametrize(
    "contact", ["mailto:desk@b.example?subject=stop", "https://b.example/stop?list=news"]
)
def test_a_contact_is_a_mail_or_an_https_address(tmp_path: Path, contact: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(MAIL % f'"{contact}"')
    (mail,) = config.load(path).channels
    assert isinstance(mail, EmailConfig)
    assert mail.contact == contact


@pytest.mark.parametrize(
    "contact",
    [
        "desk@b.example",
        "http://b.example/",
        "https://",
        "mailto:x",
        "https://b.example/>\\r\\nX: y",
    ],
)
def test_another_contact_is_a_fault(tmp_path: Path, contact: str) -> None:
    [fault] = faults(tmp_path, MAIL % f'"{contact}"')
    assert "contact: " in fault
    assert "write mailto:desk@example.org or an https address" in fault
