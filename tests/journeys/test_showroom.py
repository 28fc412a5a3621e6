"""What docs/showroom.md shows, typed in as it stands, ends in a product that turns in a browser."""

import functools
import json
import re
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.journeys import browser, terminal
from tests.journeys.conftest import ROOT, Studio
from tests.journeys.terminal import blocks

pytestmark = pytest.mark.journey


def test_every_step_of_the_page_can_be_followed(studio: Studio, tmp_path: Path) -> None:
    typing = terminal.opened(studio, tmp_path)
    views, program = blocks("showroom.md", "python")

    typing.program(views)
    typing.typed("\n".join(blocks("showroom.md", "sh")))
    typing.program(program)

    with Image.open(tmp_path / "made" / "biplane-000-spin.webp") as sheet:
        assert sheet.size == (5 * 320, 5 * 240)
    told = json.loads((tmp_path / "biplane.json").read_text("utf-8"))
    assert [one["angle_deg"] for one in told["frames"]] == [15.0 * n for n in range(24)]
    _turns(tmp_path)


def _turns(folder: Path) -> None:
    """The page as it is written there, with its two files, in a browser."""
    (html,) = blocks("showroom.md", "html")
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
