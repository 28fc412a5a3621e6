"""What deploy/ says, done by hand: its very commands, on PostgreSQL, a distribution's Redis and S3.

No container engine is needed; each service of compose.yaml is a process here.
"""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.client import Client
from examples.gallery_pictures import picture as shown
from examples.pictures import png
from tests import archives, redis_server, s3
from tests.journeys.conftest import ROOT, free_port, until

pytestmark = [pytest.mark.journey, pytest.mark.postgres, pytest.mark.s3]

SERVICES: dict[str, Any] = yaml.safe_load(
    (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
)["services"]
STARTED = ("api", "hooks", "worker-cpu", "worker-gpu-on-cpu")


@dataclass(slots=True)
class House:
    """The processes of a deployment, by the names of their services."""

    folder: Path
    env: dict[str, str]
    port: int
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                self.command(name),
                cwd=self.folder,
                env=self.env | _own(name) | {"DB_HOME": str(self.folder / name)},
                stdout=log,
                stderr=log,
            )

    def command(self, name: str) -> list[str]:
        """As the service, or its image, has it; the program is this environment's."""
        given = SERVICES[name].get("command") or _served(ROOT / "deploy" / "api.Dockerfile")
        words = [str(self.port) if word == "8700" else word for word in given]
        return [str(Path(sys.executable).parent / words[0]), *words[1:]]

    def client(self) -> Client:
        key = (self.folder / "init" / "api.key").read_text(encoding="utf-8").strip()
        return Client(f"http://127.0.0.1:{self.port}", key)

    def is_ready(self) -> bool:
        ended = [name for name, one in self.running.items() if one.poll() is not None]
        assert not ended, self.said(*ended)
        with self.client() as client:
            if not client.ready():
                return False
            ready = [one for one in client.workers() if one["state"] == "ready"]
        return {queue for one in ready for queue in one["queues"]} == {"gpu", "cpu", "hooks"}

    def said(self, *names: str) -> str:
        logs = [self.folder / f"{name}.log" for name in names or self.running]
        return "\n".join(log.read_text(errors="replace")[-3000:] for log in logs)


def _own(name: str) -> dict[str, str]:
    """What the service says of itself, but for what names other containers."""
    told = SERVICES[name].get("environment", {})
    return {one: told[one] for one in ("WORKER_DEVICE", "WORKER_ALLOW_PLAIN_BROKER") if one in told}


def _served(dockerfile: Path) -> list[str]:
    text = dockerfile.read_text(encoding="utf-8").replace("\\\n", " ")
    command: list[str] = yaml.safe_load(text.rsplit("\nCMD ", 1)[1])
    return command


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with ExitStack() as services:
        url = services.enter_context(archives.postgresql())
        broker = services.enter_context(redis_server.server(tmp_path / "redis"))
        store = services.enter_context(s3.server())
        ours = {"DB_URL": url, "WORKER_BROKER_URL": broker, "DB_BLOBS": f"s3://{s3.BUCKET}/blobs"}
        ours |= {
            "DB_SECRET_KEY": secrets.token_urlsafe(32),
            "AWS_ALLOW_HTTP": "true",
            "OMP_NUM_THREADS": "1",
        }
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DB_", "API_", "WORKER_"))
        }
        house = House(tmp_path, kept | store | ours, free_port())
        yield house
        for process in house.running.values():
            process.kill()
            process.wait()


def test_the_deployment_s_own_commands_serve_a_storefront_and_drain(house: House) -> None:
    house.start("init")
    assert house.running.pop("init").wait(120) == 0, house.said("init")
    for name in STARTED:
        house.start(name)
    until(house.is_ready, 90, house.said)

    with house.client() as client:
        picture = client.upload(png(shown("booties")), name="shoe.png")["id"]
        asked = [
            {"op": "denoise", "picture": picture, "sigma": 10},
            {"op": "background", "picture": picture},
            {"op": "check", "picture": picture, "preset": "ebay"},
        ]
        ids = [client.submit({"operation": one})["id"] for one in asked]
        jobs = client.wait(ids, timeout_s=120)
        assert [job["state"] for job in jobs] == ["succeeded"] * 3, house.said()
        assert all(client.download(job["results"][0]["id"]) for job in jobs)

    for process in house.running.values():
        process.send_signal(signal.SIGTERM)
    ended = {name: process.wait(15) for name, process in house.running.items()}
    # uvicorn ends by the signal that it was sent, once everybody is answered; systemd and Docker
    # take either for a good end.
    assert ended == dict.fromkeys(STARTED, 0) | {"api": -signal.SIGTERM}, house.said()
