"""robots.txt (RFC 9309): checks whether a page may be fetched, with a cache of rules per origin."""

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

PRODUCT = "news-monitor"  # our product token (RFC 9309, 2.2.1)
MAX_BYTES = 500_000  # RFC 9309, 2.5: at least 500 KiB must be parsed
CACHED_FOR = timedelta(hours=24)
RETRY_AFTER = timedelta(minutes=10)  # after a failed fetch, where the site names no time
MAX_ORIGINS = 1_000
MAX_RULES = 100_000  # cached, of all origins together

_LINE = re.compile(r"[ \t]*([A-Za-z -]{1,20}?)[ \t]*:[ \t]*([^#\r\n]*)")


class _FetchFailure(NamedTuple):
    """Why a fetch failed. Not the exception, whose traceback refers to the received body."""

    reason: str
    retry_after: timedelta


@dataclass(slots=True)
class _Origin:
    """Cached rules of one origin, or why there are none."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    expires_at: datetime | None = None
    rules: Protego | None = None  # None without `failure`: everything is allowed
    size: int = 0  # number of rules
    failure: _FetchFailure | None = None


class RobotsCache:
    """Cache of robots.txt rules, bounded in origins and rules.

    `fetch` returns the body of a robots.txt and raises FetchError; it must not check robots.txt.
    """

    def __init__(self, fetch: Callable[[str], Awaitable[bytes]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._origins: OrderedDict[str, _Origin] = OrderedDict()

    async def check(self, url: str) -> None:
        """Raise Refused if robots.txt forbids this page, Unreachable if it is unavailable."""
        page = URL(url)
        origin = await self._origin(str(page.origin()))
        if origin.failure is not None:
            raise Unreachable(
                f"robots.txt unavailable: {origin.failure.reason}",
                url=redact_url(url),
                retry_after=origin.failure.retry_after,
            )
        if origin.rules and not origin.rules.can_fetch(str(page), PRODUCT):
            raise Refused("robots.txt forbids this page", url=redact_url(url), permanent=True)

    async def _origin(self, name: str) -> _Origin:
        origin = self._origins.setdefault(name, _Origin())
        self._origins.move_to_end(name)
        async with origin.lock:  # one fetch, however many pages wait for it
            if (
                origin.expires_at is None
                or not self._clock() < origin.expires_at <= self._clock() + CACHED_FOR
            ):
                await self._refresh(origin, f"{name}/robots.txt")
        self._evict(name)
        return origin

    async def _refresh(self, origin: _Origin, url: str) -> None:
        has_rules = origin.expires_at is not None and origin.failure is None
        try:
            body = await self._fetch(url)
        except FetchError as error:
            if _allows_everything(error):
                origin.rules, origin.size, origin.failure = None, 0, None
                origin.expires_at = self._clock() + CACHED_FOR
                return
            # RFC 9309, 2.4: cached rules stay in force while a fetch fails.
            wait = error.retry_after or RETRY_AFTER
            origin.failure = None if has_rules else _FetchFailure(str(error), wait)
            origin.expires_at = self._clock() + RETRY_AFTER
            return
        text = applicable_rules(body.decode("utf-8", "replace"))
        origin.rules = await asyncio.to_thread(Protego.parse, text)  # 0.6 s for the largest
        origin.size, origin.failure = text.count("\n"), None
        origin.expires_at = self._clock() + CACHED_FOR

    def _evict(self, current: str) -> None:
        rules = sum(origin.size for origin in self._origins.values())
        for name in list(self._origins):
            if len(self._origins) <= MAX_ORIGINS and rules <= MAX_RULES:
                return
            if name != current and not self._origins[name].lock.locked():
                rules -= self._origins.pop(name).size


def applicable_rules(text: str) -> str:
    """Reduce a robots.txt to the groups that apply to us, as one group for all user agents.

    A parser's memory for the whole file grows with agents times rules: 500 kB can take a gigabyte.
    """
    groups: dict[str, list[str]] = {}
    for agents, rules in _groups(text):
        for agent in agents & {PRODUCT, "*"}:
            groups.setdefault(agent, []).extend(rules)
    chosen = groups.get(PRODUCT, groups.get("*", []))
    return "".join(["User-agent: *\n", *(f"{rule}\n" for rule in chosen)])


def _groups(text: str) -> Iterator[tuple[set[str], list[str]]]:
    """Yield (product tokens, rules) of each group (RFC 9309, 2.2.1)."""
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
            agents.add(_product_token(value))
        elif name in ("allow", "disallow") and agents:
            rules.append(f"{name}: {value}")
    yield agents, rules


def _product_token(value: str) -> str:
    """Return the product token in lower case, without a version (RFC 9309, 2.2.1)."""
    return re.split(r"[/\s]", value.lower(), maxsplit=1)[0]


def _allows_everything(error: FetchError) -> bool:
    """Whether the status means that there are no rules: 4xx (RFC 9309, 2.3.1.3), except 429."""
    return error.status is not None and 400 <= error.status < 500 and error.status != 429
