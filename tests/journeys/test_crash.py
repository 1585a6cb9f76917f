"""The short form of `make crash`: a pass is killed at some of its fsyncs."""

import shutil

import pytest

from journeys.crash import killed_at_sync, publish
from journeys.world import World

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@pytest.mark.parametrize("number", [1, 4, 6, 9, 12, 16])
async def test_a_kill_at_an_fsync_loses_and_doubles_nothing(world: World, number: int) -> None:
    publish(world)
    result = await killed_at_sync(world, number)
    assert result.killed
    assert result.problems == []
