import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
import trustme
from hostile import FEED, whole

from monitor.errors import Unreachable
from monitor.model import FetchKind, Request
from net.fetchers import FetcherFactory, body

PAST = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusting_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@asynccontextmanager
async def tls_server(certificate: trustme.LeafCert) -> AsyncIterator[str]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(whole(FEED))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


def feed(url: str) -> Request:
    return Request(url=url, kind=FetchKind.FEED)


async def test_a_trusted_certificate_is_accepted(
    authority: trustme.CA, trusting_context: ssl.SSLContext, new_fetcher: FetcherFactory
) -> None:
    async with tls_server(authority.issue_cert("127.0.0.1")) as url:
        assert await body(new_fetcher(tls=trusting_context), feed(url)) == FEED


async def test_a_certificate_of_an_unknown_authority_is_refused(
    authority: trustme.CA, new_fetcher: FetcherFactory
) -> None:
    async with tls_server(authority.issue_cert("127.0.0.1")) as url:
        with pytest.raises(Unreachable, match=r"^TLS: .*certificate"):
            await new_fetcher().get(feed(url))


async def test_an_expired_certificate_is_refused_as_expired(
    authority: trustme.CA, trusting_context: ssl.SSLContext, new_fetcher: FetcherFactory
) -> None:
    async with tls_server(authority.issue_cert("127.0.0.1", not_after=PAST)) as url:
        with pytest.raises(Unreachable, match=r"^TLS: certificate has expired"):
            await new_fetcher(tls=trusting_context).get(feed(url))


async def test_a_certificate_of_another_host_is_refused(
    authority: trustme.CA, trusting_context: ssl.SSLContext, new_fetcher: FetcherFactory
) -> None:
    async with tls_server(authority.issue_cert("other.example")) as url:
        with pytest.raises(Unreachable, match=r"^TLS: .*mismatch"):
            await new_fetcher(tls=trusting_context).get(feed(url))


async def test_plain_http_on_an_https_address_is_a_tls_error(
    trusting_context: ssl.SSLContext, new_fetcher: FetcherFactory
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(whole(b"", status="400 Bad Request"))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Unreachable, match=r"^TLS failed: .*wrong version number"):
            await new_fetcher(tls=trusting_context).get(feed(f"https://127.0.0.1:{port}/"))
