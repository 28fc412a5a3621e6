"""The examples against a real studio: the storefront is told, and the notebook's cells run."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from api import settings
from models.data import samples
from tests.factories import encoded
from tests.journeys.conftest import ROOT, Studio, free_port, until

pytestmark = pytest.mark.journey


def _scopes() -> list[str]:
    """Those that the storefront's page asks for, and no more."""
    page = (ROOT / "examples" / "storefront" / "README.md").read_text(encoding="utf-8")
    return re.findall(r"--scope (\S+)", page)


@contextmanager
def _serving(studio: Studio, folder: Path) -> Iterator[str]:
    """The storefront as its page starts it, on a port of this machine."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with studio.client() as operator:
        key = operator.add_key("storefront", scopes=_scopes())["key"]
    given = {"PACKSHOT": studio.url, "KEY": key, "ADDRESS": address, "PORT": str(port)}
    given["FOLDER"] = str(folder)
    process = subprocess.Popen(
        [sys.executable, "-m", "examples.storefront.serving"],
        cwd=ROOT,
        env={**studio.env, **{f"STOREFRONT_{name}": value for name, value in given.items()}},
    )
    try:
        until(lambda: _answers(address), 30)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def _answers(address: str) -> bool:
    try:
        answer = httpx2.get(f"{address}/products/none/picture", trust_env=False)
    except httpx2.TransportError:
        return False
    return bool(answer.status_code == 404)


def test_a_photograph_is_swapped_when_the_webhook_arrives(studio: Studio, tmp_path: Path) -> None:
    product = Image.fromarray(samples.products()[0].pixels).resize((128, 128))
    ground = Image.new("RGBA", product.size, (236, 236, 240, 255))
    ground.alpha_composite(product)
    photograph = encoded(ground.convert("RGB"), "PNG")
    sku = f"SHOE-{time.time_ns()}"

    with _serving(studio, tmp_path) as shop, httpx2.Client(base_url=shop, trust_env=False) as http:
        sent = http.post(
            "/products", data={"sku": sku}, files={"picture": ("shoe.png", photograph, "image/png")}
        )
        job = sent.json()["job"]
        with studio.client() as packshot:
            ended = packshot.wait([job], timeout_s=200)[0]
        shown = f"/products/{sku}/picture"
        until(lambda: http.get(shown).headers["X-Made-By"] == job, 60, lambda: str(ended))
        swapped = http.get(shown)

    assert sent.status_code == 202
    assert swapped.content == studio.content(ended["results"][0]) != photograph
    assert swapped.headers["Content-Type"] == f"image/{ended['results'][0]['format']}"


def test_the_notebook_runs_from_top_to_bottom(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("API_URL", studio.url)
    monkeypatch.setenv("API_KEY", str(studio.key()))
    settings.get.cache_clear()
    cells = json.loads((ROOT / "examples" / "catalogue.ipynb").read_text(encoding="utf-8"))["cells"]
    names: dict[str, Any] = {}

    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)  # noqa: S102 — our own notebook
    settings.get.cache_clear()

    assert names["batch"]["counts"]["succeeded"] == len(names["results"]) == 3
    assert len(names["opinions"]) == 3
    assert "MUG-RED\t240\t200" in capsys.readouterr().out
