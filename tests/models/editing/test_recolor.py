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
