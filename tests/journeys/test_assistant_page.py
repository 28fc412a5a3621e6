"""What docs/assistant.md shows, typed in as it stands against a studio that runs, works."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from models.data import samples
from tests.journeys import terminal
from tests.journeys.conftest import Studio
from tests.journeys.terminal import Terminal, blocks

pytestmark = pytest.mark.journey


def _commands() -> Iterator[str]:
    """Each by itself; one that goes over several lines ends where no backslash does."""
    yield from re.findall(r"^(?:.*\\\n)*.+$", "".join(blocks("assistant.md", "sh")), re.M)


@pytest.fixture
def typing(studio: Studio, tmp_path: Path) -> Terminal:
    """With a photograph."""
    product = Image.fromarray(samples.products()[1].pixels).resize((200, 200))
    ground = Image.new("RGBA", product.size, (206, 210, 220, 255))
    ground.alpha_composite(product)
    ground.convert("RGB").save(tmp_path / "shoe.jpg", quality=95)
    return terminal.opened(studio, tmp_path)


def test_every_command_of_the_page_runs(typing: Terminal) -> None:
    up, planned, made, there, unclear, unknown, key, picture, asked, words = _commands()

    told = [typing.shell(one) for one in (planned, made, there, unclear, unknown)]
    by_http = [typing.shell(f"{key}\n{picture}\n{one}") for one in (asked, words)]

    assert up.startswith("packshot up")  # it is up
    assert [one.returncode for one in told] == [0, 0, 0, 2, 2], [one.stderr for one in told]
    assert "Planned: cutout → recolor → place" in told[0].stdout
    with Image.open(typing.folder / "made" / "shoe-pipeline.png") as picture_made:
        assert picture_made.size == (1080, 1080)
    assert "There is such a result" in told[2].stdout
    assert "blue or red?" in told[3].stderr
    assert "red 红色" in told[4].stderr
    order, vocabulary = (json.loads(one.stdout) for one in by_http)
    assert order["order"]["operation"]["rgb"] == [255, 255, 255]
    assert {"colour", "action"} <= set(vocabulary["words"])
