"""A server in a thread of its own, which floods whoever asks, however slowly the client reads.

Asyncio servers of a test share the loop with the client and stop when it does; this one does not.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
SEND_BUFFER_BYTES = 65_536
STOP_BYTES = 50_000_000  # a flood that nobody stops ends here


class Flood:
    """`head` once, then `wave` until the client leaves. `/good` gets an honest answer."""

    def __init__(self, head: bytes, wave: bytes) -> None:
        self.head = head
        self.wave = wave
        self.sent = 0  # bytes of the flood that the kernel took
        self.port = 0

    def url(self, path: str = "/flood") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            if b" /good " in _request(connection):
                connection.sendall(GOOD)
                return
            connection.sendall(self.head)
            while self.sent < STOP_BYTES:
                connection.sendall(self.wave)
                self.sent += len(self.wave)


def _request(connection: socket.socket) -> bytes:
    came = b""
    while b"\r\n\r\n" not in came and (piece := connection.recv(65_536)):
        came += piece
    return came


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Each connection in a thread; every one must have ended before this does."""
    threads: list[Thread] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threads.append(Thread(target=answer, args=(connection,), daemon=True))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        accepting = Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in threads:
                thread.join()


@contextmanager
def flooding(head: bytes, wave: bytes) -> Iterator[Flood]:
    flood = Flood(head, wave)
    with serving(flood.answer) as port:
        flood.port = port
        yield flood
