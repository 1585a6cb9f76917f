"""What a log line may show."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from monitor import logs
from monitor.channels.email.config import EmailConfig, SmtpConfig
from monitor.channels.webhook.config import WebhookConfig
from monitor.contracts import Outcome
from monitor.errors import StoreError
from monitor.settings import Heartbeat, NetworkSettings, PollSettings, Settings, Source

RawEntry = Callable[[Callable[[], object]], dict[str, object]]  # the last line that it wrote
POLL = PollSettings()


def settings() -> Settings:
    return Settings(
        path=Path("config.yaml"),
        database=Path("news.db"),
        timezone="UTC",
        poll=POLL,
        network=NetworkSettings(user_agent="test"),
        heartbeat=Heartbeat(url="https://beat.test/ping/the-beat"),
        sources=(
            Source(
                name="kjzz",
                url="https://kjzz.test/rss",
                every=POLL.every,
                headers=(("Authorization", "Bearer the-token"),),
            ),
        ),
        topics=(),
        channels=(
            EmailConfig(
                type="email",
                name="desk",
                to=("a@b.test",),
                sender="c@d.test",
                smtp=SmtpConfig(password="the-password"),
            ),
            WebhookConfig(
                type="webhook",
                name="hook",
                url="https://hook.test/the-path",
                secret=("whsec_dGhlLXNlY3JldA==", "abc"),
            ),
        ),
    )


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[RawEntry]:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])

    def last_of(work: Callable[[], object]) -> dict[str, object]:
        logs.configure()
        logs.hide_secrets(settings())
        work()
        line: dict[str, object] = json.loads(capsys.readouterr().err.splitlines()[-1])
        return line

    yield last_of
    logs.hide_secrets(())
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "secret",
    [
        "the-token",
        "Bearer the-token",
        "the-password",
        "https://hook.test/the-path",
        "whsec_dGhlLXNlY3JldA==",
        "https://beat.test/ping/the-beat",
    ],
)
def test_a_secret_is_struck_out_wherever_it_stands(said: RawEntry, secret: str) -> None:
    shown = said(lambda: logs.warn(f"about {secret}", error=f"the server said: {secret}!"))
    assert shown["event"] == "about …"
    assert shown["error"] == "the server said: …!"


def test_an_address_loses_its_user_and_the_values_of_its_query(said: RawEntry) -> None:
    url = "https://user:pass@feeds.test/rss?key=k1&page=2"
    failed = Outcome(worker="poll", subject="kjzz", result="failed", error=f"{url} failed", url=url)
    shown = said(lambda: logs.log_outcome(failed))
    assert shown["url"] == "https://feeds.test/rss?key=…&page=…"
    assert shown["error"] == "https://feeds.test/rss?key=…&page=… failed"


def test_what_is_too_short_to_be_a_secret_stays_and_so_do_names_of_headers(said: RawEntry) -> None:
    shown = said(lambda: logs.warn("the abc of Authorization"))
    assert shown["event"] == "the abc of Authorization"


def test_what_a_library_warns_of_is_a_line_like_ours(said: RawEntry) -> None:
    def warn() -> None:
        try:
            raise ValueError("about the-token")
        except ValueError:
            logging.getLogger("asyncio").exception("never\nretrieved\x1b[31m")

    shown = said(warn)
    assert shown["event"] == "never retrieved[31m"
    assert (shown["logger"], shown["error"]) == ("asyncio", "ValueError: about …")


def test_a_defect_names_its_place_and_an_expected_error_does_not(said: RawEntry) -> None:
    def defect() -> None:
        try:
            raise KeyError("entry")
        except KeyError as error:
            logs.log_failure("read", error)

    assert "test_logs.py:" in str(said(defect)["where"])
    assert "where" not in said(lambda: logs.log_failure("read", StoreError("locked")))
