"""The site of docs/ is built without a warning, has no dead link, and loads nothing of others."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
_LOADED = {
    ("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"), ("source", "srcset"),
    ("source", "src"), ("video", "src"), ("object", "data"),
}  # fmt: skip


class _Page(HTMLParser):
    """What a page loads, where its links lead, and which anchors it has."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors.update(value for name in ("id", "name") if (value := given.get(name)))
        if tag == "a" and (link := given.get("href")):
            self.links.append(link)
        # Of `link` only what a browser fetches: a canonical address is none of it.
        if tag != "link" or given.get("rel") not in {"canonical", "next", "prev"}:
            self.loaded += [value for name, value in attrs if (tag, name) in _LOADED and value]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)],
        cwd=ROOT,
        # A proxy that is not there: whoever would reach out fails.
        env={**os.environ, "HTTPS_PROXY": "http://127.0.0.1:9", "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, _Page]:
    return {file: _Page(file) for file in site.rglob("*.html")}


def test_every_page_of_docs_is_in_the_site_and_its_pictures_too(
    site: Path, pages: dict[Path, _Page]
) -> None:
    expected = {page.relative_to(DOCS).with_suffix(".html") for page in DOCS.rglob("*.md")}
    expected = {p.with_name("index.html") if p.stem == "README" else p for p in expected}

    assert {file.relative_to(site) for file in pages} >= expected
    assert (site / "gallery" / "background.webp").is_file()


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[Path, _Page]) -> None:
    outside = {one for page in pages.values() for one in page.loaded if urlsplit(one).netloc}
    outside |= {
        found
        for style in site.rglob("*.css")
        for found in re.findall(r"url\([\"']?(https?:[^)]*)", style.read_text(encoding="utf-8"))
    }

    assert outside == set()


def test_no_page_wakes_the_one_script_that_the_theme_would_fetch(pages: dict[Path, _Page]) -> None:
    """The theme fetches mermaid where an element of this class is; its fences stay text here."""
    woken = [file.name for file in pages if 'class="mermaid"' in file.read_text(encoding="utf-8")]

    assert woken == []


def test_every_link_and_anchor_within_the_site_is_there(
    site: Path, pages: dict[Path, _Page]
) -> None:
    assert list(_dead(site, pages)) == []


def _dead(site: Path, pages: dict[Path, _Page]) -> Iterator[str]:
    for file, page in pages.items():
        if file.name == "404.html":
            continue  # its links begin with where the site will lie
        for link in (*page.links, *page.loaded):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link.startswith("data:"):
                continue
            path = unquote(parts.path)
            target = (file.parent / path).resolve() if path else file
            target = target / "index.html" if target.is_dir() else target
            anchors = pages[target].anchors if target in pages else {parts.fragment}
            if not target.exists() or (parts.fragment and parts.fragment not in anchors):
                yield f"{file.relative_to(site)}: {link}"


def test_what_leads_out_of_the_site_is_shown_as_a_path(site: Path) -> None:
    told = (site / "operating.html").read_text(encoding="utf-8")

    assert "<code>examples/admin.sql</code> has statements" in told
