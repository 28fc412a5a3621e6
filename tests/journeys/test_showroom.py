"""What docs/showroom.md shows, typed in as it stands, ends in a product that turns in a browser."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.journeys.conftest import ROOT, Studio

pytestmark = pytest.mark.journey
PAGE = ROOT / "docs" / "showroom.md"


def _blocks(language: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def _typed(studio: Studio, folder: Path, *command: str) -> str:
    ended = subprocess.run(
        command,
        cwd=folder,
        env={
            **studio.env,
            "API_URL": studio.url,
            "API_KEY": str(studio.key()),
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_every_step_of_the_page_can_be_followed(studio: Studio, tmp_path: Path) -> None:
    packshot = tmp_path / "bin" / "packshot"
    packshot.parent.mkdir()
    packshot.write_text(f'#!/bin/sh\nexec {sys.executable} -m api.cli "$@"\n')
    packshot.chmod(0o755)
    views, program = _blocks("python")

    _typed(studio, tmp_path, sys.executable, "-c", views)
    _typed(studio, tmp_path, "bash", "-euo", "pipefail", "-c", "\n".join(_blocks("sh")))
    _typed(studio, tmp_path, sys.executable, "-c", program)

    with Image.open(tmp_path / "made" / "biplane-000-spin.webp") as sheet:
        assert sheet.size == (5 * 320, 5 * 240)
    told = json.loads((tmp_path / "biplane.json").read_text("utf-8"))
    assert [one["angle_deg"] for one in told["frames"]] == [15.0 * n for n in range(24)]
    for file in re.findall(r'(?:href|src)="([^"]+)"', "".join(_blocks("html"))):
        shutil.copy(ROOT / "examples" / "spin-viewer" / file, tmp_path)
