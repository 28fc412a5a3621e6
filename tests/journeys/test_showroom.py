"""What docs/showroom.md shows, typed in as it stands, ends in a product that turns in a browser."""

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.journeys import browser
from tests.journeys.conftest import ROOT, Studio

pytestmark = pytest.mark.journey
PAGE = ROOT / "docs" / "showroom.md"


def _blocks(language: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def _typed(studio: Studio, folder: Path, *command: str) -> str:
    ended = subprocess.run(
        [*command[:-1], command[-1].replace("http://127.0.0.1:8700", studio.url)],
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
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "api.key").write_text(str(studio.key()))
    views, program = _blocks("python")

    _typed(studio, tmp_path, sys.executable, "-c", views)
    _typed(studio, tmp_path, "bash", "-euo", "pipefail", "-c", "\n".join(_blocks("sh")))
    _typed(studio, tmp_path, sys.executable, "-c", program)

    with Image.open(tmp_path / "made" / "biplane-000-spin.webp") as sheet:
        assert sheet.size == (5 * 320, 5 * 240)
    told = json.loads((tmp_path / "biplane.json").read_text("utf-8"))
    assert [one["angle_deg"] for one in told["frames"]] == [15.0 * n for n in range(24)]
    _turns(tmp_path)


def _turns(folder: Path) -> None:
    """The page as it is written there, with its two files, in a browser."""
    (html,) = _blocks("html")
    (folder / "index.html").write_text(f"<!doctype html><meta charset=utf-8>{html}")
    for file in re.findall(r'(?:href|src)="([^"]+)"', html):
        shutil.copy(ROOT / "examples" / "spin-viewer" / file, folder)
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(folder))
    with (
        browser.started() as chromium,
        ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = chromium.new_context(reduced_motion="reduce").new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
        slider = page.get_by_role("slider", name="Biplane, all around")
        slider.press("ArrowRight")
        expect(slider).to_have_attribute("aria-valuetext", "15 degrees")
        server.shutdown()
