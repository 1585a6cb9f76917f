"""The policy itself: only public addresses, and the networks that a setting lists."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address, ip_network

from yarl import URL

from monitor.core.addresses.special_purpose import embedded_ipv4, special_kind
from monitor.core.addresses.spelling import is_host_name, numeric_ipv4, parse_url, printable_start
from monitor.errors import Refused

CACHED_ADDRESSES = 4_096


class AddressRefused(Refused, OSError):
    """An address that the policy does not permit.

    It is an OSError too, so that a connector that meets it goes on to the next address.
    """

    def __init__(self, message: str, *, url: str) -> None:
        super().__init__(message, url=url, permanent=True)


class AddressPolicy:
    """Permits public addresses and the networks in `allow` (CIDRs), and refuses all others.

    `setting` is the configuration key that an error names. Raises ValueError for a broken CIDR.
    """

    def __init__(self, allow: Iterable[str], *, setting: str = "network.allow_private") -> None:
        self._allow = tuple(ip_network(block, strict=False) for block in allow)
        self._setting = setting
        self._refusal = lru_cache(CACHED_ADDRESSES)(self._find_refusal)

    def check_ip(self, address: str) -> None:
        """Raise AddressRefused for an IP address that must not be connected to."""
        if refusal := self._refusal(address):
            raise AddressRefused(refusal, url=address)

    def allows(self, address: str) -> bool:
        """Whether `check_ip` accepts the IP address."""
        return self._refusal(address) is None

    def check_url(self, url: str) -> URL:
        """Parse a URL that may be fetched, as far as it can be decided without resolving it.

        Raises AddressRefused.
        """
        try:
            parsed = parse_url(url)
        except ValueError as error:
            raise AddressRefused(str(error), url=url[:100]) from error
        host = (parsed.raw_host or "").removesuffix(".")
        if ":" in host:
            self._check_ipv6_literal(host, url)
        elif not is_host_name(host):
            raise AddressRefused(f"{printable_start(host)} is no name of a host", url=url)
        elif address := numeric_ipv4(host):
            self.check_ip(address)
            if address != host:
                raise AddressRefused(f"{host} is no name of a host; write {address}", url=url)
        return parsed

    def _find_refusal(self, address: str) -> str | None:
        """Why the IP address is refused; None: it is permitted."""
        answering = embedded_ipv4(ip_address(address.partition("%")[0]))
        kind = special_kind(answering)
        if kind is None or any(answering in block for block in self._allow):
            return None
        return f"{answering} is {kind} address, and {self._setting} does not list it"

    def _check_ipv6_literal(self, host: str, url: str) -> None:
        if "%" in host:
            raise AddressRefused(f"{printable_start(host)} names a network interface", url=url)
        self.check_ip(host)
