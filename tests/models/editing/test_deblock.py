"""What JPEG added goes, the picture stays."""

import pytest
import torch

from models.data.spoiling import compressed
from models.editing.deblock import deblock
from models.editing.mending import Mender
from models.failures import CannotDo
from models.layers.tiling import Tiling
from models.metrics.jpeg import UNSEEN_QUALITY, jpeg_quality
from models.metrics.psnr import psnr_db
from models.networks.denoiser import Denoiser, DenoiserConfig
from tests.photographed import photograph


@pytest.fixture(scope="module")
def clean() -> torch.Tensor:
    """[1, 3, 240, 320] of a real photograph."""
    return photograph(240, 320)


def seen(clean: torch.Tensor, quality: int) -> torch.Tensor:
    return compressed(clean, [quality], [True])


def mended(image: torch.Tensor, **changes):
    return deblock(image, **{"quality": None, "strength": 1.0} | changes)


@pytest.mark.parametrize("quality", [10, 20, 40, 75])
def test_the_quality_is_found_and_the_picture_is_nearer_to_what_it_was(clean, quality):
    image = seen(clean, quality)

    made = mended(image)

    assert abs(made.report["quality"] - quality) <= 4
    assert psnr_db(made.images[0], clean) > psnr_db(image, clean) + 0.1


def test_what_the_first_pass_cut_off_at_black_and_white_does_not_hide_it():
    harsh = ((photograph(240, 320) - 0.5) * 2 + 0.5).clamp(0, 1)

    assert jpeg_quality(seen(harsh, 10)) == 10
    assert jpeg_quality(harsh) == UNSEEN_QUALITY


def test_white_around_a_product_says_nothing_of_its_quality():
    white = torch.ones(1, 3, 480, 640)
    white[..., 120:360, 160:480] = photograph(240, 320)

    assert jpeg_quality(seen(white, 20)) == 20
    assert jpeg_quality(white) == UNSEEN_QUALITY


def test_a_picture_that_was_no_jpeg_is_left_alone(clean):
    made = mended(clean)

    assert made.report["quality"] == UNSEEN_QUALITY
    assert torch.equal(made.images[0], clean)


def test_whose_blocks_were_moved_is_left_alone_unless_one_is_told(clean):
    moved = seen(clean, 20)[..., 3:, 5:].contiguous()

    assert jpeg_quality(moved) > 60
    told = mended(moved, quality=20)
    assert psnr_db(told.images[0], clean[..., 3:, 5:]) > psnr_db(moved, clean[..., 3:, 5:])


def test_grey_pictures_and_transparent_ones_keep_their_kind(clean):
    image = seen(clean, 20)
    alpha = torch.ones(1, 1, *image.shape[2:])
    alpha[..., :40] = 0

    grey = mended(image[:, :1])
    cut_out = mended(image, quality=20, alpha=alpha)

    assert grey.images[0].shape == (1, 1, 240, 320)
    assert cut_out.images[0].shape == (1, 4, 240, 320)
    assert torch.equal(cut_out.images[0][:, 3:], alpha)
    assert (cut_out.images[0][:, :3, :, :40] == 1).all()


def test_tiles_leave_no_seams(clean):
    image = seen(photograph(1100, 560), 15)

    from models.editing.deblock import shifted_mean

    whole = shifted_mean(15)(image)
    assert psnr_db(mended(image, quality=15).images[0], whole) > 60


def test_half_the_strength_goes_half_the_way_and_none_nowhere(clean):
    image = seen(clean, 20)

    whole, half, none = (mended(image, quality=20, strength=s) for s in (1.0, 0.5, 0.0))

    torch.testing.assert_close(half.images[0], (image + whole.images[0]) / 2)
    assert torch.equal(none.images[0], image)


def test_a_network_is_told_how_much_there_is(clean):
    told = []

    def network(x, strength):
        told.append(strength.tolist())
        return x * 0.5

    made = mended(seen(clean, 20), quality=20, mender=Mender(network, Tiling(8, 56)))

    assert set(map(tuple, told)) == {(80.0,)}
    assert made.report["engine"] == "network"


def test_what_is_too_small_is_refused():
    with pytest.raises(CannotDo, match="16 pixels"):
        mended(torch.rand(1, 3, 15, 40))


def test_a_network_that_takes_jpeg_away_says_so():
    assert Denoiser(DenoiserConfig(widths=(4, 8), takes="jpeg")).takes == "jpeg"
