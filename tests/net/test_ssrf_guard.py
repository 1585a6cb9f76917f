import asyncio
import socket

import pytest

from monitor.errors import Refused
from monitor.net.ssrf_guard import AddressRefused, Guard, connect

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
def test_a_public_address_may_be_dialled(address):
    Guard(()).check_ip(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused_with_its_name_and_the_setting(address):
    with pytest.raises(AddressRefused, match=r"network\.allow_private") as refused:
        Guard(()).check_ip(address)
    assert refused.value.permanent


def test_the_error_names_the_address_that_would_answer():
    with pytest.raises(AddressRefused, match=r"^10\.0\.0\.1 is a private address"):
        Guard(()).check_ip("::ffff:10.0.0.1")


def test_allow_private_opens_exactly_the_networks_that_it_lists():
    guard = Guard(("10.1.0.0/16", "fd00::/64"))
    assert guard.allows("10.1.2.3")
    assert guard.allows("::ffff:10.1.2.3")
    assert guard.allows("fd00::7")
    assert not guard.allows("10.2.0.1")
    assert not guard.allows("127.0.0.1")
    assert not guard.allows("fd00:0:0:1::7")
    assert guard.allows("8.8.8.8")


def test_a_channel_names_its_own_setting():
    with pytest.raises(AddressRefused, match=r"channels\.hook\.allow_private"):
        Guard((), setting="channels.hook.allow_private").check_ip("::1")


@pytest.mark.parametrize("url", SPELLINGS)
def test_no_spelling_hides_a_loopback_address(url):
    with pytest.raises(AddressRefused, match=r"^127\.0\.0\.1 is a loopback address"):
        Guard(()).check_url(url)


@pytest.mark.parametrize("url", UNREADABLE)
def test_an_address_that_is_unclear_is_refused(url):
    with pytest.raises(AddressRefused):
        Guard(()).check_url(url)


@pytest.mark.parametrize(
    "url", ["ftp://host/", "file:///etc/passwd", "gopher://host/", "data:,x", "javascript:x()"]
)
def test_only_http_and_https_are_spoken(url):
    with pytest.raises(AddressRefused, match="does not begin with http"):
        Guard(()).check_url(url)


def test_a_number_that_some_read_as_an_address_is_refused_even_when_public():
    with pytest.raises(AddressRefused, match=r"write 8\.8\.8\.8"):
        Guard(()).check_url("http://134744072/")


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
def test_ordinary_addresses_pass(url):
    assert Guard(()).check_url(url).host


async def test_connect_gives_a_connected_socket():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        dialled = await connect("127.0.0.1", port, Guard(("127.0.0.0/8",)), 5)
        with dialled:
            assert dialled.getpeername() == ("127.0.0.1", port)
            assert not dialled.getblocking()


async def test_connect_never_dials_a_refused_address():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        port = listening.getsockname()[1]
        with pytest.raises(Refused, match="loopback"):
            await connect("localhost", port, Guard(()), 5)
        with pytest.raises(BlockingIOError):
            listening.accept()


async def test_connect_to_a_closed_port_is_an_ordinary_os_error():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        await connect("127.0.0.1", port, Guard(("127.0.0.0/8",)), 5)


async def test_a_refused_address_in_a_mixed_answer_leaves_the_public_one(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        answers = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in ("127.0.0.9", "127.0.0.1")
        ]

        async def mixed(*_: object, **__: object) -> list:
            return answers

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", mixed)
        with await connect("mixed.example", port, Guard(("127.0.0.1/32",)), 5) as dialled:
            assert dialled.getpeername()[0] == "127.0.0.1"
