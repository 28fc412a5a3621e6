"""The broker's address, as it is reached; what torch's threads do while they wait."""

import os
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
import trustme
from kombu import Connection
from kombu.exceptions import OperationalError

from workers.settings import WorkerSettings, calm_threads


@pytest.fixture
def impostor() -> Iterator[int]:
    """The port of somebody who speaks TLS with a certificate that nobody we know has signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_shake_hands, args=(server, context))
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _shake_hands(server: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            line, _ = server.accept()
        except OSError:
            return
        with line:
            try:
                context.wrap_socket(line, server_side=True).close()
            except OSError:
                continue  # as it should be: the other side hung up


def test_a_broker_whose_certificate_nobody_signed_is_not_talked_to(impostor: int):
    url = WorkerSettings(broker_url=f"rediss://user:own@127.0.0.1:{impostor}/0").broker()

    with (
        Connection(url, connect_timeout=2) as line,
        pytest.raises(OperationalError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        line.ensure_connection(max_retries=1, timeout=2)


@pytest.mark.parametrize(
    ("given", "reached"),
    [
        ("rediss://h/0", "rediss://h/0?ssl_cert_reqs=CERT_REQUIRED"),
        (
            "rediss://h/0?ssl_ca_certs=/ca",
            "rediss://h/0?ssl_ca_certs=/ca&ssl_cert_reqs=CERT_REQUIRED",
        ),
        ("rediss://h/0?ssl_cert_reqs=CERT_NONE", "rediss://h/0?ssl_cert_reqs=CERT_NONE"),
        ("redis://h/0", "redis://h/0"),
    ],
)
def test_certificates_are_checked_unless_the_address_says_otherwise(given: str, reached: str):
    assert WorkerSettings(broker_url=given).broker() == reached


# How the threads of libraries wait


@pytest.mark.parametrize(
    ("name", "value"), [("OMP_WAIT_POLICY", "PASSIVE"), ("OPENCV_FOR_THREADS_NUM", "1")]
)
def test_threads_that_wait_do_not_spin(monkeypatch: pytest.MonkeyPatch, name: str, value: str):
    monkeypatch.setenv(name, "")
    monkeypatch.delenv(name)

    calm_threads()

    assert os.environ[name] == value


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("OMP_WAIT_POLICY", "ACTIVE"),
        ("OMP_WAIT_POLICY", "passive"),
        ("OMP_WAIT_POLICY", ""),
        ("OPENCV_FOR_THREADS_NUM", "4"),
    ],
)
def test_how_they_wait_is_left_to_who_has_said_so(
    monkeypatch: pytest.MonkeyPatch, name: str, said: str
):
    monkeypatch.setenv(name, said)

    calm_threads()

    assert os.environ[name] == said
