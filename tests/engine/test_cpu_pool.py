"""Worker processes: results and errors come back, and limits of time and memory hold."""

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

from monitor.engine.cpu_pool import LARGE_INPUT, PRELOADED, QUICK_MEMORY, ProcessCpuPool
from monitor.errors import ParseError, WorkerError

LONG = timedelta(seconds=30)


def doubled(number: int, *, times: int = 2) -> int:
    return number * times


def raises_parse_error() -> None:
    raise ParseError("not a feed: empty body")


def sleeps_for_ever() -> None:
    while True:
        time.sleep(1)


def loops_for_ever() -> None:
    while True:
        pass


def allocates_gigabytes() -> int:
    return len(bytearray(4 << 30))


def allocates(given: bytes, size: int) -> int:
    return len(bytes(size)) if given else 0


def pid_of_worker(given: bytes) -> int:
    return os.getpid()


def loaded_modules() -> list[str]:
    return list(sys.modules)


def sleeps_half_a_second() -> str:
    time.sleep(0.5)
    return "rested"


def exits() -> None:
    os._exit(3)


class TrackedInput:
    """An argument whose release can be observed."""

    def __init__(self, size: int = 0) -> None:
        self.body = bytes(size)


def measures(given: TrackedInput) -> int:
    return len(given.body)


def exits_with(given: TrackedInput) -> None:
    os._exit(3)


def allocates_small_objects(pieces: int) -> int:
    """Leave garbage of small blocks; large ones the C library maps and unmaps one by one."""
    garbage: list[object] = [[number, str(number)] for number in range(pieces)]
    garbage.append(garbage)
    return len(garbage)


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessCpuPool]:
    pool = ProcessCpuPool(1)
    yield pool
    pool.close()


async def test_a_result_comes_back(pool: ProcessCpuPool) -> None:
    assert await pool.run(LONG, doubled, 3, times=3) == 9


async def test_an_expected_error_comes_back_as_itself(pool: ProcessCpuPool) -> None:
    with pytest.raises(ParseError, match="empty body"):
        await pool.run(LONG, raises_parse_error)


async def test_work_past_its_limit_is_killed_and_the_next_one_runs(pool: ProcessCpuPool) -> None:
    with pytest.raises(WorkerError, match=r"longer than 0\.5 s"):
        await pool.run(timedelta(seconds=0.5), sleeps_for_ever)
    assert await pool.run(LONG, doubled, 1) == 2


async def test_work_beyond_the_memory_limit_is_refused(pool: ProcessCpuPool) -> None:
    with pytest.raises(WorkerError, match="too much memory"):
        await pool.run(LONG, allocates_gigabytes)


async def test_a_small_input_has_a_lower_memory_limit_than_a_large_one(
    pool: ProcessCpuPool,
) -> None:
    size = QUICK_MEMORY + (8 << 20)  # a worker may return some address space while it works
    with pytest.raises(WorkerError, match="too much memory"):
        await pool.run(LONG, allocates, b"x", size)
    assert await pool.run(LONG, allocates, bytes(LARGE_INPUT), size) == size


async def test_each_large_input_runs_in_a_fresh_process(pool: ProcessCpuPool) -> None:
    pids = [await pool.run(LONG, pid_of_worker, bytes(LARGE_INPUT)) for _ in range(3)]
    assert len(set(pids)) == 3
    small = [await pool.run(LONG, pid_of_worker, b"x") for _ in range(3)]
    assert len(set(small)) == 1


@pytest.mark.parametrize("size", [0, LARGE_INPUT])
@pytest.mark.parametrize("work", [measures, exits_with])
async def test_an_input_is_released_when_its_work_has_ended(
    pool: ProcessCpuPool, work: Callable[[TrackedInput], object], size: int
) -> None:
    """Without garbage collection: an input may be 10 MB, and failures come in series."""
    given = TrackedInput(size)
    loop, freed = asyncio.get_running_loop(), asyncio.Event()
    weakref.finalize(given, loop.call_soon_threadsafe, freed.set)
    gc.collect()
    gc.disable()
    try:
        with suppress(WorkerError):
            await pool.run(LONG, work, given)
        del given
        async with asyncio.timeout(30):
            await freed.wait()  # a thread of pebble may still hold it
    finally:
        gc.enable()


async def test_a_quick_worker_returns_its_memory_to_the_system(pool: ProcessCpuPool) -> None:
    before = await pool.run(LONG, resident_bytes)
    pid = await pool.run(LONG, pid_of_worker, b"x")
    await pool.run(LONG, allocates_small_objects, 100_000)  # some 15 MB
    assert await pool.run(LONG, pid_of_worker, b"x") == pid
    assert await pool.run(LONG, resident_bytes) < before + 4_000_000


async def test_a_step_of_the_wall_clock_ends_no_work(
    pool: ProcessCpuPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pebble's own time limit, which is not used, is measured by the wall clock."""
    working = asyncio.create_task(pool.run(LONG, sleeps_half_a_second))
    await asyncio.sleep(0)
    year_s = 365 * 86_400
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + year_s)
    assert await working == "rested"


async def test_a_worker_that_dies_is_replaced(pool: ProcessCpuPool) -> None:
    with pytest.raises(WorkerError, match="crashed its worker process"):
        await pool.run(LONG, exits)
    assert await pool.run(LONG, doubled, 1) == 2


async def test_work_that_uses_up_its_processor_time_is_killed(pool: ProcessCpuPool) -> None:
    with pytest.raises(WorkerError, match=r"longer than 0\.3 s"):
        await pool.run(timedelta(seconds=0.3), loops_for_ever)


async def test_ordinary_work_does_not_wait_for_endless_work(pool: ProcessCpuPool) -> None:
    endless = [asyncio.create_task(pool.run(LONG, loops_for_ever)) for _ in range(3)]
    heavy = [asyncio.create_task(pool.run(LONG, len, bytes(LARGE_INPUT))) for _ in range(3)]
    assert await pool.run(LONG, doubled, 1) == 2
    assert not any(one.done() for one in endless)
    for one in endless + heavy:
        one.cancel()
    await asyncio.gather(*endless, *heavy, return_exceptions=True)


async def test_a_fresh_worker_has_nothing_to_import(pool: ProcessCpuPool) -> None:
    program = f"import {', '.join(PRELOADED)}, sys; print(*sys.modules)"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
    )
    shared, _ = await process.communicate()
    late = set(await pool.run(LONG, loaded_modules)) - set(shared.decode().split())
    ours = {"monitor", "asyncio", "pebble", "lxml", "feedparser", "selectolax"}
    assert not {name for name in late if name.partition(".")[0] in ours}


def test_every_preloaded_module_exists() -> None:
    """The fork server ignores a missing module, which every worker would then import itself."""
    for module in PRELOADED:
        assert import_module(module).__name__ == module
