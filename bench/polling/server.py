"""A feed server in a process of its own: `python bench/polling/server.py PORT`.

Each feed has 20 entries and 33 kB. `GET /feed/N` answers with validators, and with 304 to those it
knows; `/mode/plain` makes it forget validators, `/mode/conditional` remember them again;
`/edit/LOW/HIGH` puts one new entry into each of these feeds. `/mode/close` ends every connection
after its answer, `/mode/keep` keeps them.
"""

import asyncio
import sys
from functools import cache

ENTRIES = 20
STARTS = ("ba", "be", "bi", "bo", "da", "de", "di", "do", "la", "le", "li", "lo")
ENDS = ("nd", "rt", "st", "m", "n", "l")
SYLLABLES = [f"{start}{end}" for start in STARTS for end in ENDS]


def paragraph(seed: int, letters: int) -> str:
    """Words that differ from story to story, so that no two look alike."""
    words: list[str] = []
    length = 0
    while length < letters:
        seed = (seed * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        parts = (SYLLABLES[(seed >> shift) % len(SYLLABLES)] for shift in (33, 43, 53))
        words.append("".join(list(parts)[: 1 + seed % 3]))
        length += len(words[-1]) + 1
    return " ".join(words)


def item(feed: int, number: int) -> str:
    link = f"https://news{feed}.example.org/2026/11/story-{number}"
    minute, hour = number % 60, number // 60 % 24
    return (
        f"<item><title>Story {number} of paper {feed}</title><link>{link}</link>"
        f'<guid isPermaLink="true">{link}</guid>'
        f"<pubDate>Mon, 23 Nov 2026 {hour:02}:{minute:02}:00 GMT</pubDate>"
        f"<dc:creator>Reporter {feed % 7}</dc:creator><category>news</category>"
        f"<description>&lt;p&gt;{paragraph(feed * 1_000 + number, 1_180)}&lt;/p&gt;</description>"
        "</item>\n"
    )


class Feeds:
    def __init__(self) -> None:
        self.edits: dict[int, int] = {}
        self.conditional = True
        self.keep = True

    def answer(self, path: str, head: bytes) -> bytes:
        _, kind, *rest = path.split("/")
        if kind == "feed":
            return self._feed(int(rest[0]), head)
        if kind == "mode":
            self.conditional = {"plain": False, "conditional": True}.get(rest[0], self.conditional)
            self.keep = {"close": False, "keep": True}.get(rest[0], self.keep)
        if kind == "edit":
            for feed in range(int(rest[0]), int(rest[1])):
                self.edits[feed] = self.edits.get(feed, 0) + 1
        return response("200 OK", b"done", "", keep=self.keep)

    def _feed(self, feed: int, head: bytes) -> bytes:
        edits = self.edits.get(feed, 0)
        validator = f'ETag: "{feed}-{edits}"\r\n' if self.conditional else ""
        if validator and f'"{feed}-{edits}"'.encode() in head:
            return response("304 Not Modified", b"", validator, keep=self.keep)
        return response("200 OK", body(feed, edits), validator, keep=self.keep)


@cache
def body(feed: int, edits: int) -> bytes:
    items = "".join(item(feed, number) for number in range(ENTRIES + edits, edits, -1))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>Paper {feed}</title><link>https://news{feed}.example.org/</link>"
        f"<description>All of it</description><language>en</language>\n{items}</channel></rss>\n"
    ).encode()


def response(status: str, content: bytes, validator: str, *, keep: bool) -> bytes:
    length = "" if status.startswith("304") else f"Content-Length: {len(content)}\r\n"
    connection = "" if keep else "Connection: close\r\n"
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: application/rss+xml\r\n"
        f"{length}{validator}{connection}\r\n"
    ).encode() + content


class Connection(asyncio.Protocol):
    def __init__(self, feeds: Feeds) -> None:
        self.feeds = feeds
        self.came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.came += data
        while b"\r\n\r\n" in self.came:
            head, _, self.came = self.came.partition(b"\r\n\r\n")
            self.transport.write(self.feeds.answer(head.split(b" ", 2)[1].decode(), head))
            if not self.feeds.keep:
                self.transport.close()


async def main(port: int) -> None:
    feeds = Feeds()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(feeds), "0.0.0.0", port, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
