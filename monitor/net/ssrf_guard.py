"""Which addresses we refuse, asked at the moment of connecting.

Every outbound socket of the product is made by `Guard.socket_factory`: it sees the final address
of every connection, whatever name, spelling or redirect led there. `check_url` refuses earlier
what can be told from the address alone, so that the message is better and nothing is resolved.
"""

import asyncio
import re
import socket
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any

import aiohappyeyeballs
from yarl import URL

from monitor.core.text import LONGEST
from monitor.errors import Refused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# `ipaddress` calls several of these global (metadata, multicast, relays) and none of its flags
# covers all, so they are written out. Source: IANA's special-purpose registries.
SPECIAL: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("a loopback", ("127.0.0.0/8", "::1/128")),
    ("an unspecified", ("0.0.0.0/8", "::/128")),
    ("a private", ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10")),
    ("a link-local", ("169.254.0.0/16", "fe80::/10")),
    ("a carrier-grade NAT", ("100.64.0.0/10",)),
    ("a cloud metadata", ("192.0.0.192/32", "168.63.129.16/32")),
    ("a protocol-assignment", ("192.0.0.0/24", "2001::/23")),
    ("a documentation", ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")),
    ("a documentation", ("2001:db8::/32", "3fff::/20")),
    ("a benchmarking", ("198.18.0.0/15",)),
    ("a multicast", ("224.0.0.0/4", "ff00::/8")),
    ("a reserved", ("240.0.0.0/4", "5f00::/16", "100::/64")),
    ("an IPv4 relay", ("192.88.99.0/24", "2002::/16", "64:ff9b:1::/48", "::/96")),
)
REMEMBERED = 4_096  # addresses whose verdict a guard keeps
_SPECIAL = tuple((kind, ip_network(block)) for kind, blocks in SPECIAL for block in blocks)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: what a DNS64 answers for every IPv4 site
_LABEL = r"[A-Za-z0-9_-]{1,63}"  # RFC 1035, 2.3.4
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LONGEST_NAME = 253
_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]")


class AddressRefused(Refused, OSError):
    """We do not dial this.

    It is an OSError too, so that a connector that meets it goes on to the next address.
    """

    def __init__(self, message: str, *, url: str) -> None:
        super().__init__(message, url=url, permanent=True)


class Guard:
    """Refuses every address that is not public, but for the networks in `allow` (CIDRs)."""

    def __init__(self, allow: Iterable[str], *, setting: str = "network.allow_private") -> None:
        self._allow = tuple(ip_network(block, strict=False) for block in allow)
        self._setting = setting
        self._refusal = lru_cache(REMEMBERED)(self._judged)

    def check_ip(self, address: str) -> None:
        """Raises AddressRefused for an address that must not be dialled."""
        if refusal := self._refusal(address):
            raise AddressRefused(refusal, url=address)

    def _judged(self, address: str) -> str | None:
        """Why the address is refused; always the same for one guard."""
        dialled = _dialled(ip_address(address.partition("%")[0]))
        kind = _special(dialled)
        if kind is None or any(dialled in block for block in self._allow):
            return None
        return f"{dialled} is {kind} address, and {self._setting} does not list it"

    def allows(self, address: str) -> bool:
        try:
            self.check_ip(address)
        except AddressRefused:
            return False
        return True

    def check_url(self, url: str) -> URL:
        """The address as it will be dialled. Raises AddressRefused; resolves nothing."""
        parsed = _parsed(url)
        host = (parsed.raw_host or "").removesuffix(".")
        if ":" in host:
            self._check_literal(host, url)
        elif not _NAME.fullmatch(host) or len(host) > _LONGEST_NAME:
            raise AddressRefused(f"{_shown(host)} is no name of a host", url=url)
        elif literal := _ipv4(host):
            self.check_ip(literal)
            if literal != host:
                raise AddressRefused(f"{host} is no name of a host; write {literal}", url=url)
        return parsed

    def _check_literal(self, host: str, url: str) -> None:
        if "%" in host:
            raise AddressRefused(f"{_shown(host)} names a network interface", url=url)
        self.check_ip(host)

    def socket_factory(self, addr_info: tuple[Any, ...]) -> socket.socket:
        """A socket for this `getaddrinfo` tuple, and for no address that is refused."""
        family, kind, protocol, _, address = addr_info
        self.check_ip(address[0])
        return socket.socket(family, kind, protocol)


async def connect(host: str, port: int, guard: Guard, timeout_s: float) -> socket.socket:
    """A connected, non-blocking socket to one of the allowed addresses of `host`.

    Resolves once. Raises AddressRefused, OSError, TimeoutError.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(timeout_s):
        answers = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        public = [info for info in answers if guard.allows(str(info[4][0]))]
        return await aiohappyeyeballs.start_connection(
            public or answers[:1],  # one refused address makes the clearest error
            happy_eyeballs_delay=0.25,
            socket_factory=guard.socket_factory,
        )


def _dialled(address: Address) -> Address:
    """The IPv4 address behind a mapped or NAT64 one: that is the machine which would answer."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(address.packed[-4:])
    return address


def _special(address: Address) -> str | None:
    for kind, block in _SPECIAL:
        if address in block:
            return kind
    return None if address.is_global else "no public"


def _parsed(url: str) -> URL:
    if len(url) > LONGEST:  # IDNA takes seconds for a megabyte
        raise AddressRefused(f"the address is longer than {LONGEST} characters", url=url[:100])
    authority = re.split(r"[/?#]", url.partition("//")[2], maxsplit=1)[0]
    if _CONTROL.search(url.partition("?")[0].partition("#")[0].replace(" ", "")):
        raise AddressRefused("the address holds control characters", url=url)
    if "\\" in authority or authority.count("@") > 1:
        # Parsers disagree on who is the host here (`http://private\@public/`).
        raise AddressRefused("the address can be read in two ways", url=url)
    try:
        parsed = URL(url)
    except ValueError as error:
        raise AddressRefused(f"not an address: {_shown(str(error))}", url=url) from error
    if parsed.scheme not in ("http", "https"):
        raise AddressRefused("the address does not begin with http:// or https://", url=url)
    if not parsed.raw_host or not parsed.port:
        raise AddressRefused("the address names no host and port", url=url)
    return parsed


def _ipv4(host: str) -> str | None:
    """The address that the C library reads in `2130706433`, `0x7f.1`, `0177.0.0.1`, `127.1`."""
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in text[:200]) or "nothing"
