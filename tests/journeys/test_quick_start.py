"""What docs/index.md shows, typed in as it stands against a studio that runs, works."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from models.data import samples
from tests.journeys.conftest import ROOT, Studio

pytestmark = pytest.mark.journey
PAGE = ROOT / "docs" / "index.md"


def _blocks(language: str) -> str:
    found = re.findall(
        rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert found
    return "\n".join(found)


@pytest.fixture
def folder(studio: Studio, tmp_path: Path) -> Path:
    """Where somebody types: a photograph, the studio's key, and `packshot` on the PATH."""
    product = Image.fromarray(samples.products()[0].pixels).resize((600, 600))
    ground = Image.new("RGBA", product.size, (236, 236, 240, 255))
    ground.alpha_composite(product)
    ground.convert("RGB").save(tmp_path / "photo.jpg", quality=95)
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "api.key").write_text(str(studio.key()))
    packshot = tmp_path / "bin" / "packshot"
    packshot.parent.mkdir()
    packshot.write_text(f'#!/bin/sh\nexec {sys.executable} -m api.cli "$@"\n')
    packshot.chmod(0o755)
    return tmp_path


def _typed(studio: Studio, folder: Path, *command: str) -> str:
    given = command[-1].replace("http://127.0.0.1:8700", studio.url)
    ended = subprocess.run(
        [*command[:-1], given],
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
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_every_command_of_the_quick_start_runs(studio: Studio, folder: Path) -> None:
    told = _typed(studio, folder, "bash", "-euo", "pipefail", "-c", _blocks("sh"))

    assert (folder / "made" / "photo-background.png").is_file()
    assert "SHOE-1" in told
    assert (folder / "kept.tar").is_file()


def test_its_program_runs(studio: Studio, folder: Path) -> None:
    _typed(studio, folder, sys.executable, "-c", _blocks("python"))

    with Image.open(folder / "larger.png") as larger:
        assert larger.size == (1200, 1200)


def test_what_is_not_tried_here_are_the_readmes_two_verbs() -> None:
    plain = re.findall(r"^```\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)

    assert re.findall(r"^make \w+", "\n".join(plain), re.M) == ["make demo", "make up"]
