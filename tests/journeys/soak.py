"""Very many polls by the real daemon: what its memory and its open files do meanwhile.

Run by `make soak [POLLS=100000]`; takes some minutes. A quarter of the feeds each answers 304,
answers the same 200, has something new now and then, fails now and then. Exit status 1 when memory
grows by more than MOST_GROWTH a hundred thousand polls, or open files grow.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression

from process_tree import proportional_bytes

from journeys.daemon import running

FEEDS, ENTRIES = 400, 10
NEWS_EVERY, FAILS_EVERY = 20, 5  # polls of a feed
WARM = 0.2  # of all polls, before anything is measured
LOOK_S = 0.5
MOST_GROWTH = 5_000_000  # bytes a hundred thousand polls
MOST_FILES = 8  # more at the end than at the beginning
CONFIG = """\
database: news.db
timezone: UTC
poll: {every: 1s}
network: {allow_private: ["127.0.0.0/8"], host_delay: 0s}
topics: [{name: border, match: border}]
channels: []
sources:
"""


@dataclass(slots=True)
class Site:
    """Feeds by number; what each does is its number modulo four."""

    port: int = 0
    polls: int = 0
    seen: dict[int, int] = field(default_factory=dict)  # polls of each

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(head))
                await writer.drain()
        writer.close()

    def _answer(self, head: bytes) -> bytes:
        number = int(head.split(b" ", 2)[1].removeprefix(b"/"))
        count = self.seen[number] = self.seen.get(number, 0) + 1
        self.polls += 1
        match number % 4:
            case 0 if b"if-none-match:" in head.lower():
                return b'HTTP/1.1 304 Not Modified\r\nETag: "same"\r\n\r\n'
            case 2:
                return _ok(_feed(number, count // NEWS_EVERY))
            case 3 if count % FAILS_EVERY == 0:
                return b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
        return _ok(_feed(number, 0), b'ETag: "same"\r\n' if number % 4 == 0 else b"")


def _ok(body: bytes, more: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%b\r\n%b" % (len(body), more, body)


def _feed(number: int, newest: int) -> bytes:
    items = "".join(
        f"<item><title>Report {n} of {number} from the border</title><guid>{number}-{n}</guid>"
        f"<description>{'Trucks waited. ' * 20}{number} {n}</description></item>"
        for n in range(newest, newest + ENTRIES)
    )
    return f"<rss version='2.0'><channel><title>{number}</title>{items}</channel></rss>".encode()


@dataclass(frozen=True, slots=True)
class Look:
    polls: int
    memory: int  # bytes, PSS of the whole tree
    files: int


@dataclass(frozen=True, slots=True)
class Soaked:
    """What an outsider measured once the daemon was warm."""

    looks: tuple[Look, ...]

    @property
    def growth(self) -> float:
        """Bytes a hundred thousand polls."""
        return (
            100_000
            * linear_regression(
                [look.polls for look in self.looks], [look.memory for look in self.looks]
            ).slope
        )

    @property
    def more_files(self) -> int:
        """By the fewest at a time: connections come and go, what leaks stays."""
        third = len(self.looks) // 3
        files = [look.files for look in self.looks]
        return min(files[-third:]) - min(files[:third])


async def soak(folder: Path, polls: int) -> Soaked:
    async with _site() as site:
        config = folder / "config.yaml"
        config.write_text(CONFIG + "".join(_source(site, n) for n in range(FEEDS)), "utf-8")
        looks = []
        async with running(config, Path("/dev/null")) as process:
            while site.polls < polls:
                await asyncio.sleep(LOOK_S)
                assert process.returncode is None
                if site.polls > WARM * polls:
                    looks.append(_look(process.pid, site.polls))
    return Soaked(tuple(looks))


@asynccontextmanager
async def _site() -> AsyncIterator[Site]:
    site = Site()
    server = await asyncio.start_server(site.serve, "0.0.0.0", 0)
    site.port = server.sockets[0].getsockname()[1]
    async with server:
        yield site


def _source(site: Site, n: int) -> str:
    """Each on a host of its own."""
    url = f"http://127.1.{n // 200}.{n % 200 + 1}:{site.port}/{n}"
    return f"  - {json.dumps({'name': f'feed {n}', 'url': url, 'fetch_articles': False})}\n"


def _look(pid: int, polls: int) -> Look:
    files = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return Look(polls, proportional_bytes(pid), files)


def main(polls: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        soaked = asyncio.run(soak(Path(folder), polls))
    first, last = soaked.looks[0], soaked.looks[-1]
    print(f"{last.polls:,} polls, of which {last.polls - first.polls:,} were measured")
    print(f"memory {first.memory / 1e6:.1f} MB → {last.memory / 1e6:.1f} MB,", end=" ")
    print(f"{soaked.growth / 1e6:+.1f} MB a hundred thousand polls")
    print(f"open files {first.files} → {last.files}, {soaked.more_files:+d} at the fewest")
    return int(soaked.growth > MOST_GROWTH or soaked.more_files > MOST_FILES)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
