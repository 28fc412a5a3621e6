"""The receiver in Node believes what Packshot signed, and nothing else."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api import scripted
from tests.api.scripted import Answer, Asked
from tests.examples import signed

RECEIVER = Path(__file__).parents[2] / "examples" / "storefront-node" / "receiver.mjs"
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="there is no node here")


@dataclass(frozen=True, slots=True)
class Receiver:
    url: str
    folder: Path
    asked: list[Asked]

    def tell(self, body: bytes, headers: dict[str, Any]) -> int:
        answer = httpx2.post(self.url, content=body, headers=headers, trust_env=False)
        return int(answer.status_code)


def _content(asked: Asked) -> Any:
    if asked.path != f"/v1/results/{signed.RESULT}/content":
        return Answer(404, {})
    return Answer(200, b"on white", {"Content-Type": "image/png"})


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    folder = tmp_path_factory.mktemp("pictures")
    with scripted.serving(_content) as packshot:
        given = {"PACKSHOT_URL": packshot.url, "PACKSHOT_KEY": "psk_shop", "PORT": "0"}
        given |= {"WEBHOOK_SECRET": signed.SECRET, "FOLDER": str(folder)}
        process = subprocess.Popen(
            [str(NODE), str(RECEIVER)],
            env={"PATH": os.environ["PATH"], **given},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdout is not None
            port = json.loads(process.stdout.readline())["listening"]
            yield Receiver(f"http://127.0.0.1:{port}/told", folder, packshot.asked)
        finally:
            process.terminate()
            process.communicate(timeout=10)


def test_a_signed_message_brings_the_picture_also_twice(receiver: Receiver) -> None:
    body = signed.message("order-1")

    answers = [receiver.tell(body, signed.headers(body)) for _ in range(2)]

    assert answers == [204, 204]
    assert [path.name for path in receiver.folder.iterdir()] == ["SHOE-1.png"]
    assert (receiver.folder / "SHOE-1.png").read_bytes() == b"on white"
    assert receiver.asked[-1].headers["Authorization"] == "Bearer psk_shop"


@pytest.mark.parametrize("wrong", signed.unbelievable(b""))
def test_what_is_not_signed_by_us_is_refused(receiver: Receiver, wrong: str) -> None:
    body = signed.message("order-1", sku="FORGED")

    assert receiver.tell(body, signed.unbelievable(body)[wrong]) == 401
    assert not (receiver.folder / "FORGED.png").exists()


def test_one_of_two_signatures_is_enough(receiver: Receiver) -> None:
    body = signed.message("order-1")
    both = signed.headers(body)
    both["webhook-signature"] = f"v1,AAAA {both['webhook-signature']}"

    assert receiver.tell(body, both) == 204


def test_a_sku_never_leads_out_of_the_folder(receiver: Receiver) -> None:
    body = signed.message("order-1", sku="../escaped")

    assert receiver.tell(body, signed.headers(body)) == 204
    assert not (receiver.folder.parent / "escaped.png").exists()


def test_it_needs_no_package() -> None:
    imported = [
        line.rpartition("from ")[2].strip('";')
        for line in RECEIVER.read_text(encoding="utf-8").splitlines()
        if line.startswith("import ")
    ]

    assert imported
    assert all(name.startswith("node:") for name in imported)
