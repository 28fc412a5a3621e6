"""A customer in a real browser: sends a photograph, says what is wanted, and sees it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from models.data import samples
from tests.journeys import browser
from tests.journeys.browser import PHONE, Sitting
from tests.journeys.conftest import ROOT, Studio, free_port, until

pytestmark = pytest.mark.journey
FOR_A_JOB_MS = 120_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.started() as started:
        yield started


@pytest.fixture(scope="module")
def chat(studio: Studio) -> Iterator[str]:
    """The chat as its page starts it, with the scopes that its page names."""
    page = (ROOT / "examples" / "shop_chat" / "README.md").read_text(encoding="utf-8")
    port = free_port()
    with studio.client() as operator:
        key = operator.add_key("chat", scopes=re.findall(r"--scope (\S+)", page))["key"]
    given = {"CHAT_PACKSHOT": studio.url, "CHAT_KEY": key, "CHAT_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "examples.shop_chat.serving"],
        cwd=ROOT,
        env={**studio.env, **given},
    )
    try:
        until(lambda: _answers(f"http://127.0.0.1:{port}/"), 30)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(10)


def _answers(address: str) -> bool:
    try:
        return bool(httpx2.get(address, trust_env=False).status_code == 200)
    except httpx2.TransportError:
        return False


@pytest.fixture(scope="module")
def photograph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    product = Image.fromarray(samples.products()[0].pixels).resize((128, 128))
    ground = Image.new("RGBA", product.size, (206, 210, 220, 255))
    ground.alpha_composite(product)
    path = tmp_path_factory.mktemp("chat") / "shoe.png"
    ground.convert("RGB").save(path)
    return path


def _say(who: Sitting, wish: str) -> None:
    who.page.get_by_label("What is wanted").fill(wish)
    who.page.get_by_role("button", name="Send").click()


def test_a_customer_says_what_is_wanted_and_sees_it(
    chromium: Browser, chat: str, photograph: Path
) -> None:
    with browser.sitting(chromium, chat, size=PHONE) as who:
        who.page.goto(chat)
        talk = who.page.get_by_role("log")
        expect(who.page.get_by_role("button", name="Send")).to_be_disabled()
        who.page.get_by_label("Your picture").set_input_files(photograph)
        expect(talk.get_by_alt_text("Your picture")).to_be_visible()

        _say(who, "blue or red")
        expect(talk).to_contain_text("Which one? product colour: blue or red?")
        _say(who, "<img src=x onerror=alert(1)>")
        expect(talk).to_contain_text("I know these words:")
        _say(who, "红色的，白底, 64x64, extra fancy")
        expect(talk).to_contain_text("product in red, background white, 64x64")
        expect(talk).to_contain_text("I do not know: extra, fancy")
        made = talk.get_by_alt_text("红色的，白底, 64x64, extra fancy")
        expect(made).to_be_visible(timeout=FOR_A_JOB_MS)
        expect(made).to_have_js_property("naturalWidth", 64)
        _say(who, "in red on white, 64 x 64")
        expect(talk).to_contain_text("There is one:")
        expect(talk.get_by_alt_text("in red on white, 64 x 64")).to_have_js_property(
            "naturalWidth", 64
        )

        assert who.faults() == []
        assert not who.reaches_beyond()
