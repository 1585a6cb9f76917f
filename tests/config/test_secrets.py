"""Secrets in place, in files and in the environment; none in a message or a repr."""

from pathlib import Path

import pytest

from monitor import config
from monitor.channels.email.config import EmailConfig
from monitor.channels.webhook.config import WebhookConfig
from monitor.errors import ConfigError
from monitor.settings import Settings

SECRET = "hunter2"


def loaded(folder: Path, text: str) -> Settings:
    path = folder / "config.yaml"
    path.write_text(text)
    return config.load(path)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text)
    return str(caught.value).replace(f"{folder}/", "")


def mail(secret: str) -> str:
    return (
        "channels: [{name: d, type: email, to: a@b.org, from: m@b.org,"
        f" smtp: {{user: u, {secret}}}}}]\n"
    )


def hook(secret: str) -> str:
    return f'channels: [{{name: h, type: webhook, url: "https://h.example/", {secret}}}]\n'


def password(settings: Settings) -> str | None:
    [channel] = settings.channels
    assert isinstance(channel, EmailConfig)
    return channel.smtp.password


def signing(settings: Settings) -> tuple[str, ...]:
    [channel] = settings.channels
    assert isinstance(channel, WebhookConfig)
    return channel.secrets


def test_a_secret_file_lies_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "word").write_text(f"{SECRET}\n")
    assert password(loaded(tmp_path, mail("password_file: word"))) == SECRET


def test_the_credentials_folder_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "word").write_text("wrong")
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "word").write_text(SECRET)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    assert password(loaded(tmp_path, mail("password_file: word"))) == SECRET


def test_a_secret_may_stand_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", "whsec_c2VjcmV0")
    assert signing(loaded(tmp_path, hook("secret_env: HOOK_SECRET"))) == ("whsec_c2VjcmV0",)


def test_a_file_of_signing_secrets_holds_one_a_line(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("whsec_bmV3\nwhsec_b2xk\n")
    assert signing(loaded(tmp_path, hook("secret_file: keys"))) == ("whsec_bmV3", "whsec_b2xk")


def test_blank_lines_in_a_file_of_secrets_are_no_secrets(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("whsec_bmV3\n\nwhsec_b2xk\n\n")
    assert signing(loaded(tmp_path, hook("secret_file: keys"))) == ("whsec_bmV3", "whsec_b2xk")


def test_a_bad_secret_in_a_file_is_a_fault_where_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("whsec_bmV3\nwhsec_%\n")
    fault = refused(tmp_path, hook("secret_file: keys"))
    assert fault.startswith("config.yaml:1:77: secret: is not `whsec_` and base64")
    (tmp_path / "word").write_text("two\nlines\n")
    fault = refused(tmp_path, mail("password_file: word"))
    assert fault == "config.yaml:1:94: password: must be one line of printable characters"


def test_a_token_and_a_password_become_an_authorization(tmp_path: Path) -> None:
    text = """\
sources:
  - {name: a, url: "https://a.example/", token: t0ken}
  - {name: b, url: "https://b.example/", username: u, password: p}
"""
    first, second = loaded(tmp_path, text).sources
    assert first.headers == (("Authorization", "Bearer t0ken"),)
    assert second.headers == (("Authorization", "Basic dTpw"),)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (mail("password_file: none"), "password_file: none cannot be read: no such file"),
        (mail("password_file: ."), "cannot be read: is a directory"),
        (mail("password_env: NO_SUCH_NAME"), "password_env: the environment has no such variable"),
        (mail("password: a, password_env: B"), "keep one of password and password_env"),
        (mail('password: "a\\nb"'), "password: must be one line"),
        (hook("secret: whsec_%"), "secret: is not `whsec_` and base64: make one with"),
        (hook("secret: [whsec_bmV3, whsec_]"), ":1:85: secret: is not"),
        (
            'sources: [{name: a, url: "https://a.x/", token: t, headers: {authorization: x}}]\n',
            "keep one of username, token and an Authorization header",
        ),
    ],
)
def test_a_secret_that_cannot_be_had_is_a_fault(tmp_path: Path, text: str, fault: str) -> None:
    assert fault in refused(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        mail(f"password: {SECRET}, port: {SECRET}x"),
        mail(f"password: [{SECRET}]"),
        mail(f"password: *{SECRET}"),
        mail(f"password: !{SECRET} x"),
        mail(f"password:{SECRET}"),
        mail(f"password: {SECRET}: x"),
        hook(f"secret: whsec_{SECRET}%"),
        f"channels: [{{type: email, smtp: 'me:{SECRET}@mail.example.org'}}]\n",
        f"sources: [{{name: a, url: 'https://u:{SECRET}@a.x:{SECRET}/', evry: 1}}]\n",
        f"sources: [{{name: a, url: 'https://a.x/', headers: {{X: '{SECRET}\\x01'}}, b: c}}]\n",
    ],
)
def test_no_fault_shows_a_secret(tmp_path: Path, text: str) -> None:
    assert SECRET not in refused(tmp_path, text)


def test_no_representation_shows_a_secret(tmp_path: Path) -> None:
    text = (
        mail(f"password: {SECRET}")
        + f"sources: [{{name: a, url: 'https://a.x/', token: {SECRET}}}]"
    )
    found = loaded(tmp_path, text)
    assert password(found) == SECRET
    assert SECRET not in repr(found)
