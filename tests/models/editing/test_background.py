"""The product comes onto another colour as it was."""

import pytest
import torch

from models import images
from models.editing.background import background
from models.failures import CannotDo
from models.metrics.mask import erode
from models.metrics.psnr import psnr_db
from models.plates.plate import drawn, graded, out_of_focus, pictured, plain, swept


def test_in_a_png_the_product_is_the_sources_exactly(shot):
    image, _ = shot

    made = background(image, plates=[plain((20, 200, 90))], mask=None)

    delivered = images.read(images.encode(made.images[0], format="png")).image
    proof = psnr_db(delivered, made.expected_product, mask=erode(made.product_mask, 2))
    assert proof.item() == torch.inf


def test_everything_else_is_the_colour_asked_for(white_shot):
    image, truth = white_shot

    made = background(image, plates=[plain((20, 200, 90))], mask=None)

    far = erode(1 - truth, 6)[0, 0] > 0
    levels = (made.images[0][0, :, far] * 255).round()
    assert levels.T.unique(dim=0).tolist() == [[20, 200, 90]]


@pytest.mark.parametrize("rgb", [(0, 0, 0), (20, 200, 90)])
def test_no_rim_of_the_old_backdrop_is_left(white_shot, rgb):
    image, truth = white_shot

    output = background(image, plates=[plain(rgb)], mask=truth).images[0]

    rim = (truth[0, 0] > 0.1) & (truth[0, 0] < 0.9)
    assert output[0, 0, rim].quantile(0.95) < 0.25  # the mug is blue, the old backdrop white


def plates():
    return {
        "plain": plain((20, 200, 90)),
        "graded": graded(((255, 255, 255), (10, 20, 90)), angle_deg=90),
        "swept": swept((240, 230, 220), horizon=None, light=0.6),
        "out of focus": out_of_focus(None),
        "pictured": pictured(torch.rand(1, 3, 50, 90)),
    }


@pytest.mark.parametrize("kind", plates())
def test_before_any_ground_the_product_is_the_sources_exactly(shot, kind):
    image, truth = shot

    made = background(image, plates=[plates()[kind]], mask=truth)

    delivered = images.read(images.encode(made.images[0], format="png")).image
    proof = psnr_db(delivered, made.expected_product, mask=erode(made.product_mask, 2))
    assert proof.item() == torch.inf
    assert made.images[0].shape == image.shape


@pytest.mark.parametrize("kind", plates())
def test_a_cut_outs_hidden_colours_show_nowhere(kind):
    alpha = torch.zeros(1, 1, 60, 60)
    alpha[..., 20:40, 25:35] = 1
    image = torch.where(alpha > 0, torch.tensor([0.5, 0.1, 0.1]).view(1, 3, 1, 1), 1.0)

    made = background(image, plates=[plates()[kind]], mask=alpha)

    assert made.images[0].shape[1] == 3
    assert torch.equal(made.images[0][0, :, 30, 30], image[0, :, 30, 30])


@pytest.mark.parametrize("kind", plates())
@pytest.mark.parametrize("size", [(8, 8), (9, 40), (40, 8)])
def test_a_tiny_picture_gets_its_ground_too(kind, size):
    mask = torch.zeros(1, 1, *size)
    mask[..., 3:6, 3:6] = 1

    made = background(torch.rand(1, 3, *size), plates=[plates()[kind]], mask=mask)

    assert made.images[0].isfinite().all()


def test_the_floor_of_a_studio_ends_behind_the_products_foot():
    mask = torch.zeros(1, 1, 200, 200)
    mask[..., 60:160, 80:120] = 1

    own = background(
        torch.rand(1, 3, 200, 200), plates=[swept((250,) * 3, horizon=None, light=1.0)], mask=mask
    )
    told = background(
        torch.rand(1, 3, 200, 200), plates=[swept((250,) * 3, horizon=0.71, light=1.0)], mask=mask
    )

    torch.testing.assert_close(own.images[0][..., :70], told.images[0][..., :70])


def test_a_mask_of_everything_leaves_no_ground():
    with pytest.raises(CannotDo) as caught:
        background(
            torch.rand(1, 3, 20, 20), plates=[plain((0, 0, 0))], mask=torch.ones(1, 1, 20, 20)
        )

    assert caught.value.code == "mask_full"


def test_several_grounds_are_each_as_one_alone_with_a_proof_of_its_own():
    image, mask = torch.rand(1, 3, 60, 80), torch.zeros(1, 1, 60, 80)
    mask[..., 20:40, 20:60] = 1
    mask[..., 18:20, 20:60] = 0.5  # an edge, where the grounds shine through
    grounds = [drawn(None, seed=seed) for seed in (5, 6, 7)]

    made = background(image, plates=grounds, mask=mask, keeps_plate=True)

    alone = [background(image, plates=[one], mask=mask, keeps_plate=True) for one in grounds]
    assert len(made.images) == len(made.parts) == 3
    for number, one in enumerate(alone):
        assert torch.equal(made.images[number], one.images[0])
        assert torch.equal(made.parts[number].images[0], one.images[0])
        assert torch.equal(made.parts[number].stages["plate"], one.stages["plate"])
    assert not torch.equal(made.images[0], made.images[1])
    assert torch.equal(made.images[2][..., 20:40, 20:60], image[..., 20:40, 20:60])
