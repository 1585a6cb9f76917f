"""The keys of those who operate it: http, heartbeat, keep."""

from datetime import timedelta
from pathlib import Path

import pytest

from config.test_load import faults, loaded
from monitor.settings import Heartbeat, Listen, Retention


def test_left_out_it_listens_on_loopback_and_keeps_a_year(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "sources: []\n")
    assert settings.listen == Listen(host="127.0.0.1", port=8089)
    assert settings.heartbeat is None
    assert settings.keep == Retention(unmatched=timedelta(days=365), matched=None)


@pytest.mark.parametrize(
    ("text", "listen"),
    [
        ('""', None),
        ("127.0.0.1:9000", Listen(port=9000)),
        ("localhost:9000", Listen(host="localhost", port=9000)),
        ('"[::1]:9000"', Listen(host="::1", port=9000)),
    ],
)
def test_where_it_listens(tmp_path: Path, text: str, listen: Listen | None) -> None:
    settings = loaded(tmp_path, f"http: {{listen: {text}}}\n")
    assert settings.listen == listen
    assert not [line for line in settings.warnings if "listen:" in line]


def test_an_open_address_and_a_heartbeat_that_cannot_be_reached_are_warnings(
    tmp_path: Path,
) -> None:
    settings = loaded(
        tmp_path,
        'http: {listen: "0.0.0.0:8089"}\nheartbeat: {url: "http://10.0.0.1/the-key", every: 1m}\n',
    )
    assert settings.heartbeat == Heartbeat(
        url="http://10.0.0.1/the-key", every=timedelta(minutes=1)
    )
    warnings = "\n".join(settings.warnings)
    assert "config.yaml:1:16: warning: listen: whoever reaches this address" in warnings
    assert "config.yaml:2:18: warning: url:" in warnings
    assert "the-key" not in warnings


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("http: {listen: 8089}", "127.0.0.1:8089"),
        ('http: {listen: "127.0.0.1:0"}', "127.0.0.1:8089"),
        ('http: {listen: "127.0.0.1:99999"}', "127.0.0.1:8089"),
        ('http: {listen: "example.org:80"}', "no IP address"),
        ("heartbeat: {every: 5m}", "url"),
        ("heartbeat: {url: https://a.test/, every: 0s}", "at least 1s"),
        ("keep: 365", "365d"),
        ("keep: 90s", "at least 1d"),
        ("keep_match: 1d", "keep_matched"),
    ],
)
def test_a_fault_names_its_place_and_its_remedy(tmp_path: Path, text: str, fault: str) -> None:
    [line] = faults(tmp_path, f"{text}\n")
    assert line.startswith("config.yaml:1:")
    assert fault in line


def test_what_is_kept(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "keep: 30d\nkeep_matched: 90d\n")
    assert settings.keep == Retention(unmatched=timedelta(days=30), matched=timedelta(days=90))
