"""An invisible mark: what it says, where it may be, what it survives, and who finds it."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from benchmarks import shots
from models import images
from models.watermarking import embed, find, pattern, payload

KEY = "a key of more than thirty-two characters"
TOLD = 0x01A219D45167
Levels = NDArray[np.uint8]


def image_of(levels: Levels) -> Tensor:
    return torch.from_numpy(levels.copy()).permute(2, 0, 1)[None].float() / 255


def levels_of(image: Tensor) -> Levels:
    return (image[0, :3].permute(1, 2, 0) * 255).round().byte().numpy()


def ground_of(side: int) -> Tensor:
    """[1, 1, side, side], 1 around a square in the middle."""
    free = torch.ones(1, 1, side, side)
    free[..., side // 4 : -side // 4, side // 4 : -side // 4] = 0
    return free


@pytest.fixture(scope="module")
def photograph() -> Tensor:
    return image_of(shots.photograph(900))


@pytest.fixture(scope="module")
def marked(photograph: Tensor) -> embed.Marked:
    made = embed.embed(photograph, ground_of(900), key=KEY, told=TOLD)
    assert made is not None
    return made


def saved(levels: Levels, kind: str, **options: int) -> Levels:
    file = io.BytesIO()
    Image.fromarray(levels).save(file, kind, **options)
    return np.array(Image.open(file).convert("RGB"))


def halved(levels: Levels) -> Levels:
    height, width = levels.shape[:2]
    small = Image.fromarray(levels).resize((width // 2, height // 2), Image.Resampling.BICUBIC)
    return np.array(small)


ATTACKS: dict[str, Callable[[Levels], Levels]] = {
    "none": lambda levels: levels,
    "JPEG 75": lambda levels: saved(levels, "JPEG", quality=75),
    "WebP 75": lambda levels: saved(levels, "WEBP", quality=75),
    "half": halved,
    "a tenth cut off": lambda levels: levels[37:-53, 53:-37],
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_mark_is_read_after(marked: embed.Marked, attack: str) -> None:
    attacked = ATTACKS[attack](levels_of(marked.image))

    found = find.find(image_of(attacked), key=KEY)

    assert found is not None
    assert found.told == TOLD
    assert found.scale == (0.5 if attack == "half" else 1.0)


def test_product_and_protected_pixels_keep_every_bit(
    photograph: Tensor, marked: embed.Marked
) -> None:
    kept = ground_of(900).expand(1, 3, 900, 900) == 0

    assert torch.equal(marked.image[kept], photograph[kept])
    assert not torch.equal(marked.image[~kept], photograph[~kept])


def test_the_ground_changes_by_no_more_than_forty_decibels(
    photograph: Tensor, marked: embed.Marked
) -> None:
    free = ground_of(900).expand(1, 3, 900, 900) > 0
    wrong = (marked.image - photograph)[free].square().mean()

    assert marked.psnr_db >= 40
    assert marked.psnr_db == pytest.approx(float(-10 * torch.log10(wrong)), abs=0.01)
    assert marked.area_px == int(ground_of(900).sum())


@pytest.mark.parametrize("level", [0, 40, 128, 200, 255])
def test_an_even_ground_is_marked_too(level: int) -> None:
    even = torch.full((1, 3, 700, 700), level / 255)

    made = embed.embed(even, ground_of(700), key=KEY, told=TOLD)

    assert made is not None
    assert made.psnr_db >= 40
    found = find.find(image_of(saved(levels_of(made.image), "JPEG", quality=75)), key=KEY)
    assert found is not None
    assert found.told == TOLD


def test_white_stays_white_to_a_sales_channel() -> None:
    made = embed.embed(torch.ones(1, 3, 700, 700), ground_of(700), key=KEY, told=TOLD)

    assert made is not None
    assert int(levels_of(made.image).min()) == 252


def test_nobody_finds_it_with_another_key(marked: embed.Marked) -> None:
    assert find.find(marked.image, key=KEY + "!") is None


def test_where_nothing_was_put_nothing_is_found(photograph: Tensor) -> None:
    assert find.find(photograph, key=KEY) is None


@pytest.mark.parametrize("side", [1, 7, 64, 130])
def test_a_picture_too_small_for_a_mark_has_none(side: int) -> None:
    image = torch.rand(1, 3, side, side, generator=torch.manual_seed(1))

    assert embed.embed(image, torch.ones(1, 1, side, side), key=KEY, told=TOLD) is None
    assert find.find(image, key=KEY) is None


def test_what_is_transparent_is_no_ground(photograph: Tensor) -> None:
    transparent = torch.cat((photograph, torch.zeros(1, 1, 900, 900)), dim=1)

    assert embed.embed(transparent, ground_of(900), key=KEY, told=TOLD) is None


def test_grey_and_transparency_are_kept(photograph: Tensor) -> None:
    alpha = torch.cat((photograph, torch.ones(1, 1, 900, 900)), dim=1)

    for image in (photograph[:, :1], alpha):
        made = embed.embed(image, ground_of(900), key=KEY, told=TOLD)
        assert made is not None
        assert made.image.shape == image.shape
        found = find.find(images.quantise(made.image.clone()), key=KEY)
        assert found is not None
        assert found.told == TOLD


@pytest.mark.parametrize("told", [0, 1, TOLD, (1 << payload.BITS) - 1])
def test_a_payload_is_decoded_though_every_sixth_sign_is_wrong(told: int) -> None:
    signs = payload.encode(told)
    wrong = np.random.default_rng(3).permutation(payload.SIGNS)[: payload.SIGNS // 6]
    signs[wrong] *= -1

    assert payload.decode(signs) == told


def test_noise_alone_seldom_passes_the_checksum() -> None:
    draw = np.random.default_rng(4)

    passed = sum(payload.decode(draw.normal(size=payload.SIGNS)) is not None for _ in range(300))

    assert passed == 0


@pytest.mark.parametrize("told", [-1, 1 << payload.BITS])
def test_more_than_forty_eight_bits_are_refused(told: int) -> None:
    with pytest.raises(ValueError, match="48 bits"):
        payload.encode(told)


def test_a_pattern_repeats_without_a_seam() -> None:
    tile = pattern.of(KEY).tile(payload.encode(TOLD))
    wide = np.tile(tile, (2, 2))

    steps = np.abs(np.diff(wide, axis=1)).max(axis=0)

    assert tile.shape == (128, 128)
    assert float(np.square(tile).mean()) == pytest.approx(1, rel=1e-4)
    assert steps[[63, 127]].max() < steps.max() / 5  # at a reflection it does not change at all
