"""A colour changes, its light and shade stay, and nothing else moves by a bit."""

import pytest
import torch

from models import oklab
from models.editing.recolor import recolor
from models.failures import CannotDo

RED, BLUE, GREEN = (190, 40, 30), (41, 82, 191), (30, 140, 60)


def recoloured(image, **changes):
    asked = {"to_rgb": RED, "from_rgb": None, "mask": None, "keep_luminance": True, "strength": 1.0}
    return recolor(image, **asked | changes)


def test_outside_the_edit_mask_every_bit_stays(shot):
    image, truth = shot

    made = recoloured(image, mask=truth)

    outside = made.edit_mask[0, 0] == 0
    assert outside.any()
    assert torch.equal(made.images[0][0, :, outside], image[0, :, outside])
    assert not torch.equal(made.images[0], image)


@pytest.mark.parametrize("to_rgb", [RED, GREEN, (128, 128, 128), (255, 255, 0)])
def test_lightness_is_kept(white_shot, to_rgb):
    image, truth = white_shot

    made = recoloured(image, mask=(truth == 1).float(), to_rgb=to_rgb)

    inside = truth[0, 0] == 1
    before, after = (oklab.from_rgb(x)[0, 0, inside] for x in (image, made.images[0]))
    assert (before - after).abs().max() < 0.01


def test_the_typical_colour_becomes_the_target(white_shot):
    image, truth = white_shot

    made = recoloured(image, mask=truth, keep_luminance=False)

    assert made.report["delta_e_after"] < 8 < made.report["delta_e_before"]


def test_only_the_colour_named_changes(white_shot):
    image, _ = white_shot

    made = recoloured(image, from_rgb=BLUE)

    label = (..., slice(95, 105), slice(90, 130))
    assert torch.equal(made.images[0][label], image[label])
    assert torch.equal(made.images[0][..., :30, :30], image[..., :30, :30])
    body = made.images[0][0, :, 150, 110]
    assert body[0] > body[2] + 0.1


def test_a_grey_can_be_dyed_while_white_stays_white():
    image = torch.ones(1, 3, 40, 40)
    image[..., 10:30, 10:30] = 0.5

    made = recoloured(image, from_rgb=(128, 128, 128), to_rgb=BLUE)

    assert made.images[0][0, 2, 20, 20] > made.images[0][0, 0, 20, 20] + 0.2
    assert torch.equal(made.images[0][..., :9], image[..., :9])


def test_no_strength_changes_nothing_to_be_seen(white_shot):
    image, truth = white_shot

    made = recoloured(image, mask=truth, strength=0.0)

    torch.testing.assert_close(made.images[0], image)


def test_oklab_comes_back():
    image = torch.rand(1, 3, 30, 30)

    torch.testing.assert_close(oklab.to_rgb(oklab.from_rgb(image)), image, atol=2e-4, rtol=0)


def test_a_colour_beyond_the_screen_is_paler_but_as_light():
    vivid = torch.tensor([0.6, 0.4, 0.3]).view(1, 3, 1, 1)

    shown = oklab.to_rgb(vivid)

    assert shown.min() >= 0
    assert shown.max() <= 1
    assert oklab.from_rgb(shown)[0, 0].item() == pytest.approx(0.6, abs=0.01)


def test_a_colour_that_is_not_there_is_an_error(white_shot):
    with pytest.raises(CannotDo) as caught:
        recoloured(white_shot[0], from_rgb=(255, 0, 255))

    assert caught.value.code == "mask_empty"


@pytest.fixture
def cut_out(white_shot):
    """A picture over white, and its alpha with a rim that is covered in part."""
    image, truth = white_shot
    alpha = (truth > 0.5).float()
    alpha = torch.where(torch.nn.functional.max_pool2d(alpha, 5, 1, 2) > alpha, 0.5, alpha)
    return image * alpha + (1 - alpha), alpha


def test_what_is_cut_out_stays_so(cut_out):
    image, alpha = cut_out

    output = recoloured(image, alpha=alpha).images[0]

    assert torch.equal(output[:, 3:], alpha)
    assert (output[:, :3] == 1).all(dim=1, keepdim=True)[alpha == 0].all()


def test_the_rim_of_a_cut_out_is_recoloured_as_much_as_its_inside(cut_out):
    image, alpha = cut_out
    even = torch.tensor(BLUE).view(1, 3, 1, 1) / 255 * torch.ones_like(image)

    output = recoloured(even * alpha + (1 - alpha), alpha=alpha).images[0]

    inside, rim = ((alpha == share)[0, 0] for share in (1, 0.5))
    difference = output[0, :3, inside].mean(1) - output[0, :3, rim].mean(1)
    assert difference.abs().max() < 1e-3


def test_a_mask_leaves_the_rest_of_a_cut_out_as_it_is(cut_out):
    image, alpha = cut_out
    mask = torch.zeros_like(alpha)
    mask[..., : alpha.shape[2] // 2, :] = 1

    made = recoloured(image, alpha=alpha, mask=mask)

    lower = (..., slice(alpha.shape[2] // 2, None), slice(None))
    over_white = made.images[0][:, :3] * alpha + (1 - alpha)
    assert torch.allclose(over_white[lower], image[lower], atol=1e-6)
    assert torch.equal(made.edit_mask, ((mask > 0) & (alpha > 0)).float())
