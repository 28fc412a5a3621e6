"""The system's Chromium before a running studio, as an operator uses it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

AXE: Final = (Path(__file__).parents[1] / "vendor" / "axe.min.js").read_text(encoding="utf-8")
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_FLAGS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
_PATIENCE_MS: Final = 20_000
PHONE: Final = {"width": 390, "height": 844}


@contextmanager
def started() -> Iterator[Browser]:
    """A Chromium without a window; skips where there is none, but not in CI."""
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None and os.environ.get("CI") != "true":
        pytest.skip("no Chromium here: make setup")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=[*_FLAGS])
        yield chromium
        chromium.close()


@dataclass(frozen=True, slots=True)
class Sitting:
    """One who sits before the page, and what the browser complained of meanwhile."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(_PATIENCE_MS)
        self.page.on("console", lambda message: _hear(self.complaints, message))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def sign_in(self, key: str) -> None:
        self.page.goto(f"{self.url}/admin")
        self.page.get_by_label("API key").fill(key)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("heading", name="Overview").wait_for()

    def go(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def faults(self) -> list[str]:
        """What axe-core finds of the page as it is, by rule and place."""
        self.page.evaluate(AXE)
        told: Any = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {node['target']}" for one in told["violations"] for node in one["nodes"]
        ]

    def reaches_beyond(self) -> bool:
        """Whether one has to scroll sideways to see all of it."""
        wide: bool = self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        return wide

    def hides_where(self) -> bool:
        """Whether the part that one is in stands out of sight in the list of parts."""
        hidden: bool = self.page.evaluate(
            """() => {
                const here = document.querySelector(".side [aria-current]");
                if (!here) return false;
                const { left, right } = here.getBoundingClientRect();
                return left < 0 || right > document.documentElement.clientWidth;
            }"""
        )
        return hidden


@contextmanager
def sitting(
    chromium: Browser, url: str, *, colours: str = "light", size: dict[str, int] | None = None
) -> Iterator[Sitting]:
    """Someone new before the page; at the end the browser has complained of nothing."""
    context: Any = chromium.new_context(
        color_scheme="dark" if colours == "dark" else "light",
        viewport=size or {"width": 1280, "height": 900},  # type: ignore[arg-type]
    )
    who = Sitting(context.new_page(), url)
    try:
        yield who
    finally:
        context.close()
    assert who.complaints == []


def _hear(complaints: list[str], message: ConsoleMessage) -> None:
    if message.type in ("error", "warning"):
        complaints.append(message.text)
