"""What docs/search.md and docs/personal.md show, typed in as it stands against a studio, works."""

from pathlib import Path

import pytest
from PIL import Image

from models.data import samples
from tests.journeys import terminal
from tests.journeys.conftest import Studio
from tests.journeys.terminal import Terminal, blocks

pytestmark = pytest.mark.journey


@pytest.fixture
def typing(studio: Studio, tmp_path: Path) -> Terminal:
    """With photographs."""
    (tmp_path / "shoes").mkdir()
    for number, shot in enumerate(samples.products()[:3]):
        product = Image.fromarray(shot.pixels).convert("RGBA").resize((300, 300))
        ground = Image.new("RGBA", product.size, "white")
        ground.alpha_composite(product)
        ground.convert("RGB").save(tmp_path / "shoes" / f"{number}.jpg", quality=95)
    (tmp_path / "shoe.jpg").write_bytes((tmp_path / "shoes" / "0.jpg").read_bytes())
    return terminal.opened(studio, tmp_path)


def test_every_command_of_both_pages_runs_and_opposite_tastes_see_different_first_choices(
    typing: Terminal,
) -> None:
    typing.typed("\n".join(blocks("search.md", "sh")))
    proposals = typing.program("\n".join(blocks("search.md", "python")))

    told = typing.typed("\n".join(blocks("personal.md", "sh")))
    program = typing.program("\n".join(blocks("personal.md", "python")))

    rankings = told.split("expected\tdeviation\tid\n")[1:]
    summer, winter = (table.splitlines()[0].split("\t")[2] for table in rankings)
    assert len(proposals.splitlines()) >= 1  # others of this studio have classified, too
    assert summer != winter
    assert program.split()[0] == summer
