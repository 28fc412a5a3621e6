"""Which URLs and addresses may be visited: every disguise of an inner address that we know of."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from db import addresses, urls
from db.addresses import Allowed
from db.urls import Refused

NOBODY = Allowed()
HOUSE = Allowed.of("127.0.0.1, 10.0.0.0/8,storefront.internal,fd00::/8")

INNER = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255"),
    *("192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.8"),
    *("192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "192.88.99.1", "224.0.0.1"),
    *("239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1"),
    *("64:ff9b:1::7f00:1", "2002:7f00:1::", "2001::1", "2001:db8::1", "3fff::1", "fe80::1"),
    *("fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "100::1", "5f00::1"),
]
OPEN = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700::1111", "2a00:1450::5"]


def refusal(url: str, allowed: Allowed = NOBODY) -> str:
    with pytest.raises(Refused) as refused:
        addresses.check(url, allowed)
    return refused.value.code


@pytest.mark.parametrize("address", INNER)
def test_an_inner_address_is_not_visited(address: str) -> None:
    assert not addresses.is_public(ip_address(address))


@pytest.mark.parametrize("address", OPEN)
def test_an_address_of_the_open_internet_is(address: str) -> None:
    assert addresses.is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/passwd", "ftp://shop.example/x", "gopher://shop.example/", "data:,x"),
        *("http://shop.example/hook", "javascript:alert(1)", "//shop.example/hook", "shop.example"),
    ],
)
def test_a_url_of_another_scheme_is_refused(url: str) -> None:
    assert refusal(url) == "url_scheme"


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "LOCALHOST", "a.localhost", "0", "2130706433", "0x7f.1"),
        *("127.1", "017700000001", "0x7f000001", "127.0.0.1.", "[::1]", "[::ffff:127.0.0.1]"),
        *("169.254.169.254", "100.64.0.1", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "10.0.0.1"),
        *("[fe80::1%25eth0]", "[::]", "[::ffff:7f00:1]"),
    ],
)
def test_a_url_to_an_inner_address_is_refused_however_it_is_spelt(host: str) -> None:
    assert refusal(f"https://{host}/hook") == "url_forbidden_address"


@pytest.mark.parametrize(
    "url",
    [
        *("https://user:pw@shop.example/", "http://good.com@evil", "https://@shop.example/"),
        *("https://shop。example/", "https://shop\uff0eexample/", "https://shop.example./"),
        *("https://shop.example:22/", "https://shop.example:6379/", "https://shop.example:0/"),
        *("https://shop.example:/", "https://shop.example:99999/", "https://shop.example:x/"),
        *("https://", "https:///x", "https://shop..example/", "https://-a.example/"),
        *("https://a b.example/", "https://a.example/\n", "https://a.example\\@evil.example/"),
        *("https://a.example/#x", "https://a.example/ä", "https://[::1", "https://[x]/"),
        *("https://①②⑦.⓪.⓪.①/", "https://256.1.1.1/", "https://1.2.3.4.5/", "https://08.8.8.8.8/"),
        *(f"https://a.example/{'a' * 2048}", f"https://{'a' * 64}.example/"),
        f"https://{'a.' * 130}example/",
        f"https://{'ü' * 20}.example/{'a' * 2010}",
    ],
)
def test_a_url_that_programs_read_differently_is_refused(url: str) -> None:
    assert refusal(url) == "url_invalid"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://Shop.Example", "https://shop.example/"),
        ("HTTPS://shop.example:443/a?b=c%20d", "https://shop.example/a?b=c%20d"),
        ("https://shop.example:8443/", "https://shop.example:8443/"),
        ("https://münchen.example/", "https://xn--mnchen-3ya.example/"),
        ("https://8.8.8.8/hook", "https://8.8.8.8/hook"),
        ("https://[2606:4700:0::1111]/", "https://[2606:4700::1111]/"),
    ],
)
def test_a_good_url_is_kept_in_one_spelling(url: str, kept: str) -> None:
    assert addresses.check(url, NOBODY).url() == kept
    assert addresses.check(kept, NOBODY).url() == kept


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:8123/hook", "https://127.0.0.1/", "http://10.9.8.7/"),
        *("http://storefront.internal:3000/hook", "https://storefront.internal/"),
        "http://[fd00::5]:80/",
    ],
)
def test_a_storefront_of_the_house_may_be_called_by_http_on_any_port(url: str) -> None:
    assert addresses.check(url, HOUSE)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.2/", "url_forbidden_address"),
        ("http://other.internal/", "url_scheme"),
        ("https://evil.storefront.internal:22/", "url_invalid"),
        ("http://8.8.8.8/", "url_scheme"),
        ("ftp://storefront.internal/", "url_scheme"),
        ("http://a@storefront.internal/", "url_invalid"),
    ],
)
def test_the_house_list_opens_nothing_beside_itself(url: str, code: str) -> None:
    assert refusal(url, HOUSE) == code


@pytest.mark.parametrize("text", ["10.0.0.0/33", "a b", "http://x", "10.0.0.1/8", "300.1.1.1"])
def test_a_house_list_that_cannot_be_read_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="no host, address or network"):
        Allowed.of(text)


def test_one_inner_address_among_open_ones_refuses_the_host() -> None:
    mixed = [ip_address("8.8.8.8"), ip_address("127.0.0.1")]

    with pytest.raises(Refused) as refused:
        addresses.check_addresses(mixed, "rebound.example", NOBODY)

    assert refused.value.code == "url_forbidden_address"
    addresses.check_addresses(mixed, "rebound.example", HOUSE)  # each is open or of the house
    addresses.check_addresses(mixed, "storefront.internal", HOUSE)


@given(st.integers(0, 2**32 - 1))
def test_no_open_ipv4_address_is_one_that_python_calls_private(number: int) -> None:
    address = IPv4Address(number)

    if addresses.is_public(address):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_reserved


@given(st.integers(0, 2**32 - 1))
@example(0x7F000001)
def test_no_ipv4_address_passes_in_the_dress_of_an_ipv6_one(number: int) -> None:
    six_to_four = IPv6Address((0x2002 << 112) | number << 80)
    mapped, translated = IPv6Address(0xFFFF << 32 | number), IPv6Address(0x64FF9B << 96 | number)

    for dressed in (six_to_four, mapped, translated, IPv6Address(number)):
        assert not addresses.is_public(dressed)


@given(st.text(max_size=80) | st.from_regex(r"https?://[0-9a-fx.:@\[\]%]{1,40}/?", fullmatch=True))
def test_any_text_is_a_place_or_politely_refused(text: str) -> None:
    try:
        place = addresses.check(text, NOBODY)
    except Refused:
        return
    assert place.scheme == "https"
    assert urls.authority(place.url()) == place.authority()
    literal = place.literal()
    assert literal is None or addresses.is_public(literal)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["{:d}", "{:#x}", "0{:o}"]))
def test_a_number_is_the_address_that_it_stands_for(number: int, spelling: str) -> None:
    with pytest.raises(Refused, match=rf" is {IPv4Address(number)} in disguise") as refused:
        addresses.check(f"https://{spelling.format(number)}/", NOBODY)

    assert refused.value.code == "url_forbidden_address"
