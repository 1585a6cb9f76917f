"""IP address blocks that are not public, after IANA's special-purpose registries."""

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# `ipaddress` calls several of these global (metadata, multicast, relays) and none of its flags
# covers all, so they are written out.
SPECIAL_PURPOSE: tuple[tuple[str, tuple[str, ...]], ...] = (
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
_BLOCKS: tuple[tuple[str, Network], ...] = tuple(
    (kind, ip_network(block)) for kind, blocks in SPECIAL_PURPOSE for block in blocks
)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: what a DNS64 answers for every IPv4 site


def embedded_ipv4(address: Address) -> Address:
    """The IPv4 address inside a mapped or NAT64 address, which is the machine that would answer.

    Any other address is returned as it is.
    """
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(address.packed[-4:])
    return address


def special_kind(address: Address) -> str | None:
    """The kind of a special-purpose address with its article (`a loopback`). None: public."""
    for kind, block in _BLOCKS:
        if address in block:
            return kind
    return None if address.is_global else "no public"
