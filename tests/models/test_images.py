"""Any picture file becomes an upright sRGB image, and an image a bare file."""

import io

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from models import images, labels
from models.data import samples
from models.failures import CannotDo
from tests.golden import pictures


def corners(image: torch.Tensor) -> list[tuple[int, ...]]:
    levels = (image[0] * 255).round().int()
    return [tuple(levels[:, y, x].tolist()) for y in (2, -3) for x in (2, -3)]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_read_upright(orientation):
    data = pictures.turned(orientation)

    loaded = images.read(data)

    assert loaded.image.shape == (1, 3, pictures.HEIGHT, pictures.WIDTH)
    assert corners(loaded.image) == list(pictures.CORNERS)
    assert loaded.alpha is None


def test_an_unknown_orientation_is_ignored():
    data = pictures.turned(99)

    loaded = images.read(data)

    assert corners(loaded.image) == list(pictures.CORNERS)


def test_broken_exif_does_no_harm():
    data = pictures.saved(Image.fromarray(pictures.upright()), "PNG", exif=b"Exif\0\0II*\0\xff\xff")

    loaded = images.read(data)

    assert corners(loaded.image) == list(pictures.CORNERS)


def test_inverted_inks_have_the_right_colours():
    loaded = images.read(pictures.cmyk())

    found = torch.tensor(corners(loaded.image))

    assert (found - torch.tensor(pictures.CORNERS)).abs().max() <= 3


def test_a_rubbish_profile_is_ignored_with_a_warning():
    loaded = images.read(pictures.with_bad_profile())

    assert corners(loaded.image) == list(pictures.CORNERS)
    assert loaded.warnings == ("icc_ignored",)


def test_a_good_profile_is_followed():
    loaded = images.read(pictures.with_srgb_profile())

    found = torch.tensor(corners(loaded.image))

    assert (found - torch.tensor(pictures.CORNERS)).abs().max() <= 1
    assert loaded.warnings == ()


def test_what_is_transparent_lies_over_white():
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[:4, :, 3] = 255
    pixels[4, :, 3] = 51

    loaded = images.read(pictures.saved(Image.fromarray(pixels), "PNG"))

    assert loaded.alpha is not None
    assert loaded.image[0, 0, :, 0].tolist() == pytest.approx([0] * 4 + [0.8] + [1] * 3)
    assert loaded.alpha[0, 0, :, 0].tolist() == pytest.approx([1] * 4 + [0.2] + [0] * 3)


def test_an_opaque_alpha_says_nothing():
    data = pictures.saved(Image.fromarray(pictures.upright()).convert("RGBA"), "PNG")

    assert images.read(data).alpha is None


def test_grey_with_alpha_keeps_both():
    pixels = np.stack((np.full((8, 8), 102), np.full((8, 8), 255)), axis=2).astype(np.uint8)
    pixels[0, :, 1] = 0

    loaded = images.read(pictures.saved(Image.fromarray(pixels, "LA"), "PNG"))

    assert loaded.alpha is not None
    assert loaded.alpha[0, 0, :2, 0].tolist() == [0, 1]
    assert corners(loaded.image)[0] == (102, 102, 102)


def test_a_palette_with_a_transparent_entry_keeps_both():
    picture = Image.new("P", (8, 8), 0)
    picture.putpalette([255, 0, 0, 0, 0, 255] + [0] * 762)
    picture.paste(1, (0, 0, 8, 4))

    loaded = images.read(pictures.saved(picture, "PNG", transparency=0))

    assert loaded.alpha is not None
    assert loaded.alpha[0, 0, :, 0].tolist() == [1] * 4 + [0] * 4
    assert corners(loaded.image) == [(0, 0, 255)] * 2 + [(255, 255, 255)] * 2


def test_a_transparent_colour_becomes_alpha():
    data = pictures.saved(Image.fromarray(pictures.upright()), "PNG", transparency=(255, 0, 0))

    loaded = images.read(data)

    assert loaded.alpha is not None
    assert loaded.alpha[0, 0, 2, [2, -3]].tolist() == [0, 1]


def test_one_bit_is_black_and_white():
    data = pictures.saved(Image.new("1", (8, 8), 1), "PNG")

    assert images.read(data).image.eq(1).all()


def test_sixteen_bit_grey_keeps_its_range():
    levels = np.array([[0, 65535], [32768, 257]], np.uint16).repeat(4, 0).repeat(4, 1)

    image = images.read(pictures.saved(Image.fromarray(levels), "PNG")).image

    found = image[0, :, ::4, ::4][:, :2, :2]
    wanted = torch.tensor([[0, 1], [32768 / 65535, 257 / 65535]]).expand(3, 2, 2)
    torch.testing.assert_close(found, wanted)


def test_what_is_no_picture_is_refused_with_a_code():
    with pytest.raises(CannotDo) as caught:
        images.read(b"<html>")

    assert caught.value.code == "picture_unreadable"


def test_a_cut_picture_is_refused():
    data = pictures.saved(Image.fromarray(pictures.upright()), "PNG")

    with pytest.raises(CannotDo):
        images.read(data[:-40])


@pytest.mark.parametrize("kind", ["png", "webp"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_lossless_files_give_back_the_same_levels(kind, channels):
    image = images.quantise(torch.rand(1, channels, 13, 17, generator=torch.manual_seed(3)))
    image[:, 3:].clamp_(0.2, 0.8)

    loaded = images.read(images.encode(image, format=kind, quality=100))

    if channels == 4:
        assert loaded.alpha is not None
        torch.testing.assert_close(loaded.alpha, images.quantise(image[:, 3:]))
    else:
        torch.testing.assert_close(loaded.image, image.expand(1, 3, 13, 17))


def test_a_jpeg_keeps_full_chroma():
    image = torch.zeros(1, 3, 32, 32)
    image[:, 0, :, ::2] = 1

    data = images.encode(image, format="jpeg", quality=95)

    assert Image.open(io.BytesIO(data)).layer[1][1:3] == (1, 1)


def test_a_jpeg_with_alpha_is_refused():
    with pytest.raises(CannotDo) as caught:
        images.encode(torch.zeros(1, 4, 8, 8), format="jpeg")

    assert caught.value.code == "format_has_no_alpha"


@pytest.mark.parametrize(("kind", "most"), [("webp", 16_383), ("jpeg", 65_500), ("avif", 32_768)])
@pytest.mark.parametrize("turned", [False, True])
def test_a_side_that_the_format_cannot_hold_is_refused_with_a_code(kind, most, turned):
    largest, larger = (torch.zeros(1, 1, side, 1) for side in (most, most + 1))
    if turned:
        largest, larger = largest.mT, larger.mT

    with pytest.raises(CannotDo, match=str(most)) as caught:
        images.encode(larger, format=kind)

    assert caught.value.code == "output_too_large"
    assert images.read(images.encode(largest, format=kind)).image.shape[2:] == largest.shape[2:]


@pytest.mark.parametrize("mode", ["L", "RGB", "1"])
def test_a_mask_is_read_from_brightness(mode):
    picture = Image.new("L", (8, 6), 0)
    picture.paste(255, (0, 0, 4, 6))

    mask = images.read_mask(pictures.saved(picture.convert(mode), "PNG"))

    assert mask.shape == (1, 1, 6, 8)
    assert mask[0, 0, 0].tolist() == [1] * 4 + [0] * 4


def test_a_mask_is_read_from_transparency_where_there_is_any():
    pixels = np.full((4, 4, 4), 255, np.uint8)
    pixels[:2, :, 3] = 0

    mask = images.read_mask(pictures.saved(Image.fromarray(pixels), "PNG"))

    assert mask[0, 0, :, 0].tolist() == [0, 0, 1, 1]


def test_quantised_levels_are_those_of_the_file():
    image = torch.rand(1, 3, 9, 9, generator=torch.manual_seed(1))

    loaded = images.read(images.encode(image, format="png"))

    assert torch.equal(loaded.image, images.quantise(image))


def plainly_read(data: bytes) -> torch.Tensor:
    levels = torch.from_numpy(np.array(Image.open(io.BytesIO(data)).convert("RGB")))
    return levels.permute(2, 0, 1).contiguous().float().div(255)[None]


def plainly_rounded(image: torch.Tensor) -> NDArray[np.uint8]:
    levels = image[0].mul(255).round().clamp(0, 255).to(torch.uint8)
    return levels.permute(1, 2, 0).numpy()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (31, 17), (200, 257)])
def test_an_image_is_bit_for_bit_that_of_the_plain_formula(kind, mode, size):
    levels = np.random.default_rng(2).integers(0, 256, (*size, 3), np.uint8)
    data = pictures.saved(Image.fromarray(levels).convert(mode), kind)

    image = images.read(data).image

    assert torch.equal(image, plainly_read(data))
    assert image.is_contiguous()


def test_every_level_is_read_as_its_255th():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)

    image = images.read(pictures.saved(Image.fromarray(levels).convert("RGB"), "PNG")).image

    assert torch.equal(image, (torch.arange(256).view(1, 1, 16, 16).float() / 255).expand_as(image))


def near_ties() -> torch.Tensor:
    """[1, 3, H, W]: halves between levels and both neighbours of each, from below 0 to above 1."""
    halves = (torch.arange(-20, 280).double() + 0.5).div(255).float()
    below, above = (halves.nextafter(torch.full_like(halves, end)) for end in (-9.0, 9.0))
    return torch.stack((halves, below, above)).view(1, 3, 15, 20)


@pytest.mark.parametrize(
    "image",
    [
        near_ties(),
        near_ties().mT,
        near_ties()[:, :1],
        near_ties()[:, :, 1::2, ::3],
        near_ties()[:, :, :1].expand(-1, -1, 7, -1),
        torch.rand(1, 3, 211, 307, generator=torch.manual_seed(4)) * 3 - 1,
        torch.rand(1, 4, 11, 13, generator=torch.manual_seed(5)),
    ],
)
def test_levels_are_rounded_half_to_even_and_clamped(image):
    data = images.encode(image, format="png")

    found = np.array(Image.open(io.BytesIO(data))).reshape(*image.shape[2:], -1)
    assert np.array_equal(found, plainly_rounded(image))


@pytest.mark.parametrize("quality", [30, 75, 95, 100])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_jpeg_is_byte_for_byte_pillows_of_this_quality(quality, channels):
    image = torch.rand(1, channels, 45, 67, generator=torch.manual_seed(6))
    levels = plainly_rounded(image)
    picture = Image.fromarray(levels.squeeze(2) if channels == 1 else levels)

    data = images.encode(image, format="jpeg", quality=quality)

    assert data == pictures.saved(picture, "JPEG", quality=quality, subsampling=0)


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "avif"])
def test_a_delivered_file_is_read_as_a_third_party_reads_it_with_pillow(kind):
    image = torch.rand(1, 3, 45, 67, generator=torch.manual_seed(8))
    bare = images.encode(image, format=kind, quality=90)
    delivered = labels.write(bare, format=kind, source_kind="composite", job_id="1")

    loaded = images.read(delivered)

    assert torch.equal(loaded.image, plainly_read(delivered))


def test_a_lossless_webp_gives_back_a_photograph():
    levels = samples.photographs()[0].pixels
    image = torch.from_numpy(levels.copy()).permute(2, 0, 1)[None].float() / 255

    data = images.encode(image, format="webp", quality=100)

    assert np.array_equal(np.array(Image.open(io.BytesIO(data))), levels)
