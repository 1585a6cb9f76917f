"""Opens sockets only to addresses that the address policy permits, against SSRF.

Every outgoing socket of the program is made by `open_socket`. It sees the address that is really
connected to, whatever host name, spelling or redirect led there, so DNS rebinding does not help.
"""

import asyncio
import socket
from functools import partial
from typing import Any

import aiohappyeyeballs

from monitor.core.addresses import AddressPolicy


def open_socket(policy: AddressPolicy, addr_info: tuple[Any, ...]) -> socket.socket:
    """Create an unconnected socket for a `getaddrinfo` tuple. Raises AddressRefused."""
    family, kind, protocol, _, address = addr_info
    policy.check_ip(address[0])
    return socket.socket(family, kind, protocol)


async def connect(host: str, port: int, policy: AddressPolicy, timeout_s: float) -> socket.socket:
    """Connect to one of the permitted addresses of `host`; return a non-blocking socket.

    Resolves the name once and races its addresses (Happy Eyeballs, RFC 8305). Raises
    AddressRefused, OSError, TimeoutError.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(timeout_s):
        answers = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        permitted = [info for info in answers if policy.allows(str(info[4][0]))]
        return await aiohappyeyeballs.start_connection(
            permitted or answers[:1],  # a refused address gives the clearest error
            happy_eyeballs_delay=0.25,
            socket_factory=partial(open_socket, policy),
        )
