"""What may be called: strange spellings are refused, private networks stay closed whatever the
name says, and only the operator opens."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.connect import addresses
from zhiyin.connect.addresses import Opening, Pattern, Policy, read, read_opening, read_pattern
from zhiyin.connect.reasons import Reason, RefusedError

STRICT = Policy()


def _refused(url: str, policy: Policy = STRICT, *found: str) -> Reason:
    with pytest.raises(RefusedError) as refusal:
        _checked(url, policy, *found)
    return refusal.value.reason


def _checked(url: str, policy: Policy = STRICT, *found: str) -> None:
    target = read(url)
    policy.check_target(target)
    known = [target.literal] if target.literal else [ipaddress.ip_address(one) for one in found]
    policy.check_addresses(target, known)


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "authority"),
    [
        ("https://example.com", "example.com", 443, "/", "example.com"),
        ("https://Example.COM/a?b=c", "example.com", 443, "/a?b=c", "example.com"),
        ("https://example.com:8443?x", "example.com", 8443, "/?x", "example.com:8443"),
        ("http://example.com/@x", "example.com", 80, "/@x", "example.com"),
        ("https://xn--fiq228c.example/", "xn--fiq228c.example", 443, "/", "xn--fiq228c.example"),
        ("https://1.1.1.1/", "1.1.1.1", 443, "/", "1.1.1.1"),
        ("https://[2606:4700:0::1]/", "2606:4700::1", 443, "/", "[2606:4700::1]"),
    ],
)
def test_a_plain_address_is_read(url: str, host: str, port: int, path: str, authority: str) -> None:
    found = read(url)
    assert (found.host, found.port, found.path) == (host, port, path)
    assert found.authority == authority


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", Reason.ADDRESS),
        ("example.com", Reason.ADDRESS),
        ("//example.com", Reason.ADDRESS),
        ("https:example.com", Reason.ADDRESS),
        ("https://例子.中国/", Reason.ADDRESS),
        ("https://①②⑦.⓪.⓪.①/", Reason.ADDRESS),
        ("https://example。com/", Reason.ADDRESS),
        ("https://example.com\\@127.0.0.1/", Reason.ADDRESS),
        ("https://example.com /", Reason.ADDRESS),
        ("https://example.com/a b", Reason.ADDRESS),
        ("https://example.com/\r\nHost: x", Reason.ADDRESS),
        ("https://example.com/#x", Reason.ADDRESS),
        ("https://example.com/" + "a" * 2000, Reason.ADDRESS),
        (" https://example.com/", Reason.ADDRESS),
        ("file:///etc/passwd", Reason.SCHEME),
        ("gopher://example.com/", Reason.SCHEME),
        ("ftp://example.com/", Reason.SCHEME),
        ("HTTPS://example.com/", Reason.SCHEME),
        ("https://user@example.com/", Reason.CREDENTIALS),
        ("https://user:word@127.0.0.1/", Reason.CREDENTIALS),
        ("https://example.com:443@127.0.0.1/", Reason.CREDENTIALS),
        ("https:///x", Reason.HOST),
        ("https://example.com./", Reason.HOST),
        ("https://example..com/", Reason.HOST),
        ("https://.example.com/", Reason.HOST),
        ("https://-example.com/", Reason.HOST),
        ("https://exam%70le.com/", Reason.HOST),
        ("https://example.com:/", Reason.HOST),
        ("https://example.com:4a/", Reason.HOST),
        ("https://example.com:-1/", Reason.HOST),
        ("https://" + ".".join(["a" * 60] * 5) + "/", Reason.HOST),
        ("https://" + "a" * 64 + ".com/", Reason.HOST),
        ("https://[::1/", Reason.HOST),
        ("https://[::1%25eth0]/", Reason.HOST),
        ("https://[:::1]/", Reason.HOST),
        ("https://[127.0.0.1]/", Reason.HOST),
        ("https://2130706433/", Reason.HOST),
        ("https://0x7f000001/", Reason.HOST),
        ("https://0x7f.0.0.1/", Reason.HOST),
        ("https://0177.0.0.1/", Reason.HOST),
        ("https://127.1/", Reason.HOST),
        ("https://127.0.0.01/", Reason.HOST),
        ("https://127.0.0.1./", Reason.HOST),
        ("https://1.2.3.4.5/", Reason.HOST),
        ("https://0x/", Reason.HOST),
        ("https://example.com:0/", Reason.PORT),
        ("https://example.com:65536/", Reason.PORT),
    ],
)
def test_an_odd_spelling_is_refused_and_not_repaired(url: str, reason: Reason) -> None:
    with pytest.raises(RefusedError) as refusal:
        read(url)
    assert refusal.value.reason is reason


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.168.1.1",
        "192.88.99.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1",
        "255.255.255.255", "168.63.129.16",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::808:808", "64:ff9b:1::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "fc00::1",
        "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "3fff::1", "5f00::1", "100::1",
    ],
)  # fmt: skip
def test_what_is_not_the_public_internet_is_closed(address: str) -> None:
    literal = f"[{address}]" if ":" in address else address
    assert _refused(f"https://{literal}/") is Reason.NOT_PUBLIC
    assert _refused("https://example.com/", STRICT, address) is Reason.NOT_PUBLIC


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "2400:3200::1"])
def test_the_public_internet_is_open(address: str) -> None:
    _checked("https://example.com/", STRICT, address)


@given(st.ip_addresses())
def test_an_address_that_wraps_another_is_never_judged_by_its_clothes(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if addresses.is_public(address):
        assert address.is_global
        assert not (address.is_private or address.is_loopback or address.is_multicast)
        assert getattr(address, "ipv4_mapped", None) is None
        assert getattr(address, "sixtofour", None) is None
        assert getattr(address, "teredo", None) is None


@given(st.text(alphabet="aZ019.:/@[]%#?&-_ \\\n。①中xX", max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.com{text}"):
        try:
            found = read(url)
        except RefusedError:
            continue
        assert url.isascii()
        assert "@" not in found.host
        assert "\n" not in found.path


def test_one_private_address_among_public_ones_refuses_them_all() -> None:
    assert _refused("https://example.com/", STRICT, "1.1.1.1", "10.0.0.1") is Reason.NOT_PUBLIC


@pytest.mark.parametrize("host", ["localhost", "intranet", "db.internal", "x.localhost", "a.local"])
def test_local_names_are_closed_whatever_they_resolve_to(host: str) -> None:
    assert _refused(f"https://{host}/", STRICT, "1.1.1.1") is Reason.NOT_PUBLIC


def test_only_https_on_its_usual_ports() -> None:
    assert _refused("http://example.com/", STRICT, "1.1.1.1") is Reason.SCHEME
    assert _refused("https://example.com:22/", STRICT, "1.1.1.1") is Reason.PORT
    _checked("https://example.com:8443/", STRICT, "1.1.1.1")


def test_the_operator_opens_a_name_on_a_port() -> None:
    policy = Policy(openings=(read_opening("hooks.corp:9443"),))
    _checked("https://hooks.corp:9443/", policy, "10.1.2.3")
    assert _refused("https://hooks.corp/", policy, "10.1.2.3") is Reason.NOT_PUBLIC
    assert _refused("https://other.corp:9443/", policy, "10.1.2.3") is Reason.PORT
    assert _refused("https://hooks.corp:9443/", policy, "169.254.169.254") is Reason.NOT_PUBLIC


def test_the_operator_opens_a_network() -> None:
    policy = Policy(openings=(read_opening("10.20.0.0/16"), read_opening("[fd00::]:9443")))
    _checked("https://10.20.1.1/", policy)
    _checked("https://example.com/", policy, "10.20.1.1", "1.1.1.1")
    _checked("https://[fd00::]:9443/", policy)
    assert _refused("https://10.21.1.1/", policy) is Reason.NOT_PUBLIC
    assert _refused("https://10.20.1.1:22/", policy) is Reason.PORT
    # On the port that was opened for one network only, the public internet stays closed too.
    assert _refused("https://example.com:9443/", policy, "1.1.1.1") is Reason.NOT_PUBLIC


def test_the_operator_opens_plain_http_for_a_host_and_for_no_other() -> None:
    policy = Policy(openings=(read_opening("http://10.0.0.5:8080"), read_opening("http://a.corp")))
    _checked("http://10.0.0.5:8080/", policy)
    _checked("http://a.corp/", policy, "10.0.0.6")
    assert _refused("http://10.0.0.6:8080/", policy) is Reason.NOT_PUBLIC
    assert _refused("https://10.0.0.5:8080/", policy) is Reason.PORT
    assert _refused("http://example.com:8080/", policy, "1.1.1.1") is Reason.NOT_PUBLIC
    assert _refused("http://b.corp/", policy, "10.0.0.6") is Reason.SCHEME


def test_the_house_denies_names_and_networks() -> None:
    policy = Policy(
        denied=(read_pattern("*.example.com"), read_pattern("evil.example"),
                read_pattern("1.1.1.0/24")),
    )  # fmt: skip
    assert _refused("https://a.example.com/", policy, "8.8.8.8") is Reason.DENIED
    assert _refused("https://evil.example/", policy, "8.8.8.8") is Reason.DENIED
    assert _refused("https://good.example/", policy, "1.1.1.1") is Reason.DENIED
    _checked("https://example.com/", policy, "8.8.8.8")


def test_once_the_house_lists_hosts_there_are_no_others() -> None:
    policy = Policy(only=(read_pattern("hooks.example.com"), read_pattern("8.8.8.0/24")))
    _checked("https://hooks.example.com/", policy, "1.1.1.1")
    _checked("https://example.net/", policy, "8.8.8.8")
    assert _refused("https://example.net/", policy, "1.1.1.1") is Reason.NOT_LISTED
    assert _refused("https://hooks.example.com/", policy, "10.0.0.1") is Reason.NOT_PUBLIC


def test_the_texts_of_a_list_are_read_or_refused() -> None:
    assert read_pattern(" Hooks.Example.COM ") == Pattern(host="hooks.example.com")
    assert read_opening("https://a.corp:9443") == Opening(Pattern(host="a.corp"), 9443)
    for text in ("", "*.", "a b", "10.0.0.0/33", "1.2.3.4.5", "*.127.0.0.1", "10.0.0.1/8"):
        with pytest.raises((ValueError, RefusedError)):
            read_pattern(text)
    for text in ("", "a.corp:x", "a.corp:1:2", "a b", "http://"):
        with pytest.raises(ValueError, match="cannot be read"):
            read_opening(text)
