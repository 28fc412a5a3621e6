"""What browsers load: all of it from here, each file as its maker published it."""

import json
import re
from pathlib import Path

from api.admin import assets
from tests.browsing import Browser

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "api" / "admin" / "static" / "vendor"
TEMPLATES = ROOT / "api" / "admin" / "templates"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())


def test_what_others_made_is_as_they_published_it() -> None:
    found = {path.name for path in VENDOR.iterdir() if path.suffix in (".js", ".css")}

    assert found == set(MANIFEST)
    assert {name: assets.integrity(f"vendor/{name}") for name in found} == {
        name: one["integrity"] for name, one in MANIFEST.items()
    }


def test_what_others_made_lies_beside_its_licence_and_is_named() -> None:
    notices = (ROOT / "THIRD_PARTY_NOTICES.md").read_text()
    licences = {path.stem for path in VENDOR.glob("*.LICENSE")}

    for name, one in MANIFEST.items():
        assert f"{one['package']} {one['version']}" in notices, name
        assert one["package"].removesuffix(".org").lower() in {kept.lower() for kept in licences}


def test_a_page_says_the_hash_of_everything_it_loads(browser: Browser) -> None:
    page = browser.get("/admin").text

    loaded = re.findall(r'<(?:script src|link rel="stylesheet" href)="([^"]+)"([^>]*)>', page)
    assert len(loaded) > 4
    for address, rest in loaded:
        name = address.removeprefix("/admin/static/").partition("?")[0]
        told = browser.get(address)
        assert f'integrity="{assets.integrity(name)}"' in rest
        assert told.status_code == 200
        assert "immutable" in told.headers["cache-control"]


def test_no_template_holds_a_script_or_a_style() -> None:
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"<script(?! src)|<style|\sstyle=|\son\w+=|javascript:", text), path
        assert "|safe" not in text.replace(" ", ""), path


def test_what_is_not_there_is_not_found(browser: Browser) -> None:
    for name in ("nothing.css", "../pages.py", "vendor/manifest.json", "..%2fpages.py"):
        assert browser.get(f"/admin/static/{name}").status_code == 404
