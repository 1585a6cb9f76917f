"""From a new story in a feed until its webhook arrives: fetch, extract, match, store, send.

    python bench/latency.py [--seconds 120]

The daemon itself watches SITES sites, each with a new story at every poll; the sites and the hook's
receiver are this process. A story counts from the moment its feed's answer is written.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from aiohttp import web

sys.path.insert(0, str(Path(__file__).parent / "polling"))
from server import paragraph

SITES, SHORTEST_S = 12, 8  # a story a second; no two sites keep step
WARM_UP = 2  # polls of each site that start everything and are not counted
TARGETS_MS = {"p50": 40, "p99": 120}
CONFIG = """\
database: news.db
http: {{listen: ""}}
network: {{allow_private: ["127.0.0.0/8"]}}
sources:
{sources}
topics: [{{name: water, match: "water AND council"}}]
channels:
  - {{name: hook, type: webhook, url: "http://127.0.0.1:{port}/hook", max_per_hour: 0,
     allow_private: ["127.0.0.0/8"]}}
"""


class World:
    """Sites whose every feed answer has a story more, and the receiver of the hook."""

    def __init__(self) -> None:
        self.polls: dict[str, int] = {}
        self.told_at: dict[str, float] = {}
        self.lags_ms: list[float] = []

    async def feed(self, request: web.Request) -> web.Response:
        site = request.host
        number = self.polls[site] = self.polls.get(site, 0) + 1
        link = f"http://{site}/story/{number}"
        stamp = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        text = (
            f'<rss version="2.0"><channel><title>{site}</title><link>http://{site}/</link><item>'
            f"<title>Story {number} of {site}</title><link>{link}</link><guid>{link}</guid>"
            f"<pubDate>{stamp}</pubDate></item></channel></rss>"
        )
        self.told_at[link] = time.perf_counter()
        return web.Response(text=text, content_type="application/rss+xml")

    async def story(self, request: web.Request) -> web.Response:
        return web.Response(text=page(str(request.url)), content_type="text/html")

    async def hook(self, request: web.Request) -> web.Response:
        link = json.loads(await request.read())["data"]["article"]["url"]
        lag_ms = (time.perf_counter() - self.told_at.pop(link)) * 1000
        if int(link.rpartition("/")[2]) > WARM_UP:
            self.lags_ms.append(lag_ms)
        return web.Response(status=204)


def page(url: str) -> str:
    """Of 25 kB, no two alike, and all of them about the topic."""
    seed = int(sha256(url.encode()).hexdigest()[:8], 16)
    text = "".join(f"<p>Water council. {paragraph(seed + n, 500)}.</p>" for n in range(12))
    links = "".join(f'<li><a href="/section/{n}">Section {n}</a></li>' for n in range(400))
    headline = f"Water council meets: {paragraph(seed, 60)}"
    return (
        f"<!doctype html><html lang=en><title>{headline}</title><nav><ul>{links}</ul></nav>"
        f"<article><h1>{headline}</h1>{text}</article></html>"
    )


def config(port: int) -> str:
    sources = "\n".join(
        f"  - {{name: site{n}, every: {SHORTEST_S + n}s,"
        f' url: "http://127.7.0.{1 + n}:{port}/feed"}}'
        for n in range(SITES)
    )
    return CONFIG.format(sources=sources, port=port)


async def measured(seconds: float) -> list[float]:
    world = World()
    app = web.Application()
    app.add_routes(
        [
            web.get("/feed", world.feed),
            web.get("/story/{n}", world.story),
            web.post("/hook", world.hook),
        ]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "0.0.0.0", 0)
    await site.start()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(config(runner.addresses[0][1]), "utf-8")
        command = [sys.executable, "-m", "monitor", "run", "-c", str(path)]
        daemon = await asyncio.create_subprocess_exec(*command, stderr=subprocess.DEVNULL)
        await asyncio.sleep(WARM_UP * SHORTEST_S + seconds)
        daemon.terminate()
        await daemon.wait()
    await runner.cleanup()
    return sorted(world.lags_ms)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=float, default=120)
    lags_ms = asyncio.run(measured(asked.parse_args().seconds))
    if not lags_ms:
        sys.exit("no webhook arrived")
    for name, target in TARGETS_MS.items():
        figure = lags_ms[int(len(lags_ms) * int(name[1:]) / 100)]
        print(
            f"| seen → webhook, {name} of {len(lags_ms)} stories | {figure:.0f} ms | – | – |"
            f" ≤ {target} ms | {'yes' if figure <= target else 'no'} |"
        )


if __name__ == "__main__":
    main()
