"""Random scripts of steps, from a seed; and the shortest part of one that still fails."""

import asyncio
import os
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from model.machine import Machine, Step
from monitor.jobs import send
from monitor.store import writer

WEIGHTS = {
    "wait": 30,
    "publish": 18,
    "edit": 12,
    "typo": 2,
    "headline": 3,
    "correct": 3,
    "revert": 3,
    "copy": 4,
    "restamp": 3,
    "reorder": 1,
    "drop": 1,
    "list_again": 7,
    "track": 1,
    "redirect": 1,
    "slug": 2,
    "reuse": 2,
    "break_page": 6,
    "mend_page": 2,
    "break_feed": 3,
    "mend_feed": 4,
    "source": 4,
    "rename": 1,
    "topic": 2,
    "channel": 2,
    "break_channel": 7,
    "mend_channel": 3,
    "silence": 7,
    "unsilence": 1,
    "clock": 3,
    "restart": 1,
    "kill": 5,
    "refuse": 1,
    "hold": 5,
    "resume": 3,
    "oversleep": 3,
    "requeue": 3,
}
REST_EVERY = 100  # steps


def script(seed: int, steps: int) -> list[Step]:
    draw = random.Random(seed)
    names, weights = list(WEIGHTS), list(WEIGHTS.values())
    made: list[Step] = []
    while len(made) < steps:
        if len(made) % REST_EVERY == REST_EVERY - 1 or len(made) == steps - 1:
            made.append(Step("settle"))
            continue
        [name] = draw.choices(names, weights)
        made.append(Step(name, *(draw.randrange(1 << 12) for _ in range(3))))
    return made


class Failure(NamedTuple):
    """The first difference of a run."""

    at: int  # the step
    kind: str  # what it says without names and numbers
    text: str


QUICK: tuple[tuple[object, str, object], ...] = (
    (writer, "LINGER_S", 0),
    (send, "SETTLE_RETRIES_S", (0, 0)),
)  # waits of the product that only real disks and databases need


def quick() -> None:
    for target, name, value in QUICK:
        setattr(target, name, value)


async def play(steps: Sequence[Step]) -> Failure | None:
    """None: the product and the model agree from the first step to the last."""
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        machine = Machine(Path(folder))
        await machine.open()
        for at, step in enumerate(steps):
            try:
                await machine.do(step)
            except AssertionError as error:
                machine.abandon()
                return Failure(at, _kind(str(error)), f"{step}: {error}")
        return await _ended(machine, len(steps))


async def _ended(machine: Machine, at: int) -> Failure | None:
    try:
        await machine.close()
    except AssertionError as error:
        return Failure(at, _kind(str(error)), f"at the end: {error}")
    return None


def failure(steps: Sequence[Step]) -> Failure | None:
    return asyncio.run(play(steps))


def replay(steps: Sequence[tuple[str, int, int, int]]) -> None:
    """Plays a script that was printed. Raises AssertionError where it still fails."""
    quick()
    found = failure([Step(*step) for step in steps])
    assert found is None, f"step {found.at}, {found.text}"


def shortest(steps: Sequence[Step], kind: str, seconds: float = 120) -> list[Step]:
    """Takes out whatever the failure does not need, larger parts first."""
    until, left, size = monotonic() + seconds, list(steps), len(steps) // 2
    while size:
        at = 0
        while at < len(left) and monotonic() < until:
            fewer = left[:at] + left[at + size :]
            found = failure(fewer)
            if found is not None and found.kind == kind:
                left = fewer[: found.at + 1]
            else:
                at += size
        size //= 2
    return left


def written(steps: Sequence[Step]) -> str:
    """As Python, to be played again."""
    return "[\n" + "".join(f"    {tuple(step)!r},\n" for step in steps) + "]"


def _kind(text: str) -> str:
    return " ".join(word for word in text.split() if word.isalpha())[:60]


def _memory() -> str | None:
    """No power is cut in these tests: a database in memory is as durable, and faster."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
