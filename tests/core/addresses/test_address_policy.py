import socket
from random import Random

import pytest

from monitor.core.addresses import AddressPolicy, AddressRefused
from monitor.core.addresses.spelling import numeric_ipv4

PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:4700::6810:84e5", "64:ff9b::808:808", "::ffff:8.8.8.8"]

NOT_PUBLIC = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1"),
    *("172.31.255.255", "192.168.1.1", "169.254.169.254", "169.254.0.1", "100.64.0.1"),
    *("100.100.100.200", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1"),
    *("198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
    *("255.255.255.255", "168.63.129.16", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
    *("::127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::"),
    *("2002:808:808::", "2001:0:7f00:1::", "2001:db8::1", "3fff::1", "5f00::1", "fc00::1"),
    *("fd00:ec2::254", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1", "100::1"),
]

SPELLINGS = [
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.1/",
    "http://127.0.1/",
    "http://0x7f.0.0.01/",
    "http://127.0.0.1./",
    "http://１２７.０.０.１/",
    "http://127。0。0。1/",
    "http://①②⑦.0.0.1/",
    "http://public.example@127.0.0.1/",
    "http://user:word@127.0.0.1:8080/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[0:0:0:0:0:ffff:7f00:1]/",
    "HTTP://127.0.0.1/",
]

UNREADABLE = [
    r"http://private\@public/",
    r"http://public\.private/",
    "http://a@b@c/",
    "http:///nowhere",
    "http:/one.slash/",
    "http:no.slash",
    "//no.scheme/",
    "no-scheme.example/",
    "",
    "http://",
    "http://[::1",
    "http://host:99999/",
    "http://host:0/",
    "http://host:port/",
    "http://ho\nst/",
    "https://.localhost/",
    "http://a..example/",
    "http://host../",
    f"http://{'a' * 64}.example/",
    f"http://{'a.' * 127}example/",
    "http://host/\r\nX: y",
    "http://\x00/",
    "http://host name/",
    "http://%31%32%37.0.0.1/",
    "http://[fe80::1%25lo]/",
    "http://" + "ä" * 1_000_000 + ".example/",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_dialled(address: str) -> None:
    AddressPolicy(()).check_ip(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused_with_its_name_and_the_setting(
    address: str,
) -> None:
    with pytest.raises(AddressRefused, match=r"network\.allow_private") as refused:
        AddressPolicy(()).check_ip(address)
    assert refused.value.permanent


def test_the_error_names_the_address_that_would_answer() -> None:
    with pytest.raises(AddressRefused, match=r"^10\.0\.0\.1 is a private address"):
        AddressPolicy(()).check_ip("::ffff:10.0.0.1")


def test_allow_private_opens_exactly_the_networks_that_it_lists() -> None:
    policy = AddressPolicy(("10.1.0.0/16", "fd00::/64"))
    assert policy.allows("10.1.2.3")
    assert policy.allows("::ffff:10.1.2.3")
    assert policy.allows("fd00::7")
    assert not policy.allows("10.2.0.1")
    assert not policy.allows("127.0.0.1")
    assert not policy.allows("fd00:0:0:1::7")
    assert policy.allows("8.8.8.8")


def test_a_channel_names_its_own_setting() -> None:
    with pytest.raises(AddressRefused, match=r"channels\.hook\.allow_private"):
        AddressPolicy((), setting="channels.hook.allow_private").check_ip("::1")


@pytest.mark.parametrize("url", SPELLINGS)
def test_no_spelling_hides_a_loopback_address(url: str) -> None:
    with pytest.raises(AddressRefused, match=r"^127\.0\.0\.1 is a loopback address"):
        AddressPolicy(()).check_url(url)


@pytest.mark.parametrize("url", UNREADABLE)
def test_an_address_that_is_unclear_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        AddressPolicy(()).check_url(url)


@pytest.mark.parametrize(
    "url", ["ftp://host/", "file:///etc/passwd", "gopher://host/", "data:,x", "javascript:x()"]
)
def test_only_http_and_https_are_spoken(url: str) -> None:
    with pytest.raises(AddressRefused, match="does not begin with http"):
        AddressPolicy(()).check_url(url)


def test_a_number_that_some_read_as_an_address_is_refused_even_when_public() -> None:
    with pytest.raises(AddressRefused, match=r"write 8\.8\.8\.8"):
        AddressPolicy(()).check_url("http://134744072/")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org",
        "https://user:word@example.org:8443/a b?c=d\\e",
        "https://münchen.example/ä?q=ö#x",
        "http://under_score.example/",
        "http://[2606:4700::1]/",
    ],
)
def test_ordinary_addresses_pass(url: str) -> None:
    assert AddressPolicy(()).check_url(url).host


FORMS = (str, hex, lambda number: f"0{number:o}" if number else "00")


def test_numeric_hosts_are_read_as_the_c_library_reads_them() -> None:
    random = Random(7)
    sizes = (0xFF, 0xFF, 0x1FF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 1 << 33)
    hosts = ["08", "0x", "1e1", "256", "256.1", "1.2.3.4.5", "1.65536.1", "0", "00", "0X7F.1"]
    for _ in range(3_000):
        count = random.randint(1, 5)
        numbers = [random.randint(0, random.choice(sizes)) for _ in range(count)]
        hosts.append(".".join(random.choice(FORMS)(number) for number in numbers))
    read = {host: numeric_ipv4(host) for host in hosts}
    assert read == {host: read_by_the_c_library(host) for host in hosts}
    assert sum(address is not None for address in read.values()) > 300


def read_by_the_c_library(host: str) -> str | None:
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None
