"""Pictures of the mails for docs/, made with headless Chromium from stories that are invented here.

    python tools/mail_pictures.py [FOLDER]

Writes each mail at 390 and 800 pixels, light and dark, as PNG, and fails where one of them is wider
than its window. Without FOLDER only the three pictures that the README shows are written to docs/.
"""

import asyncio
import base64
import contextlib
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from monitor.core.messages.email_text import render_mail
from monitor.model import (
    Alert,
    AlertId,
    ArticleId,
    Change,
    ChangeKind,
    EditRun,
    Hit,
    Item,
    Message,
    MessageKind,
    Place,
    Reason,
    Story,
)

DOCS = Path(__file__).parent.parent / "docs"
WIDTHS, SCHEMES = (390, 800), ("light", "dark")
SHOWN = {"new-story": (390, "light"), "update": (800, "dark"), "digest": (390, "light")}
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--remote-debugging-port=0",
)
NOW = datetime(2026, 1, 5, 16, 40, tzinfo=UTC)
OPENING = (
    "Produce importers in the twin cities will pay a new tariff on winter tomatoes from the first"
    " of next month, according to a draft rule that was published on Monday. The duty of 17 percent"
    " replaces an agreement that had kept prices stable for six years. Growers on both sides said"
    " that they had not been consulted."
)


# ── stories ──────────────────────────────────────────────────────────────────────────────


def story(**facts: Any) -> Story:
    told = Story(
        id=ArticleId(1),
        url="https://news.example/2026/01/05/tomato-tariff",
        guid="1",
        title="Draft rule puts a 17 percent tariff on winter tomatoes",
        source="Valley Ledger",
        authors=("Ana Reyes", "Tom Begay"),
        published_at=NOW - timedelta(minutes=55),
        updated_at=None,
        language="en",
        revision=1,
        timezone="America/New_York",
        also_at=("Desert Radio", "La Voz del Río"),
        opening=OPENING,
    )
    return replace(told, **facts)


def hit(word: str, text: str, *, topic: str = "tariff", place: Place = Place.BODY) -> Hit:
    start = text.index(word)
    return Hit(
        topic=topic,
        place=place,
        start=start,
        end=start + len(word),
        excerpt=text,
        excerpt_at=0,
    )


def alert(topic: str = "tariff", reason: Reason = Reason.NEW) -> Alert:
    return Alert(id=AlertId(1), topic=topic, reason=reason, created_at=NOW)


def new_story() -> Item:
    told = story()
    later = "A customs broker said that the border crossing would need two more lanes for it."
    return Item(
        alerts=(alert(), alert("border")),
        story=told,
        hits=(
            hit("tariff", told.title, place=Place.TITLE),
            hit("tariff", OPENING),
            hit("duty", OPENING),
            replace(
                hit("border crossing", later, topic="border"),
                start=2_000 + later.index("border"),
                end=2_000 + later.index("border") + len("border crossing"),
                excerpt_at=2_000,
            ),
        ),
    )


def update() -> Item:
    change = Change(
        kind=ChangeKind.MATERIAL,
        score=0.3,
        title=("Draft rule puts a 17 percent tariff on winter tomatoes", "Tomato tariff delayed"),
        added=(
            "The tariff of 17 percent will begin in April, the department said on Monday evening.",
            "A group of importers has asked a federal court to stop the rule.",
        ),
        removed=(
            "The tariff of 17 percent will begin in February, the department said on Monday.",
        ),
    )
    return Item(
        alerts=(alert(reason=Reason.UPDATED),),
        story=story(title="Tomato tariff delayed", updated_at=NOW, revision=14),
        hits=(hit("Tomato tariff", "Tomato tariff delayed", place=Place.TITLE),),
        change=change,
        run=EditRun(
            count=12,
            since=NOW - timedelta(hours=2, minutes=35),
            until=NOW,
            old_title="",
            old_text="",
            new_title="",
            new_text="",
        ),
    )


def digest() -> tuple[Item, ...]:
    crossing = "Cargo lanes at the border crossing reopen after a nine-hour closure"
    spanish = (
        "Los camiones esperaron hasta nueve horas en la frontera el lunes. Las autoridades dijeron"
        " que los carriles abrirán de nuevo antes del fin de semana."
    )
    queue = "Trucks wait for hours at the border, and the fruit does not"
    return (
        new_story(),
        Item(
            alerts=(alert("border"),),
            story=story(
                title=crossing,
                source="Desert Radio",
                authors=(),
                also_at=(),
                opening="Two lanes that had been closed since Sunday are open again. Officials"
                " expect the queue of about 300 trucks to be gone by midnight.",
            ),
            hits=(hit("border crossing", crossing, topic="border", place=Place.TITLE),),
        ),
        Item(
            alerts=(alert("border", Reason.CORRECTION),),
            story=story(title=queue, source="Harbor Times", authors=("Lee Ortiz",), also_at=()),
            change=Change(
                kind=ChangeKind.CORRECTION,
                added=("Correction: An earlier version misstated how many trucks were waiting.",),
            ),
        ),
        Item(
            alerts=(alert("immigration"),),
            story=story(
                title="Camioneros esperan horas en la frontera",
                source="La Voz del Río",
                authors=("Marta Ibarra",),
                language="es",
                also_at=(),
                opening=spanish,
            ),
            hits=(hit("frontera", spanish, topic="immigration"),),
        ),
    )


def long_words() -> Item:
    """Not shown anywhere: only to see that nothing is wider than a telephone."""
    word = "a" * 300
    told = story(title=word, source=word, authors=(word,), opening=word, also_at=(word,))
    change = Change(kind=ChangeKind.MATERIAL, added=(word,), removed=(word[::2],))
    return Item(alerts=(alert(word), alert("topic of words")), story=told, change=change)


def notices() -> dict[str, Message]:
    def notice(kind: MessageKind, *items: Item) -> Message:
        return Message(kind=kind, id="msg_1", created_at=NOW, items=items)

    return {
        "new-story": notice(MessageKind.ARTICLE, new_story()),
        "update": notice(MessageKind.ARTICLE, update()),
        "digest": notice(MessageKind.DIGEST, *digest()),
        "long-words": notice(MessageKind.ARTICLE, long_words()),
    }


# ── Chromium ─────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Page:
    """A tab, driven through the DevTools protocol."""

    socket: aiohttp.ClientWebSocketResponse
    calls: int = 0

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        self.calls += 1
        await self.socket.send_json({"id": self.calls, "method": method, "params": params})
        while True:
            answer = await self.socket.receive_json()
            if answer.get("id") == self.calls:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])

    async def number(self, expression: str) -> int:
        found = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return int(found["result"]["value"])

    async def picture(self, html: str, width: int, scheme: str) -> bytes:
        """The whole page as PNG. Raises RuntimeError where it is wider than its window."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        await self.call("Emulation.setEmulatedMedia", media="screen", features=[feature])
        await self._resize(width, 100)
        frame = (await self.call("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        await self.call("Page.setDocumentContent", frameId=frame, html=html)
        if (shown := await self.number("document.documentElement.scrollWidth")) > width:
            raise RuntimeError(f"{shown} pixels do not fit {width}")
        await self._resize(width, await self.number("document.documentElement.scrollHeight"))
        shot = await self.call("Page.captureScreenshot", format="png", optimizeForSpeed=False)
        return base64.b64decode(shot["data"])

    async def _resize(self, width: int, height: int) -> None:
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Page]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise SystemExit("chromium is not installed")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            program,
            *FLAGS,
            f"--user-data-dir={profile}",
            "about:blank",
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            port = await _port(process)
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    [tab] = [t for t in await answer.json() if t["type"] == "page"]
                async with session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as ws:
                    yield Page(ws)
        finally:
            process.terminate()
            await process.wait()


async def _port(process: asyncio.subprocess.Process) -> int:
    assert process.stderr is not None
    async for line in process.stderr:
        if line.startswith(b"DevTools listening on ws://127.0.0.1:"):
            return int(line.rpartition(b"127.0.0.1:")[2].partition(b"/")[0])
    raise SystemExit("chromium did not start")


async def main(folder: Path | None) -> None:
    async with chromium() as page:
        for name, notice in notices().items():
            told = render_mail(notice, zone="America/Phoenix")
            for width in WIDTHS:
                for scheme in SCHEMES:
                    png = await page.picture(told.html, width, scheme)
                    if folder is not None:
                        (folder / f"{name}-{width}-{scheme}.png").write_bytes(png)
                    elif SHOWN.get(name) == (width, scheme):
                        (DOCS / f"mail-{name}.png").write_bytes(png)
            if folder is not None:
                (folder / f"{name}.txt").write_text(told.text, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
