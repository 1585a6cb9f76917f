"""`make demo`: the whole service against a small local news site, without internet.

The site publishes a story, edits it, moves only its stamp, and retracts another; the terminal
shows what the service does and what arrives at a local inbox and a local webhook.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from demo.newsroom import Newsroom, Story
from monitor import config
from monitor.contracts import Outcome
from monitor.service import Service, open_service

CONFIG = """\
database: news.db
timezone: America/Phoenix
network: {{allow_private: ["127.0.0.0/8"], host_delay: 0s}}
sources:
  - {{name: valley radio, url: "{feed}", timezone: America/Phoenix}}
channels:
  - {{name: desk, type: email, to: [desk@example.org], from: monitor@example.org,
     smtp: {{host: 127.0.0.1, port: {smtp}, tls: none}}}}
  - {{name: hook, type: webhook, url: "{hook}"}}
"""


def say(who: str, text: str) -> None:
    print(f"{who:>9}  {text}", flush=True)


class Inbox:
    """Prints the mail that arrives."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        mail = message_from_bytes(raw, policy=policy.default)
        say("inbox", str(mail["Subject"]))
        return "250 OK"


@asynccontextmanager
async def inbox() -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Inbox()), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def webhook() -> AsyncIterator[str]:
    async def receive(request: web.Request) -> web.Response:
        body = await request.json()
        data = body["data"]
        why = ", ".join(f"{alert['topic']}: {alert['reason']}" for alert in data["alerts"])
        say("webhook", f"{body['type']} ({why}) {data['article']['title']}")
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hook", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    finally:
        await runner.cleanup()


def observe(outcome: Outcome) -> None:
    if outcome.worker == "send":
        return  # the inbox and the webhook speak for themselves
    noun = "entry" if outcome.new == 1 else "entries"
    counts = f", {outcome.new} new {noun}" if outcome.new else ""
    title = f": {outcome.title}" if outcome.title else ""
    say(outcome.worker, f"{outcome.result}{counts}{title}")


def alarm(desk: str, error: Exception) -> None:
    say(desk, f"failed: {error}")


def story(now: datetime) -> Story:
    return Story(
        slug="lanes",
        title="Trucks wait for hours at the border as lanes close",
        paragraphs=(
            "Drivers waited for up to nine hours on Monday after two cargo lanes at the Nogales"
            " port of entry closed.",
            "Officials said that the lanes would open again before the end of the week, and that"
            " perishable goods would be let through first.",
            "A warehouse owner in Rio Rico said that she had hired two more people to keep up with"
            " the paperwork.",
        ),
        published=now - timedelta(minutes=4),
    )


async def script(site: Newsroom, service: Service) -> None:
    now = datetime.now(UTC)
    lanes = story(now)

    async def step(what: str) -> None:
        say("editors", what)
        await service.make_due(None)
        await service.drain()
        print(flush=True)

    site.publish(lanes)
    await step("publish a story about the border")
    await step("do nothing")
    tariff = "A new tariff on tomatoes of 17 percent adds to the delays, brokers said."
    lanes = site.edit("lanes", paragraphs=(*lanes.paragraphs, tariff), updated=now)
    await step("add a paragraph that says 'tariff'")
    site.edit("lanes", updated=now + timedelta(minutes=5))
    await step("move only the stamp")


async def main() -> None:
    async with AsyncExitStack() as exits:
        site = await exits.enter_async_context(Newsroom(zone=ZoneInfo("America/Phoenix")).open())
        smtp = await exits.enter_async_context(inbox())
        hook = await exits.enter_async_context(webhook())
        folder = Path(exits.enter_context(tempfile.TemporaryDirectory()))
        path = folder / "config.yaml"
        path.write_text(CONFIG.format(feed=site.feed_url(), smtp=smtp, hook=hook))
        settings = config.load(path)
        service = await exits.enter_async_context(
            open_service(settings, observe=observe, alarm=alarm)
        )
        await script(site, service)
    print("That was one story, told when it was new and when it truly changed.")
    print("Your own sources: news-monitor init, edit config.yaml, news-monitor poll.")


if __name__ == "__main__":
    asyncio.run(main())
