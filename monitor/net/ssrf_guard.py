"""Sockets that connect only where the address policy permits.

Every outbound socket of the product is made by `open_socket`: it sees the final address of every
connection, whatever name, spelling or redirect led there.
"""

import asyncio
import socket
from functools import partial
from typing import Any

import aiohappyeyeballs

from monitor.core.addresses import AddressPolicy


def open_socket(policy: AddressPolicy, addr_info: tuple[Any, ...]) -> socket.socket:
    """A socket for this `getaddrinfo` tuple. Raises AddressRefused."""
    family, kind, protocol, _, address = addr_info
    policy.check_ip(address[0])
    return socket.socket(family, kind, protocol)


async def connect(host: str, port: int, policy: AddressPolicy, timeout_s: float) -> socket.socket:
    """A connected, non-blocking socket to one of the permitted addresses of `host`.

    Resolves once. Raises AddressRefused, OSError, TimeoutError.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(timeout_s):
        answers = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        permitted = [info for info in answers if policy.allows(str(info[4][0]))]
        return await aiohappyeyeballs.start_connection(
            permitted or answers[:1],  # one refused address makes the clearest error
            happy_eyeballs_delay=0.25,
            socket_factory=partial(open_socket, policy),
        )
