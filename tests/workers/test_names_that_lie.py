"""Names that lead inside, in every way that a name server can lie: nothing is connected to.

The name server is ours; what asks it is all that would ask the real one, so that a second look-up
anywhere on the way would show. What is connected to is seen by the interpreter itself.
"""

import socket
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import Any

import pytest

from db.addresses import Allowed
from db.urls import Address
from tests import reached
from tests.db.test_addresses import INNER
from tests.receivers import answering, listening
from workers import fetch
from workers.fetch import Failed

NAME = "hooks.rebound.example"
OUTSIDE, OUTSIDE_6 = "93.184.216.34", "2606:4700::1111"
METADATA = "169.254.169.254"
# The spellings that programs read differently, and that `ip_address` or a browser might take.
SPELT = [
    *("127.0.0.1", "127.1", "127.0.1", "0", "0.0.0.0", "2130706433", "0x7f000001"),  # noqa: S104
    *("017700000001", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.1.", "127.000.000.001"),
    *("%31%32%37.0.0.1", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]"),
    *("[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]"),
    *("[2002:7f00:1::]", "[2001:0:7f00:1::1]", "[fe80::1%25lo]", "[fe80::1%lo]", "[fec0::1]"),
    *("[fd00:ec2::254]", "[ff02::1]", "localhost", "localhost.", "LOCALHOST", "a.localhost"),
    *("ⓛocalhost", "127。0。0。1", "127\uff0e0\uff0e0\uff0e1", "①②⑦.⓪.⓪.①"),
    *("169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518"),
    *("100.100.100.200", "192.0.0.192", "10.0.0.1", "172.31.0.1", "192.168.0.1"),
    *("224.0.0.1", "255.255.255.255", "user@127.0.0.1", "hooks.example@127.0.0.1"),
    *("127.0.0.1:443@hooks.example", "127.0.0.1#@hooks.example", "127.0.0.1\\@hooks.example"),
    *("127.0.0.1:22", "127.0.0.1:6379", "hooks.example:25", "hooks.example:0", "[::1]:8443"),
]


class NameServer:
    """Answers for names in turn, the last answer for ever; an answer is all addresses of a name."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        try:
            return [_found(ip_address(host), port)]  # an address is read and not looked up
        except ValueError:
            self.asked.append(host)
        answers = self._answers
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [_found(ip_address(one), port) for one in found]


def _found(address: Address, port: int) -> Any:
    is_old = address.version == 4
    family = socket.AF_INET if is_old else socket.AF_INET6
    at = (str(address), port) if is_old else (str(address), port, 0, 0)
    return (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", at)


@pytest.fixture
def called() -> Iterator[list[str]]:
    with reached.addresses() as addresses:
        yield addresses


def ends(url: str, allowed: Allowed = Allowed()) -> str:  # noqa: B008 — nobody changes it
    """The code that a call fails with."""
    with pytest.raises(Failed) as failed:
        fetch.post(url, headers={}, body=b"{}", allowed=allowed, longest_s=1.0)
    return failed.value.code


def serve(monkeypatch: pytest.MonkeyPatch, *answers: Sequence[str]) -> NameServer:
    server = NameServer(*answers)
    monkeypatch.setattr(socket, "getaddrinfo", server)
    return server


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_no_spelling_of_an_inner_address_is_called(
    monkeypatch: pytest.MonkeyPatch, called: list[str], scheme: str
) -> None:
    server = serve(monkeypatch, ["127.0.0.1"])

    codes = {host: ends(f"{scheme}://{host}/") for host in SPELT}

    assert set(codes.values()) <= {"url_forbidden_address", "url_invalid", "url_scheme"}, codes
    assert called == []
    assert server.asked == []


@pytest.mark.parametrize("inner", [*INNER, "fd00:ec2::254", "100.100.100.200"])
def test_a_name_that_leads_inside_is_not_called_wherever_else_it_leads(
    monkeypatch: pytest.MonkeyPatch, called: list[str], inner: str
) -> None:
    for found in ([inner], [OUTSIDE, inner], [inner, OUTSIDE], [OUTSIDE_6, OUTSIDE, inner]):
        serve(monkeypatch, found)
        assert ends(f"https://{NAME}/") == "url_forbidden_address"

    assert called == []


def test_a_name_that_changes_its_mind_is_called_where_it_led_when_it_was_checked(
    monkeypatch: pytest.MonkeyPatch, called: list[str]
) -> None:
    server = serve(monkeypatch, [OUTSIDE], [METADATA], ["127.0.0.1"])

    assert ends(f"https://{NAME}/") == "url_unreachable"

    assert called == [OUTSIDE]
    assert server.asked == [NAME]


def test_each_attempt_checks_anew_where_the_name_leads(
    monkeypatch: pytest.MonkeyPatch, called: list[str]
) -> None:
    server = serve(monkeypatch, [OUTSIDE], ["127.0.0.1"], [OUTSIDE, "::1"], [OUTSIDE_6])

    codes = [ends(f"https://{NAME}/") for _ in range(4)]

    refused = "url_forbidden_address"
    assert codes == ["url_unreachable", refused, refused, "url_unreachable"]
    assert called == [OUTSIDE, OUTSIDE_6]
    assert server.asked == [NAME] * 4


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", ["http://127.0.0.1:{port}/", "//169.254.169.254/", "file:///x"])
def test_no_redirect_leads_inside(status: int, where: str) -> None:
    with listening(answering(200)) as inside:
        location = where.format(port=inside.port)
        with listening(answering(status, Location=location)) as receiver:
            reply = fetch.post(
                receiver.url,
                headers={},
                body=b"{}",
                allowed=Allowed.of("127.0.0.1"),
                longest_s=2.0,
            )

    assert (reply.status, inside.heard) == (status, [])


def test_a_network_of_the_house_opens_no_other(
    monkeypatch: pytest.MonkeyPatch, called: list[str]
) -> None:
    house = Allowed.of("10.1.0.0/16")
    for inner in ("10.2.0.1", "127.0.0.1", METADATA, "::ffff:10.1.0.1"):
        serve(monkeypatch, ["10.1.0.9", inner])
        assert ends(f"https://{NAME}/", house) == "url_forbidden_address"
    serve(monkeypatch, ["10.1.0.9"])
    assert ends(f"https://{NAME}/", house) == "url_unreachable"

    assert called == ["10.1.0.9"]
