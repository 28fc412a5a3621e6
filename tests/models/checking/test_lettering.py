"""Lines of letters are found on plain grounds, and none where there are only products."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from models.advertising import fonts
from models.checking.lettering import Line, lettering
from models.data import samples

FONT = fonts.SHIPPED / "Roboto-Bold.ttf"
SIDE = 512


def shown(number: int, *, ground: str = "white") -> Image.Image:
    """A product that ships, on a ground."""
    product = Image.fromarray(samples.products()[number].pixels)
    picture = Image.new("RGB", product.size, ground)
    picture.paste(product, mask=product)
    return picture


def written(
    picture: Image.Image, text: str, *, at: tuple[int, int], high_px: int = 28, fill: str = "black"
) -> Image.Image:
    ImageDraw.Draw(picture).text(at, text, font=ImageFont.truetype(FONT, high_px), fill=fill)
    return picture


def tensor(picture: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 255


def lines(picture: Image.Image) -> tuple[Line, ...]:
    found = lettering(tensor(picture))
    assert found is not None
    return found


@pytest.mark.parametrize("number", range(12))
def test_a_product_alone_has_no_letters_beside_it(number: int) -> None:
    assert not [one for one in lines(shown(number)) if one.beside]


@pytest.mark.parametrize("text", ["SALE -20%", "Free shipping", "Распродажа", "29.99 €"])
@pytest.mark.parametrize("ground", ["white", "lightgrey", "navy"])
def test_what_is_written_above_a_product_is_beside_it(text: str, ground: str) -> None:
    small = Image.new("RGB", (SIDE, SIDE), ground)
    small.paste(shown(3, ground=ground).resize((256, 256)), (128, 200))
    fill = "white" if ground == "navy" else "darkred"

    (found,) = lines(written(small, text, at=(60, 30), fill=fill))

    assert found.beside
    left, top, right, bottom = found.box
    assert left == pytest.approx(60, abs=6)
    assert 28 < top < bottom < 66
    assert left < right < 330


def test_a_line_has_its_place_in_a_picture_that_is_larger_than_what_is_looked_at() -> None:
    large = Image.new("RGB", (3_000, 2_000), "white")
    large.paste(shown(3), (1_500, 800))

    (found,) = lines(written(large, "BUY 2 GET 1", at=(300, 200), high_px=120))

    assert found.box == pytest.approx((305, 225, 960, 315), abs=30)


def test_what_stands_in_the_box_around_a_product_may_be_its_own() -> None:
    sheet = Image.new("RGB", (SIDE, SIDE), "white")
    ImageDraw.Draw(sheet).rectangle((80, 80, 430, 430), outline="blue", width=4)

    (found,) = lines(written(sheet, "Dezember 2026", at=(110, 110)))

    assert not found.beside


@pytest.mark.parametrize("what", ["bars", "beads", "a bar", "nothing"])
def test_what_only_looks_like_a_row_is_no_line(what: str) -> None:
    picture = shown(3).resize((256, 256)).copy()
    large = Image.new("RGB", (SIDE, SIDE), "white")
    large.paste(picture, (128, 200))
    draw = ImageDraw.Draw(large)
    match what:
        case "bars":
            for number in range(3):
                draw.rectangle((60 + 60 * number, 40, 100 + 60 * number, 70), fill="black")
        case "beads":
            for number in range(8):
                draw.ellipse((60 + 30 * number, 40, 88 + 30 * number, 68), fill="black")
        case "a bar":
            draw.rectangle((60, 40, 400, 60), fill="black")

    assert lines(large) == ()


def test_on_a_busy_ground_nothing_can_be_told() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3)).astype(np.uint8)

    assert lettering(tensor(Image.fromarray(noise))) is None


def test_a_picture_of_few_pixels_has_no_letters() -> None:
    assert lettering(torch.ones(1, 3, 4, 4)) == ()
