"""What docs/index.md shows, typed in as it stands against a studio that runs, works."""

import re
from pathlib import Path

import pytest
from PIL import Image

from models.data import samples
from tests.journeys import terminal
from tests.journeys.conftest import ROOT, Studio
from tests.journeys.terminal import Terminal, blocks

pytestmark = pytest.mark.journey
PAGE = ROOT / "docs" / "index.md"


@pytest.fixture
def typing(studio: Studio, tmp_path: Path) -> Terminal:
    """With a photograph."""
    product = Image.fromarray(samples.products()[0].pixels).resize((600, 600))
    ground = Image.new("RGBA", product.size, (236, 236, 240, 255))
    ground.alpha_composite(product)
    ground.convert("RGB").save(tmp_path / "photo.jpg", quality=95)
    return terminal.opened(studio, tmp_path)


def test_every_command_of_the_quick_start_runs(typing: Terminal) -> None:
    told = typing.typed("\n".join(blocks("index.md", "sh")))

    assert (typing.folder / "made" / "photo-background.png").is_file()
    assert "SHOE-1" in told
    assert (typing.folder / "kept.tar").is_file()


def test_its_program_runs(typing: Terminal) -> None:
    typing.program("\n".join(blocks("index.md", "python")))

    with Image.open(typing.folder / "larger.png") as larger:
        assert larger.size == (1200, 1200)


def test_what_is_not_tried_here_are_the_readmes_two_verbs() -> None:
    plain = re.findall(r"^```\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)

    assert re.findall(r"^make \w+", "\n".join(plain), re.M) == ["make demo", "make up"]
