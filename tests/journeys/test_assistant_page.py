"""What docs/assistant.md shows, typed in as it stands against a studio that runs, works."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from models.data import samples
from tests.journeys.conftest import ROOT, Studio

pytestmark = pytest.mark.journey
PAGE = ROOT / "docs" / "assistant.md"


def _commands() -> Iterator[str]:
    """Each by itself; one that goes over several lines ends where no backslash does."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    yield from re.findall(r"^(?:.*\\\n)*.+$", "".join(blocks), re.M)


@pytest.fixture
def folder(studio: Studio, tmp_path: Path) -> Path:
    """Where somebody types: a photograph, the studio's key, and `packshot` on the PATH."""
    product = Image.fromarray(samples.products()[1].pixels).resize((200, 200))
    ground = Image.new("RGBA", product.size, (206, 210, 220, 255))
    ground.alpha_composite(product)
    ground.convert("RGB").save(tmp_path / "shoe.jpg", quality=95)
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "api.key").write_text(str(studio.key()))
    packshot = tmp_path / "bin" / "packshot"
    packshot.parent.mkdir()
    packshot.write_text(f'#!/bin/sh\nexec {sys.executable} -m api.cli "$@"\n')
    packshot.chmod(0o755)
    return tmp_path


def _typed(
    studio: Studio, folder: Path, command: str, *before: str
) -> "subprocess.CompletedProcess[str]":
    given = "\n".join([*before, command]).replace("localhost:8700", studio.url)
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", given],
        cwd=folder,
        env={
            **studio.env,
            "API_URL": studio.url,
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )


def test_every_command_of_the_page_runs(studio: Studio, folder: Path) -> None:
    up, planned, made, there, unclear, unknown, key, picture, asked, words = _commands()

    told = [_typed(studio, folder, one) for one in (planned, made, there, unclear, unknown)]
    by_http = [_typed(studio, folder, one, key, picture) for one in (asked, words)]

    assert up.startswith("packshot up")  # it is up
    assert [one.returncode for one in told] == [0, 0, 0, 2, 2], [one.stderr for one in told]
    assert "Planned: cutout → recolor → place" in told[0].stdout
    with Image.open(folder / "made" / "shoe-pipeline.png") as picture_made:
        assert picture_made.size == (1080, 1080)
    assert "There is such a result" in told[2].stdout
    assert "blue or red?" in told[3].stderr
    assert "red 红色" in told[4].stderr
    order, vocabulary = (json.loads(one.stdout) for one in by_http)
    assert order["order"]["operation"]["rgb"] == [255, 255, 255]
    assert {"colour", "action"} <= set(vocabulary["words"])
