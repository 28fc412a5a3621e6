"""The viewer of a spin in a real browser: keys, drags and touch turn the delivered sheet."""

import functools
import io
import json
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys import browser
from tests.journeys.browser import AXE

pytestmark = pytest.mark.journey

FOLDER = Path(__file__).parents[2] / "examples" / "spin-viewer"
TOLD: dict[str, Any] = json.loads((FOLDER / "biplane.json").read_text("utf-8"))
COUNT = len(TOLD["frames"])
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
STRICT = f"{POLICY}connect-src 'self'; require-trusted-types-for 'script'"


class Strict(SimpleHTTPRequestHandler):
    """A shop that lets nothing into its pages but its own files."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", STRICT)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 — the base class's name
        del format, args


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    handler = functools.partial(Strict, directory=str(FOLDER))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/index.html"
        server.shutdown()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.started() as started:
        yield started


@pytest.fixture(params=["reduce"])
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of someone who would rather have it still, unless a test says other."""
    context = chromium.new_context(
        reduced_motion=request.param, has_touch=True, viewport={"width": 800, "height": 700}
    )
    complaints: list[str] = []
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    opened.on("console", lambda one: complaints.append(one.text))
    opened.on("pageerror", lambda one: complaints.append(str(one)))
    try:
        yield opened
    finally:
        context.close()
    assert complaints == []


def opened(page: Page, url: str) -> Locator:
    page.goto(url)
    slider = page.get_by_role("slider", name="Biplane, all around")
    slider.wait_for()
    expect(slider).not_to_have_attribute("aria-busy", "true")
    return slider


def at(slider: Locator) -> int:
    return int(slider.get_attribute("aria-valuenow") or "-1")


def apart(slider: Locator, number: int) -> float:
    """How far what is seen is from this frame of the sheet, in 8-bit levels."""
    shown = Image.open(io.BytesIO(slider.screenshot())).convert("RGB")
    frame, (wide, high) = TOLD["frames"][number], TOLD["frame"].values()
    with Image.open(FOLDER / "biplane.webp") as sheet:
        part = sheet.convert("RGB").crop(
            (frame["x"], frame["y"], frame["x"] + wide, frame["y"] + high)
        )
    expected = part.resize(shown.size, Image.Resampling.BILINEAR)
    return float(np.abs(np.asarray(shown, float) - np.asarray(expected, float)).mean())


def drag(page: Page, slider: Locator, share: float) -> None:
    box = slider.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(x + share * box["width"] * step / 8, y)
    page.mouse.up()


def test_keys_turn_it_around_and_what_is_seen_is_that_frame_of_the_sheet(
    page: Page, url: str
) -> None:
    slider = opened(page, url)
    slider.focus()

    for key, expected in (
        ("ArrowRight", 1), ("ArrowUp", 2), ("PageUp", 8), ("End", COUNT - 1), ("ArrowRight", 0),
        ("ArrowLeft", COUNT - 1), ("Home", 0), ("PageDown", COUNT - 6), ("Tab", COUNT - 6),
    ):  # fmt: skip
        slider.press(key)
        assert at(slider) == expected

    assert slider.get_attribute("aria-valuetext") == "270 degrees"
    assert apart(slider, COUNT - 6) < 2
    assert apart(slider, 0) > 4


def test_a_drag_across_is_once_around_and_its_front_follows(page: Page, url: str) -> None:
    slider = opened(page, url)

    drag(page, slider, 0.25)

    assert at(slider) == COUNT - round(0.25 * COUNT)
    assert apart(slider, at(slider)) < 2
    drag(page, slider, -0.25)
    assert at(slider) == 0


def test_a_finger_turns_it_too_and_the_page_may_still_be_scrolled(page: Page, url: str) -> None:
    slider = opened(page, url)
    box = slider.bounding_box()
    assert box is not None
    touch = page.context.new_cdp_session(page)

    def send(kind: str, x: float) -> None:
        points = [] if kind == "touchEnd" else [{"x": x, "y": box["y"] + box["height"] / 2}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    start = box["x"] + 0.75 * box["width"]
    send("touchStart", start)
    for step in range(1, 9):
        send("touchMove", start - 0.25 * box["width"] * step / 8)
    send("touchEnd", start)

    assert at(slider) == round(0.25 * COUNT)
    assert slider.evaluate("one => getComputedStyle(one).touchAction") == "pan-y"


def test_for_whoever_would_have_it_still_it_does_not_move_by_itself(page: Page, url: str) -> None:
    slider = opened(page, url)

    page.wait_for_timeout(900)

    assert at(slider) == 0


@pytest.mark.parametrize("page", ["no-preference"], indirect=True)
def test_else_it_turns_once_and_stops_when_somebody_takes_hold(page: Page, url: str) -> None:
    slider = opened(page, url)
    expect(slider).not_to_have_attribute("aria-valuenow", "0")

    slider.press("Home")
    page.wait_for_timeout(900)

    assert at(slider) == 0


def test_it_can_be_used_by_everybody(page: Page, url: str) -> None:
    opened(page, url)
    page.evaluate(AXE)

    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")

    assert [one["id"] for one in found["violations"]] == []


@pytest.mark.parametrize("file", ["biplane.json", "biplane.webp"])
def test_what_is_not_there_is_said_in_words(chromium: Browser, url: str, file: str) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.route(f"**/{file}", lambda route: route.fulfill(status=404))

    page.goto(url)

    page.get_by_text("The views could not be loaded.").wait_for()
    context.close()


def test_a_turn_that_is_not_whole_has_two_ends(page: Page, url: str) -> None:
    half = {**TOLD, "whole_turn": False}
    told = {"scores": {"details": {"spin": half}}}  # as the API tells a result
    page.route("**/biplane.json", lambda route: route.fulfill(json=told))
    slider = opened(page, url)

    slider.press("ArrowLeft")
    assert at(slider) == 0
    slider.press("End")
    slider.press("ArrowRight")

    assert at(slider) == COUNT - 1
