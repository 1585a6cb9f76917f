"""A plan of few words, for the tests of desks."""

from pathlib import Path

from monitor.settings import (
    ChannelSettings,
    NetworkSettings,
    Plan,
    PollSettings,
    Settings,
    Source,
)


def plan(*, sources: tuple[Source, ...] = (), channels: tuple[ChannelSettings, ...] = ()) -> Plan:
    return Plan.of(
        Settings(
            path=Path("config.yaml"),
            database=Path("news.db"),
            timezone="UTC",
            poll=PollSettings(),
            network=NetworkSettings(user_agent="test"),
            sources=sources,
            topics=(),
            channels=channels,
        )
    )
