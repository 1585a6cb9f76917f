"""Workers can be killed, and what they say comes back as it was."""

import asyncio
import gc
import os
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest

from monitor.engine.workers import HEAVY, LITTLE, SHARED, Workers
from monitor.errors import ParseError, WorkerError

LONG = timedelta(seconds=30)


def doubled(number: int, *, times: int = 2) -> int:
    return number * times


def refuses() -> None:
    raise ParseError("not a feed: empty body")


def sleeps_for_ever() -> None:
    while True:
        time.sleep(1)


def never_rests() -> None:
    while True:
        pass


def eats_memory() -> int:
    return len(bytearray(4 << 30))


def swells(given: bytes, size: int) -> int:
    return len(bytes(size)) if given else 0


def worker_of(given: bytes) -> int:
    return os.getpid()


def loaded_modules() -> list[str]:
    return list(sys.modules)


def rests() -> str:
    time.sleep(0.5)
    return "rested"


def dies() -> None:
    os._exit(3)


class Given:
    """Something to work on, of which it can be seen whether anybody holds it still."""

    def __init__(self, size: int = 0) -> None:
        self.body = bytes(size)


def looks_at(given: Given) -> int:
    return len(given.body)


def dies_of(given: Given) -> None:
    os._exit(3)


def swells_in_small_pieces(pieces: int) -> int:
    """Not with large blocks, which the C library maps one by one and gives back by itself."""
    knots: list[object] = [[number, str(number)] for number in range(pieces)]
    knots.append(knots)
    return len(knots)


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    made = Workers(1)
    yield made
    made.close()


async def test_a_result_comes_back(workers: Workers) -> None:
    assert await workers.run(LONG, doubled, 3, times=3) == 9


async def test_an_expected_error_comes_back_as_itself(workers: Workers) -> None:
    with pytest.raises(ParseError, match="empty body"):
        await workers.run(LONG, refuses)


async def test_work_past_its_limit_is_killed_and_the_next_one_runs(workers: Workers) -> None:
    with pytest.raises(WorkerError, match=r"longer than 0\.5 s"):
        await workers.run(timedelta(seconds=0.5), sleeps_for_ever)
    assert await workers.run(LONG, doubled, 1) == 2


async def test_work_that_needs_too_much_memory_is_refused(workers: Workers) -> None:
    with pytest.raises(WorkerError, match="too much memory"):
        await workers.run(LONG, eats_memory)


async def test_a_small_thing_that_swells_is_refused_sooner(workers: Workers) -> None:
    with pytest.raises(WorkerError, match="too much memory"):
        await workers.run(LONG, swells, b"x", LITTLE)
    assert await workers.run(LONG, swells, bytes(HEAVY), LITTLE) == LITTLE


async def test_what_is_heavy_is_worked_in_a_fresh_process_each_time(workers: Workers) -> None:
    pids = [await workers.run(LONG, worker_of, bytes(HEAVY)) for _ in range(3)]
    assert len(set(pids)) == 3
    light = [await workers.run(LONG, worker_of, b"x") for _ in range(3)]
    assert len(set(light)) == 1


@pytest.mark.parametrize("size", [0, HEAVY])
@pytest.mark.parametrize("work", [looks_at, dies_of])
async def test_nobody_holds_what_was_worked_on(
    workers: Workers, work: Callable[[Given], object], size: int
) -> None:
    """Not even until the next collection: it may be ten megabytes, and failures come in rows."""
    given = Given(size)
    loop, freed = asyncio.get_running_loop(), asyncio.Event()
    weakref.finalize(given, loop.call_soon_threadsafe, freed.set)
    gc.collect()
    gc.disable()
    try:
        with suppress(WorkerError):
            await workers.run(LONG, work, given)
        del given
        async with asyncio.timeout(30):
            await freed.wait()  # a thread of pebble's may be about to let go of it
    finally:
        gc.enable()


async def test_a_quick_worker_gives_back_what_it_took(workers: Workers) -> None:
    before = await workers.run(LONG, resident_bytes)
    pid = await workers.run(LONG, worker_of, b"x")
    await workers.run(LONG, swells_in_small_pieces, 100_000)  # some 15 MB
    assert await workers.run(LONG, worker_of, b"x") == pid
    assert await workers.run(LONG, resident_bytes) < before + 4_000_000


async def test_a_clock_that_is_set_ends_no_work(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What pebble would measure by the wall clock, were it asked to."""
    working = asyncio.create_task(workers.run(LONG, rests))
    await asyncio.sleep(0)
    year_s = 365 * 86_400
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + year_s)
    assert await working == "rested"


async def test_a_worker_that_dies_is_replaced(workers: Workers) -> None:
    with pytest.raises(WorkerError, match="ended its worker"):
        await workers.run(LONG, dies)
    assert await workers.run(LONG, doubled, 1) == 2


async def test_work_that_uses_up_its_processor_time_is_killed(workers: Workers) -> None:
    with pytest.raises(WorkerError, match=r"longer than 0\.3 s"):
        await workers.run(timedelta(seconds=0.3), never_rests)


async def test_ordinary_work_does_not_wait_for_what_never_ends(workers: Workers) -> None:
    endless = [asyncio.create_task(workers.run(LONG, never_rests)) for _ in range(3)]
    heavy = [asyncio.create_task(workers.run(LONG, len, bytes(HEAVY))) for _ in range(3)]
    assert await workers.run(LONG, doubled, 1) == 2
    assert not any(one.done() for one in endless)
    for one in endless + heavy:
        one.cancel()
    await asyncio.gather(*endless, *heavy, return_exceptions=True)


async def test_a_fresh_worker_has_nothing_to_import(workers: Workers) -> None:
    program = f"import {', '.join(SHARED)}, sys; print(*sys.modules)"
    asked = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
    )
    shared, _ = await asked.communicate()
    late = set(await workers.run(LONG, loaded_modules)) - set(shared.decode().split())
    ours = {"monitor", "asyncio", "pebble", "lxml", "feedparser", "selectolax"}
    assert not {name for name in late if name.partition(".")[0] in ours}


def test_what_workers_share_is_there() -> None:
    """The fork server passes over a module that is not, and every worker would load its own."""
    for module in SHARED:
        assert import_module(module).__name__ == module
