"""The guarded way out: real sockets, receivers that misbehave, and names that lie."""

import gzip
import ssl
import time
from collections.abc import Callable, Sequence
from ipaddress import ip_address

import pytest
import trustme

from db.addresses import Allowed
from db.urls import Address
from tests import receivers
from tests.receivers import answering, dribbling, listening, saying, silent
from workers import fetch
from workers.fetch import Failed, Reply

HERE = Allowed.of("127.0.0.1")
NAME = "storefront.internal"
HOUSE = Allowed.of(NAME)
SHORT_S = 1.0


def post(url: str, allowed: Allowed = HERE, **given: object) -> Reply:
    options = {"headers": {"X-Test": "yes"}, "body": b'{"a": 1}', "longest_s": SHORT_S, **given}
    return fetch.post(url, allowed=allowed, **options)


def failure(url: str, allowed: Allowed = HERE, **given: object) -> str:
    with pytest.raises(Failed) as failed:
        post(url, allowed, **given)
    return failed.value.code


def resolving(*found: str) -> Callable[[str, int], Sequence[Address]]:
    return lambda _host, _port: [ip_address(one) for one in found]


def test_the_body_arrives_byte_for_byte_under_the_names_of_its_url() -> None:
    with listening(answering(200, b"thanks", X_Seen="1")) as receiver:
        reply = post(f"http://127.0.0.1:{receiver.port}/a?b=c")

    assert (reply.status, reply.body, reply.headers["x-seen"]) == (200, b"thanks", "1")
    (heard,) = receiver.heard
    head, _, body = heard.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{receiver.port}".encode() in head
    assert b"X-Test: yes" in head
    assert body == b'{"a": 1}'


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trust(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def _tls(authority: trustme.CA, name: str, asked: list[str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    context.sni_callback = lambda _socket, asked_for, _context: asked.append(asked_for)
    return context


def test_the_connection_goes_to_the_checked_address_and_the_certificate_to_the_name(
    authority: trustme.CA, trust: ssl.SSLContext
) -> None:
    asked: list[str] = []
    with listening(answering(200), tls=_tls(authority, NAME, asked)) as receiver:
        url = f"https://{NAME}:{receiver.port}/hook"
        reply = post(url, HOUSE, resolve=resolving("127.0.0.1"), trust=trust)

    assert reply.status == 200
    assert asked == [NAME]
    assert f"Host: {NAME}:{receiver.port}".encode() in receiver.heard[0]


def test_a_certificate_of_another_name_is_not_believed(
    authority: trustme.CA, trust: ssl.SSLContext
) -> None:
    with listening(answering(200), tls=_tls(authority, "other.internal", [])) as receiver:
        url = f"https://{NAME}:{receiver.port}/hook"
        assert failure(url, HOUSE, resolve=resolving("127.0.0.1"), trust=trust) == "url_unreachable"

    assert receiver.heard == []


def test_a_certificate_that_nobody_vouches_for_is_not_believed(authority: trustme.CA) -> None:
    with listening(answering(200), tls=_tls(authority, NAME, [])) as receiver:
        url = f"https://{NAME}:{receiver.port}/hook"
        assert failure(url, HOUSE, resolve=resolving("127.0.0.1")) == "url_unreachable"

    assert receiver.heard == []


def test_a_name_is_looked_up_once_so_it_cannot_lead_elsewhere_between_check_and_call() -> None:
    answers = iter([[ip_address("127.0.0.1")], [ip_address("169.254.169.254")]])
    with listening(answering(200)) as receiver:
        url = f"http://{NAME}:{receiver.port}/"
        reply = post(url, HOUSE, resolve=lambda _host, _port: next(answers))

    assert reply.status == 200
    assert len(list(answers)) == 1


@pytest.mark.parametrize(
    "found", [("127.0.0.1",), ("8.8.8.8", "127.0.0.1"), ("::ffff:127.0.0.1",), ("64:ff9b::7f00:1",)]
)
def test_a_name_that_leads_inside_is_not_called_also_if_it_leads_outside_too(
    found: tuple[str, ...],
) -> None:
    with listening(answering(200)) as receiver:
        nobody = Allowed()
        code = failure("https://rebound.example/", nobody, resolve=resolving(*found))

    assert code == "url_forbidden_address"
    assert receiver.heard == []


def test_a_name_that_leads_nowhere_is_said() -> None:
    assert failure("https://nothing.invalid/", Allowed()) == "url_unresolved"
    assert failure("https://nothing.example/", Allowed(), resolve=resolving()) == "url_unreachable"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://shop.example/", "url_scheme"),
        ("file:///etc/passwd", "url_scheme"),
        ("https://2130706433/", "url_forbidden_address"),
        ("https://user:pw@shop.example/", "url_invalid"),
        ("https://shop.example:6379/", "url_invalid"),
    ],
)
def test_a_row_written_before_the_rules_is_checked_again_when_it_is_sent(
    url: str, code: str
) -> None:
    assert failure(url, Allowed()) == code


def test_an_address_that_refuses_gives_way_to_the_next() -> None:
    with listening(answering(200)) as receiver:
        url = f"http://{NAME}:{receiver.port}/"
        reply = post(url, HOUSE, resolve=resolving("127.0.0.2", "127.0.0.1"))

    assert reply.status == 200


def test_a_redirect_is_an_answer_and_nobody_follows_it() -> None:
    with (
        listening(answering(200)) as inside,
        listening(answering(301, Location=inside.url)) as receiver,
    ):
        reply = post(receiver.url)

    assert reply.status == 301
    assert inside.heard == []


def test_a_large_answer_is_read_as_far_as_we_care() -> None:
    with listening(answering(200, b"x" * 5_000_000)) as receiver:
        reply = post(receiver.url)

    assert (reply.status, len(reply.body)) == (200, fetch.MOST_BYTES)


def test_a_packed_answer_is_not_unpacked() -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    with listening(answering(200, bomb, Content_Encoding="gzip")) as receiver:
        reply = post(receiver.url)

    assert reply.body == bomb[: fetch.MOST_BYTES]


def test_a_body_without_end_is_cut_off_and_its_status_counts() -> None:
    endless = dribbling(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", b"x")
    with listening(endless) as receiver:
        began = time.monotonic()
        reply = post(receiver.url)

    assert (reply.status, set(reply.body)) == (200, {ord("x")})
    assert time.monotonic() - began < SHORT_S + 1.0


@pytest.mark.parametrize(
    "behave",
    [
        silent,
        dribbling(b"HTTP/1.1 200 OK\r\n", b"X-More: x\r\n"),
        dribbling(b"", b"H"),
        dribbling(b"HTTP/1.1 200 ", b"O"),
    ],
)
def test_a_receiver_that_takes_its_time_gets_no_more_than_ours(behave: receivers.Behave) -> None:
    with listening(behave) as receiver:
        began = time.monotonic()
        code = failure(receiver.url)

    assert code in ("url_timeout", "url_unreachable")
    assert time.monotonic() - began < SHORT_S + 1.0


@pytest.mark.parametrize(
    "raw", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"]
)
def test_what_is_no_http_is_said(raw: bytes) -> None:
    with listening(saying(raw)) as receiver:
        assert failure(receiver.url) == "url_unreachable"


def test_where_nobody_listens_is_said() -> None:
    with listening(silent) as receiver:
        closed = receiver.url

    assert failure(closed) == "url_unreachable"


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(answering(200)) as proxy, listening(answering(204)) as receiver:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        reply = post(receiver.url)

    assert reply.status == 204
    assert proxy.heard == []
