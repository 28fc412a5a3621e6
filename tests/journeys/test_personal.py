"""What docs/search.md and docs/personal.md show, typed in as it stands against a studio, works."""

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


def _blocks(page: str, language: str) -> str:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


@pytest.fixture
def folder(studio: Studio, tmp_path: Path) -> Path:
    """Where somebody types: photographs, the studio's key, and `packshot` on the PATH."""
    (tmp_path / "shoes").mkdir()
    for number, shot in enumerate(samples.products()[:3]):
        product = Image.fromarray(shot.pixels).convert("RGBA").resize((300, 300))
        ground = Image.new("RGBA", product.size, "white")
        ground.alpha_composite(product)
        ground.convert("RGB").save(tmp_path / "shoes" / f"{number}.jpg", quality=95)
    (tmp_path / "shoe.jpg").write_bytes((tmp_path / "shoes" / "0.jpg").read_bytes())
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "api.key").write_text(str(studio.key()))
    packshot = tmp_path / "bin" / "packshot"
    packshot.parent.mkdir()
    packshot.write_text(f'#!/bin/sh\nexec {sys.executable} -m api.cli "$@"\n')
    packshot.chmod(0o755)
    return tmp_path


def _typed(studio: Studio, folder: Path, *command: str) -> str:
    ended = subprocess.run(
        command,
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


def test_every_command_of_both_pages_runs_and_opposite_tastes_see_different_first_choices(
    studio: Studio, folder: Path
) -> None:
    bash = ("bash", "-euo", "pipefail", "-c")
    _typed(studio, folder, *bash, _blocks("search.md", "sh"))
    proposals = _typed(studio, folder, sys.executable, "-c", _blocks("search.md", "python"))

    told = _typed(studio, folder, *bash, _blocks("personal.md", "sh"))
    program = _typed(studio, folder, sys.executable, "-c", _blocks("personal.md", "python"))

    rankings = told.split("expected\tdeviation\tid\n")[1:]
    summer, winter = (table.splitlines()[0].split("\t")[2] for table in rankings)
    assert proposals.count("\n") == 1
    assert summer != winter
    assert program.split()[0] == summer
