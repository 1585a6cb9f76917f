import asyncio
import socket
from typing import Any

import pytest

from monitor.core.addresses import AddressPolicy
from monitor.errors import Refused
from monitor.net.ssrf_guard import connect


async def test_connect_returns_a_connected_socket() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        connected = await connect("127.0.0.1", port, AddressPolicy(("127.0.0.0/8",)), 5)
        with connected:
            assert connected.getpeername() == ("127.0.0.1", port)
            assert not connected.getblocking()


async def test_connect_never_connects_to_a_refused_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        port = listening.getsockname()[1]
        with pytest.raises(Refused, match="loopback"):
            await connect("localhost", port, AddressPolicy(()), 5)
        with pytest.raises(BlockingIOError):
            listening.accept()


async def test_connect_to_a_closed_port_is_an_ordinary_os_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        await connect("127.0.0.1", port, AddressPolicy(("127.0.0.0/8",)), 5)


async def test_permitted_addresses_are_used_beside_refused_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        answers = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in ("127.0.0.9", "127.0.0.1")
        ]

        async def mixed(*_: object, **__: object) -> list[Any]:
            return answers

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", mixed)
        with await connect("mixed.example", port, AddressPolicy(("127.0.0.1/32",)), 5) as connected:
            assert connected.getpeername()[0] == "127.0.0.1"
