"""What docs/advertising.md and docs/style.md show of pictures, typed in as it stands, works."""

from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from models.data import samples
from tests.journeys import terminal
from tests.journeys.conftest import Studio
from tests.journeys.terminal import Terminal, blocks

pytestmark = pytest.mark.journey


@pytest.fixture
def typing(studio: Studio, tmp_path: Path) -> Terminal:
    """With photographs of products before a white ground, and the sketch of one."""
    for name, number in (("boots", 0), ("shoe", 1), ("chair", 2)):
        product = Image.fromarray(samples.products()[number].pixels).resize((320, 320))
        ground = Image.new("RGBA", product.size, "white")
        ground.alpha_composite(product)
        ground.convert("RGB").save(tmp_path / f"{name}.jpg", quality=95)
    edges = Image.open(tmp_path / "chair.jpg").convert("L").filter(ImageFilter.FIND_EDGES)
    edges.point(lambda level: 0 if level > 60 else 255).save(tmp_path / "sketch.png")
    return terminal.opened(studio, tmp_path)


def made(folder: Path) -> list[Path]:
    """What was brought back, beside what was there."""
    given = {"boots.jpg", "shoe.jpg", "chair.jpg", "sketch.png"}
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name not in given)


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def test_one_command_makes_three_sizes_in_two_variants(typing: Terminal) -> None:
    typing.typed(blocks("advertising.md", "sh")[0])

    sizes = [size_of(path) for path in made(typing.folder)]
    assert len(sizes) == 6
    assert (1080, 1080) in sizes
    assert (1080, 1920) in sizes


def test_a_style_by_a_picture_and_by_its_name_and_a_product_from_a_sketch(
    typing: Terminal, studio: Studio
) -> None:
    style = studio.upload(samples.photographs()[0].path.read_bytes(), name="style")
    by_picture, by_name, drawn = blocks("style.md", "sh")[:3]

    typing.typed(by_picture.replace("STYLE_ID", style))
    assert made(typing.folder)
    for commands in (by_name, drawn):
        before = {path: path.stat().st_mtime_ns for path in made(typing.folder)}
        typing.typed(commands)
        assert {path: path.stat().st_mtime_ns for path in made(typing.folder)} != before
