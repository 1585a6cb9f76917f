"""A further kind of channel takes its model, its sender and one line of the registry."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Literal

import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from pydantic import Field

from journeys.world import World
from monitor import config, logs
from monitor.channels.config import ChannelConfig
from monitor.channels.kind import ChannelContext, ChannelKind, CheckContext, Problem
from monitor.channels.registry import KINDS
from monitor.cli.notify import notify
from monitor.config.schema import schema
from monitor.errors import ConfigError, DeliveryError
from monitor.fields.types import SecretLine, Text
from monitor.model import Message, MessageKind
from monitor.service import open_service

CONFIG = """\
database: news.db
timezone: America/Phoenix
network: {{allow_private: ["127.0.0.0/8"], host_delay: 0s}}
sources:
  - {{name: news, url: "{feed}"}}
topics:
  - {{name: border, match: border}}
channels:
  - name: night
    type: pager
    {pager}
"""


class PagerConfig(ChannelConfig):
    """Alerts by pager."""

    type: Literal["pager"] = Field(description="`pager`")
    number: Text = Field(description="Whom to page.", examples=["'555-0100'"])
    code: SecretLine | None = Field(None, description="Of the pager.", repr=False)
    code_file: Text | None = Field(None, description="A file that holds the code.")
    code_env: Text | None = Field(None, description="A variable that holds the code.")


class Exchange:
    """A paging service in this process."""

    def __init__(self) -> None:
        self.paged: list[tuple[str, str | None, Message]] = []
        self.out_of_order = False


class PagerChannel:
    """Sends to the exchange."""

    def __init__(self, settings: PagerConfig, exchange: Exchange) -> None:
        self.name = settings.name
        self._settings = settings
        self._exchange = exchange

    async def send(self, message: Message) -> None:
        if self._exchange.out_of_order:
            raise DeliveryError(f"pager {self.name}: out of order", channel=self.name)
        self._exchange.paged.append((self._settings.number, self._settings.code, message))

    async def close(self) -> None:
        pass


def problems(settings: PagerConfig, context: CheckContext) -> Iterator[Problem]:
    if settings.number.startswith("0"):
        yield Problem(path=("number",), message="is of the operator", warning=True)


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch) -> Exchange:
    exchange = Exchange()

    @asynccontextmanager
    async def open_pager(
        settings: PagerConfig, context: ChannelContext
    ) -> AsyncIterator[PagerChannel]:
        yield PagerChannel(settings, exchange)

    kind = ChannelKind(
        config=PagerConfig,
        target=lambda settings: settings.number,
        open=open_pager,
        problems=problems,
    )
    monkeypatch.setitem(KINDS, "pager", kind)
    return exchange


def written(world: World, pager: str) -> Path:
    path = world.folder / "config.yaml"
    path.write_text(CONFIG.format(feed=world.site.feed_url(), pager=pager))
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    return [fault.removeprefix(f"{path.parent}/") for fault in caught.value.faults]


async def test_its_keys_are_checked_where_they_stand(world: World, exchange: Exchange) -> None:
    assert faults(written(world, "numbr: x\n    retry: [5]")) == [
        "config.yaml:9:5: 'number' is missing: add `number: '555-0100'`",
        "config.yaml:11:5: unknown key 'numbr'; did you mean 'number'?",
        "config.yaml:12:13: retry: '5' is no duration: write 5s, 5m, 5h or 5d",
    ]
    [fault] = faults(written(world, "number: x\n    code_file: none"))
    assert fault.startswith("config.yaml:12:16: code_file: ")
    [warning] = config.load(written(world, "number: '0'")).warnings
    assert warning.endswith("config.yaml:11:13: warning: number: is of the operator")


async def test_its_keys_are_described_to_editors(world: World, exchange: Exchange) -> None:
    path = written(world, "number: x")
    jsonschema.validate(yaml.safe_load(path.read_text()), schema())
    written(world, "numbr: x")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(path.read_text()), schema())


async def test_its_secret_is_read_from_a_file_and_kept_out_of_the_log(
    world: World, exchange: Exchange
) -> None:
    (world.folder / "code").write_text("c0de\n")
    settings = config.load(written(world, "number: x\n    code_file: code"))
    assert list(logs.secrets_of(settings.channels[0])) == ["c0de", "c0de"]


async def test_an_alert_arrives_and_a_failure_is_tried_again(
    world: World, exchange: Exchange
) -> None:
    settings = config.load(written(world, "number: 555-0100\n    retry: [1s, 1s]"))
    world.site.publish(world.story("strike"))
    exchange.out_of_order = True
    for _ in range(2):
        async with open_service(
            settings,
            observe=world.outcomes.append,
            alarm=lambda worker, error: world.alarms.append(error),
            clock=lambda: world.now,
        ) as service:
            await service.make_due(None)
            await service.drain()
        exchange.out_of_order = False
        world.now += timedelta(seconds=5)
    assert world.alarms == []
    [(number, code, message)] = exchange.paged
    assert (number, code, message.kind) == ("555-0100", None, MessageKind.ARTICLE)
    assert message.items[0].story.title.startswith("Trucks wait for hours at the border")
    [delivery] = world.rows("SELECT channel, state, attempts FROM deliveries")
    assert tuple(delivery) == ("night", "sent", 2)
    [channel] = world.rows("SELECT kind, target FROM channels")
    assert channel["kind"] == "pager"


def test_notify_sends_a_test_message_through_it(tmp_path: Path, exchange: Exchange) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("channels: [{name: night, type: pager, number: 555-0100}]\n")
    ran = CliRunner().invoke(notify, ["night", "-c", str(path)], obj={})
    assert ran.stdout == "night: the test message was accepted\n"
    [(_, _, message)] = exchange.paged
    assert message.kind is MessageKind.TEST
