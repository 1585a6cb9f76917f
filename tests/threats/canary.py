"""Runs inside a network namespace: names that lie, and a canary that must hear nothing.

`python canary.py` lays out addresses and a name server there, has the real service watch every
spelling of the canary's addresses, and prints as JSON what the canary and the public site heard.
"""

import asyncio
import ipaddress
import json
import subprocess
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from monitor.channels.webhook.config import WebhookConfig
from monitor.contracts import Outcome
from monitor.service import open_service
from monitor.settings import NetworkSettings, PollSettings, Settings, Source, Topic

PRIVATE, METADATA, MAPPED = "10.9.8.7", "169.254.169.254", "::ffff:10.9.8.7"
NAT64, ULA, RELAY = "64:ff9b::a09:807", "fd00::7", "2002:a09:807::1"
PUBLIC, OTHER_PUBLIC = "93.184.215.14", "8.8.4.4"
ADDRESSES = (PRIVATE, METADATA, NAT64, ULA, RELAY, PUBLIC, OTHER_PUBLIC)
PORT = 8080

SPELLINGS = (
    PRIVATE,
    f"{PRIVATE}.",
    "168364039",
    "0x0a090807",
    "0x0a.0x09.0x08.0x07",
    "012.011.010.07",
    "10.9.2055",
    "10.591879",
    "１０.９.８.７",
    "10。9。8。7",
    f"public.test@{PRIVATE}",
    f"[{MAPPED}]",
    "[::ffff:a09:807]",
    f"[{NAT64}]",
    f"[{RELAY}]",
    f"[{ULA}]",
    "[::10.9.8.7]",
    METADATA,
    "127.0.0.1",
    "localhost",
    "0.0.0.0",
    "[::1]",
    "[::]",
)
NAMES: dict[str, tuple[str, ...]] = {
    "public.test": (PUBLIC,),
    "private.test": (PRIVATE,),
    "metadata.test": (METADATA,),
    "mixed.test": (PRIVATE, PUBLIC),
    "mapped.test": (MAPPED,),
    "nat64.test": (NAT64,),
    "relay.test": (RELAY,),
    "ula.test": (ULA,),
}
ALIASES = {"alias.test": "private.test"}
REBINDING = "rebinding.test"  # public when asked first, private ever after
FEED = (
    '<rss version="2.0"><channel><title>Public</title><item><guid>{guid}</guid>'
    "<title>border</title><link>{link}</link></item></channel></rss>"
)


@dataclass(slots=True)
class Heard:
    canary: list[str] = field(default_factory=list)
    public: list[str] = field(default_factory=list)
    asked_names: list[str] = field(default_factory=list)


# ── the name server ──────────────────────────────────────────────────────────────────────


class NameServer(asyncio.DatagramProtocol):
    """Just enough of RFC 1035: A, AAAA and CNAME answers that live for no time."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, query: bytes, sender: tuple[str, int]) -> None:
        name, end = _name(query)
        kind = int.from_bytes(query[end : end + 2])
        question = query[12 : end + 4]
        answers = self._answers(name, kind)
        counts = b"\0\1" + len(answers).to_bytes(2) + b"\0\0\0\0"
        self._transport.sendto(
            query[:2] + b"\x81\x80" + counts + question + b"".join(answers), sender
        )

    def _answers(self, name: str, kind: int) -> list[bytes]:
        if kind == 1:
            self._heard.asked_names.append(name)
        if target := ALIASES.get(name):
            return [_record(name, 5, _packed(target)), *self._addresses(target, kind)]
        return self._addresses(name, kind)

    def _addresses(self, name: str, kind: int) -> list[bytes]:
        known = NAMES.get(name, ())
        if name == REBINDING:
            known = (PUBLIC,) if self._heard.asked_names.count(name) == 1 else (PRIVATE,)
        found = map(ipaddress.ip_address, known)
        return [
            _record(name, kind, one.packed)
            for one in found
            if kind == (1 if one.version == 4 else 28)
        ]


def _name(query: bytes) -> tuple[str, int]:
    at, labels = 12, []
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode("latin-1").lower())
        at += 1 + length
    return ".".join(labels), at + 1


def _packed(name: str) -> bytes:
    return b"".join(bytes([len(one)]) + one.encode() for one in name.split(".")) + b"\0"


def _record(name: str, kind: int, data: bytes) -> bytes:
    head = _packed(name) + kind.to_bytes(2) + b"\0\1" + b"\0\0\0\0"
    return head + len(data).to_bytes(2) + data


# ── the site and the canary ──────────────────────────────────────────────────────────────


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def serve(heard: Heard) -> Handler:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = writer.get_extra_info("sockname")[0]
        if mine not in (PUBLIC, OTHER_PUBLIC):
            heard.canary.append(mine)
            writer.close()
            return
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        path = head.split(" ")[1]
        heard.public.append(path)
        writer.write(_page(path))
        await writer.drain()
        writer.close()

    return answer


def _page(path: str) -> bytes:
    if path.startswith("/to/"):
        target = REDIRECTS[int(path.removeprefix("/to/"))]
        return f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()
    link = LINKS.get(path, f"http://public.test:{PORT}/story")
    body = FEED.format(guid=path, link=link).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


REDIRECTS = (
    f"http://{PRIVATE}:{PORT}/",
    f"//{PRIVATE}:{PORT}/",
    f"http://[{MAPPED}]:{PORT}/",
    f"http://private.test:{PORT}/",
    f"http://alias.test:{PORT}/",
    f"http://{PRIVATE}\\@public.test:{PORT}/",
    "file:///etc/passwd",
    "gopher://10.9.8.7:8080/",
    "ftp://10.9.8.7:8080/",
)
LINKS = {f"/links/{n}": target for n, target in enumerate(REDIRECTS)}


def sources() -> dict[str, str]:
    """Name → address, for everything that leads to the canary, and one that does not."""
    hosts = (*SPELLINGS, *NAMES, *ALIASES, REBINDING)
    found = {f"host {host}": f"http://{host}:{PORT}/feed" for host in hosts}
    for n in range(len(REDIRECTS)):
        found[f"redirect {n}"] = f"http://public.test:{PORT}/to/{n}"
    for path in LINKS:
        found[f"link {path}"] = f"http://public.test:{PORT}{path}"
    found["differential"] = f"http://{PRIVATE}\\@public.test:{PORT}/"
    return found


def settings(folder: Path) -> Settings:
    hooks = (*SPELLINGS, "private.test", "alias.test", "nat64.test")
    return Settings(
        path=folder / "config.yaml",
        database=folder / "news.db",
        timezone="UTC",
        poll=PollSettings(),
        network=NetworkSettings(
            user_agent="news-monitor test", host_delay=timedelta(0), timeout=timedelta(seconds=30)
        ),
        sources=tuple(
            Source(name=name, url=url, every=timedelta(minutes=15))
            for name, url in sources().items()
        ),
        topics=(Topic(name="border", query="border"),),
        channels=tuple(
            WebhookConfig(type="webhook", name=f"hook {host}", url=f"http://{host}:{PORT}/hook")
            for host in hooks
        ),
    )


async def main() -> None:
    heard = Heard()
    for address in ADDRESSES:
        block = f"{address}/{128 if ':' in address else 32}"
        subprocess.run(["ip", "addr", "add", block, "dev", "lo"], check=True)  # noqa: ASYNC221
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)  # noqa: ASYNC221
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: NameServer(heard), local_addr=("127.0.0.53", 53))
    servers = [await asyncio.start_server(serve(heard), host, PORT) for host in ("0.0.0.0", "::")]
    outcomes: list[Outcome] = []
    alarms: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):  # the second life asks again, and the rebinding name leads inside
            async with open_service(
                settings(Path(folder)),
                observe=outcomes.append,
                alarm=lambda desk, error: alarms.append(f"{desk}: {error}"),
            ) as service:
                await service.make_due(None)
                await service.drain()
    for server in servers:
        server.close()
    told = {
        "canary": heard.canary,
        "public": heard.public,
        "names": heard.asked_names,
        "polls": {one.subject: one.error for one in outcomes if one.worker == "poll"},
        "sends": {one.subject: one.error for one in outcomes if one.worker == "send"},
        "alarms": alarms,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(main())
