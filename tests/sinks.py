"""Where messages arrive in tests: a real SMTP server and a real webhook receiver, on loopback."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


async def dial(host: str, port: int, seconds: float) -> socket.socket:
    """A plain loopback dialler, where the product hands in its guarded one."""
    sock = socket.socket()
    sock.setblocking(False)
    try:
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    except BaseException:
        sock.close()
        raise
    return sock


# ── mail ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message as it came in."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    raw: bytes = field(repr=False)
    tls: bool
    connection: int  # which of the inbox's connections carried it, from 0

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None
        return str(part.get_content())


def _abort(server: SMTP) -> None:
    """Cut the connection, where one is still open."""
    if server.transport is not None:
        cast(asyncio.Transport, server.transport).abort()


class FakeInbox:
    """A mail server that keeps what it is given, and refuses what a test tells it to."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: list[Mail] = []
        self.tried: list[str] = []  # the recipient of every RCPT
        self.refusals: dict[str, list[str]] = {}  # recipient → its next answers, before "250 OK"
        self.sender_answers: list[str] = []  # to the next MAIL FROM
        self.data_answers: list[str] = []  # to the next whole messages, which are not kept
        self.cuts = 0  # so many messages are kept and the connection then cut, unanswered
        self.servers: list[SMTP] = []  # one a connection

    def drop_connections(self) -> None:
        """As a server does that is restarted."""
        for server in self.servers:
            _abort(server)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sender_answers:
            return self.sender_answers.pop(0)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tried.append(address)
        if answers := self.refusals.get(address):
            return answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.data_answers:
            return self.data_answers.pop(0)
        self._keep(server, session, envelope)
        if self.cuts:
            self.cuts -= 1
            _abort(server)
        return "250 OK"

    def _keep(self, server: SMTP, session: Session, envelope: Envelope) -> None:
        raw = cast(bytes, envelope.original_content)
        self.mails.append(
            Mail(
                sender=str(envelope.mail_from),
                recipients=tuple(envelope.rcpt_tos),
                message=message_from_bytes(raw, policy=default),
                raw=raw,
                tls=session.ssl is not None,
                connection=self.servers.index(server),
            )
        )


def only(user: str, password: str) -> Callable[..., AuthResult]:
    """An authenticator that knows one account."""

    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword
    ) -> AuthResult:
        known = given == LoginPassword(user.encode(), password.encode())
        return AuthResult(success=known, handled=False)

    return authenticate


@asynccontextmanager
async def inbox(
    *, implicit_tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[FakeInbox]:
    """A running inbox; `options` are those of aiosmtpd's SMTP."""
    sink = FakeInbox()

    def serve() -> SMTP:
        sink.servers.append(SMTP(sink, hostname="localhost", **options))
        return sink.servers[-1]

    loop = asyncio.get_running_loop()
    listening = await loop.create_server(serve, "127.0.0.1", 0, ssl=implicit_tls)
    sink.port = listening.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        listening.close()
        sink.drop_connections()
        await listening.wait_closed()


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(handle: Handler) -> AsyncIterator[int]:
    """Any server at all, on the port it gives; every connection must end before it does."""
    tasks: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(cast(asyncio.Task[None], asyncio.current_task()))
        await handle(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*tasks)


# ── webhook ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A request as it came in."""

    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return cast(dict[str, Any], json.loads(self.body))


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FakeReceiver:
    """A webhook's other end: keeps every request, and answers as told, then 204."""

    def __init__(self) -> None:
        self.port = 0
        self.posts: list[Post] = []
        self.answers: list[Answer] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook/s3cret?token=t0ken"

    def answer(self, status: int, **headers: str) -> None:
        """The next request gets this; `Retry_After="3"` is the header of that name."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def reply(request: web.Request) -> web.Response:
            return web.Response(status=status, headers=named)

        self.answers.append(reply)

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        self.posts.append(Post(path=request.path_qs, headers=headers, body=body))
        return await self.answers.pop(0)(request) if self.answers else web.Response(status=204)


@asynccontextmanager
async def receiver() -> AsyncIterator[FakeReceiver]:
    sink = FakeReceiver()
    app = web.Application(client_max_size=10_000_000)
    app.router.add_route("*", "/{path:.*}", sink._receive)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        sink.port = runner.addresses[0][1]
        yield sink
    finally:
        await runner.cleanup()
