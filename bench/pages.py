"""What an article page costs in all: fetched, extracted, matched, stored; against trafilatura's
extraction alone.

    python bench/pages.py [--pages 400] [--rounds 3]

Pages of ../shared/data/extract where they are, else made ones. Ours is the CPU of the whole process
tree while the service works through feeds that announce the pages, each on a site of its own;
trafilatura is asked for the text only, in its fast mode. The server is another process.
"""

import argparse
import asyncio
import gzip
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "polling"))
from contender import cpu_s
from server import paragraph

# The rest is imported where it is used: a worker process imports its parent's main file.

CORPUS = Path(__file__).parents[2] / "shared" / "data" / "extract" / "html"
FEED = 50  # pages a feed announces
TARGET = 0.6
HOUR = timedelta(hours=1)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--pages", type=int, default=400)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--do", choices=("serve", "ours", "trafilatura"), help=argparse.SUPPRESS)
    asked.add_argument("--port", type=int, help=argparse.SUPPRESS)
    given = asked.parse_args()
    match given.do:
        case "serve":
            asyncio.run(serve(given.pages))
        case "ours":
            print(asyncio.run(ours_ms(given.pages, given.port)))
        case "trafilatura":
            print(trafilatura_ms(given.pages))
        case _:
            compare(given.pages, given.rounds)


def compare(count: int, rounds: int) -> None:
    ours, theirs = [], []
    for _ in range(rounds):
        with served(count) as port:
            ours.append(alone("ours", count, "--port", port))
        theirs.append(alone("trafilatura", count))
    ratio = median(ours) / median(theirs)
    met = "yes" if ratio <= TARGET else "no"
    corpus = "real" if CORPUS.is_dir() else "made"
    print(
        f"| article pages, {count} {corpus} | {median(ours):.1f} ms | trafilatura, fast"
        f" {median(theirs):.1f} ms | {ratio:.2f} | ≤ {TARGET} | {met} |"
    )


def alone(what: str, count: int, *more: str) -> float:
    """CPU milliseconds a page, measured in a process of its own."""
    command = [sys.executable, __file__, "--do", what, "--pages", str(count), *more]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


@contextmanager
def served(count: int) -> Iterator[str]:
    command = [sys.executable, __file__, "--do", "serve", "--pages", str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


# ── the pages ────────────────────────────────────────────────────────────────────────────


def bodies(count: int) -> list[bytes]:
    """Spread over the whole corpus."""
    files = sorted(CORPUS.glob("*.gz"))
    if not files:
        return [made(number) for number in range(count)]
    step = max(1, len(files) // count)
    return [gzip.decompress(file.read_bytes()) for file in files[::step][:count]]


def made(number: int) -> bytes:
    """A page of 60 kB, a tenth of it a story."""
    text = "".join(f"<p>{paragraph(number * 100 + n, 500)}.</p>" for n in range(12))
    links = "".join(
        f'<li class="teaser"><a href="/{n}">{paragraph(n, 40)}</a></li>' for n in range(500)
    )
    return (
        f"<!doctype html><html lang=en><head><title>Story {number}</title></head><body><nav><ul>"
        f"{links}</ul></nav><article><h1>Story {number}</h1>{text}</article></body></html>"
    ).encode()


async def serve(count: int) -> None:
    from aiohttp import web

    pages = bodies(count)

    async def feed(request: web.Request) -> web.Response:
        first, port = int(request.match_info["first"]), request.url.port
        items = "".join(
            f"<item><title>Story {n}</title><link>{site(n, port)}/page/{n}</link></item>"
            for n in range(first, min(first + FEED, len(pages)))
        )
        text = f'<rss version="2.0"><channel><title>All</title>{items}</channel></rss>'
        return web.Response(text=text, content_type="application/rss+xml")

    async def page(request: web.Request) -> web.Response:
        return web.Response(body=pages[int(request.match_info["n"])], content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/feed/{first}", feed), web.get("/page/{n}", page)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


def site(number: int, port: int | None) -> str:
    return f"http://127.9.{number // 250}.{1 + number % 250}:{port}"


# ── the programs ─────────────────────────────────────────────────────────────────────────


async def ours_ms(count: int, port: int) -> float:
    from monitor.service import open_service

    with tempfile.TemporaryDirectory() as folder:
        started = settings(Path(folder), port, [0])  # workers start, rules are compiled
        async with open_service(started, observe=_observe, alarm=_alarm) as service:
            await service.drain()
            before = cpu_s()
            await service.apply(settings(Path(folder), port, range(0, count, FEED)))
            await service.drain()
            return (cpu_s() - before) / (count - FEED) * 1000


def settings(folder: Path, port: int, firsts: Iterable[int]) -> Any:
    import ours

    from monitor.config.topics import builtin_topics
    from monitor.settings import Source

    sources = tuple(
        Source(name=f"feed{first}", url=f"{site(first, port)}/feed/{first}", every=HOUR)
        for first in firsts
    )
    return replace(ours.settings(folder, ()), sources=sources, topics=builtin_topics())


def _observe(outcome: Any) -> None:
    if outcome.result == "failed":
        sys.exit(f"{outcome.subject}: {outcome.error}")


def _alarm(desk: str, error: Exception) -> None:
    sys.exit(f"{desk}: {error!r}")


def trafilatura_ms(count: int) -> float:
    from trafilatura import extract

    pages = bodies(count)
    for page in pages[:FEED]:
        extract(page, fast=True)
    began = time.process_time()
    for page in pages[FEED:]:
        extract(page, fast=True)
    return (time.process_time() - began) / (len(pages) - FEED) * 1000


if __name__ == "__main__":
    main()
