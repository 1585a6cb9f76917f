"""With nothing allowed that is private, no name, spelling or redirect makes us dial inside."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from waiting import PATIENCE_S

from threats import canary

NAMESPACE = f"monitor-test-{os.getpid()}"
HOME = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def namespace() -> Iterator[str]:
    """A network of its own, where names are asked of 127.0.0.53."""
    if os.geteuid() != 0:
        pytest.skip("a network namespace takes root")
    if shutil.which("ip") is None:
        pytest.skip("iproute2 is not installed")
    if subprocess.run(
        ["ip", "netns", "add", NAMESPACE], capture_output=True, check=False
    ).returncode:
        pytest.skip("no network namespace can be made here")
    names = Path("/etc/netns") / NAMESPACE
    names.mkdir(parents=True)
    (names / "resolv.conf").write_text("nameserver 127.0.0.53\n", encoding="ascii")
    try:
        yield NAMESPACE
    finally:
        subprocess.run(["ip", "netns", "del", NAMESPACE], check=True)
        shutil.rmtree(names)


@pytest.fixture(scope="module")
def told(namespace: str) -> dict[str, Any]:
    """What a service heard and said in there, in two lives."""
    ran = subprocess.run(
        ["ip", "netns", "exec", namespace, sys.executable, canary.__file__],
        env=os.environ | {"PYTHONPATH": str(HOME)},
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    answer: dict[str, Any] = json.loads(ran.stdout)
    assert answer["alarms"] == []
    return answer


def test_the_canary_heard_nothing_and_the_public_site_did(told: dict[str, Any]) -> None:
    assert told["canary"] == []
    assert {"/feed", "/robots.txt", "/story", "/to/0", "/links/0"} <= set(told["public"])


@pytest.mark.parametrize("host", canary.SPELLINGS)
def test_a_spelling_of_a_private_address_is_refused(told: dict[str, Any], host: str) -> None:
    assert "network.allow_private does not list it" in told["polls"][f"host {host}"]


@pytest.mark.parametrize("host", sorted({*canary.NAMES, *canary.ALIASES}))
def test_a_name_leads_to_its_public_addresses_only(told: dict[str, Any], host: str) -> None:
    if canary.PUBLIC in canary.NAMES.get(host, ()):
        assert told["polls"][f"host {host}"] is None
    else:
        assert "network.allow_private does not list it" in told["polls"][f"host {host}"]


def test_a_name_that_turns_inward_is_refused_when_it_does(told: dict[str, Any]) -> None:
    assert told["names"].count(canary.REBINDING) >= 2
    assert "10.9.8.7 is a private address" in told["polls"][f"host {canary.REBINDING}"]


@pytest.mark.parametrize("number", range(len(canary.REDIRECTS)))
def test_a_redirect_inward_or_away_from_http_is_refused(told: dict[str, Any], number: int) -> None:
    assert told["polls"][f"redirect {number}"]


def test_an_address_that_parsers_read_differently_is_refused(told: dict[str, Any]) -> None:
    assert "read in two ways" in told["polls"]["differential"]


def test_every_webhook_inside_is_given_up(told: dict[str, Any]) -> None:
    assert len(told["sends"]) == len(canary.SPELLINGS) + 3
    assert all(told["sends"].values())
