"""robots.txt (RFC 9309) for article pages: fetched once a day per origin, never for itself."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from protego import Protego
from yarl import URL

from monitor.core.text import redact_url
from monitor.errors import FetchError, Refused, Unreachable
from monitor.ports import Clock

PRODUCT = "news-monitor"  # our token in robots.txt
MAX_BYTES = 500_000  # RFC 9309, 2.5: at least 500 KiB are to be read
KEPT = timedelta(hours=24)
KEPT_FAILURE = timedelta(minutes=10)
MAX_ORIGINS = 1_000
MAX_RULES = 100_000  # in memory, of all origins together

_LINE = re.compile(r"[ \t]*([A-Za-z -]{1,20}?)[ \t]*:[ \t]*([^#\r\n]*)")


class _Problem(NamedTuple):
    """Why a file could not be had. Not the error: its traceback holds what had come of it."""

    reason: str
    retry_after: timedelta


@dataclass(slots=True)
class _Origin:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    until: datetime | None = None
    rules: Protego | None = None  # None: everything is allowed, or `problem` says why nothing is
    size: int = 0
    problem: _Problem | None = None


class Robots:
    """`fetch` gives the body of a robots.txt and raises FetchError; it must not ask us again."""

    def __init__(self, fetch: Callable[[str], Awaitable[bytes]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._origins: OrderedDict[str, _Origin] = OrderedDict()

    async def check(self, url: str) -> None:
        """Raises Refused when the site forbids this page, Unreachable while nobody can tell."""
        place = URL(url)
        origin = await self._origin(str(place.origin()))
        if origin.problem is not None:
            raise Unreachable(
                f"robots.txt unavailable: {origin.problem.reason}",
                url=redact_url(url),
                retry_after=origin.problem.retry_after,
            )
        if origin.rules and not origin.rules.can_fetch(str(place), PRODUCT):
            raise Refused("robots.txt forbids this page", url=redact_url(url), permanent=True)

    async def _origin(self, name: str) -> _Origin:
        origin = self._origins.setdefault(name, _Origin())
        self._origins.move_to_end(name)
        async with origin.lock:  # one fetch, however many articles wait for it
            if origin.until is None or not self._clock() < origin.until <= self._clock() + KEPT:
                await self._refresh(origin, f"{name}/robots.txt")
        self._shrink(name)
        return origin

    async def _refresh(self, origin: _Origin, url: str) -> None:
        known = origin.until is not None and origin.problem is None
        try:
            body = await self._fetch(url)
        except FetchError as error:
            if _means_no_rules(error):
                origin.rules, origin.size, origin.problem = None, 0, None
                origin.until = self._clock() + KEPT
                return
            # RFC 9309, 2.4: rules known from before hold on while they cannot be had anew.
            wait = error.retry_after or KEPT_FAILURE
            origin.problem = None if known else _Problem(str(error), wait)
            origin.until = self._clock() + KEPT_FAILURE
            return
        text = own_group(body.decode("utf-8", "replace"))
        origin.rules = await asyncio.to_thread(Protego.parse, text)  # 0.6 s for the largest
        origin.size, origin.problem = text.count("\n"), None
        origin.until = self._clock() + KEPT

    def _shrink(self, current: str) -> None:
        rules = sum(origin.size for origin in self._origins.values())
        for name in list(self._origins):
            if len(self._origins) <= MAX_ORIGINS and rules <= MAX_RULES:
                return
            if name != current and not self._origins[name].lock.locked():
                rules -= self._origins.pop(name).size


def own_group(text: str) -> str:
    """The rules that concern us, as one group for everybody.

    What a parser keeps of a whole file grows with agents times rules: 500 kB make a gigabyte.
    """
    groups: dict[str, list[str]] = {}
    for agents, rules in _groups(text):
        for agent in agents & {PRODUCT, "*"}:
            groups.setdefault(agent, []).extend(rules)
    chosen = groups.get(PRODUCT, groups.get("*", []))
    return "".join(["User-agent: *\n", *(f"{rule}\n" for rule in chosen)])


def _groups(text: str) -> Iterator[tuple[set[str], list[str]]]:
    agents: set[str] = set()
    rules: list[str] = []
    for line in text.removeprefix("\ufeff").splitlines():
        if not (found := _LINE.match(line)):
            continue
        name, value = found[1].lower(), found[2].strip()
        if name == "user-agent":
            if rules:
                yield agents, rules
                agents, rules = set(), []
            agents.add(_token(value))
        elif name in ("allow", "disallow") and agents:
            rules.append(f"{name}: {value}")
    yield agents, rules


def _token(value: str) -> str:
    """RFC 9309, 2.2.1: the product token alone counts, in any case."""
    return re.split(r"[/\s]", value.lower(), maxsplit=1)[0]


def _means_no_rules(error: FetchError) -> bool:
    """RFC 9309, 2.3.1.3: a 4xx; but 429 asks us to wait, as a 5xx does."""
    return error.status is not None and 400 <= error.status < 500 and error.status != 429
