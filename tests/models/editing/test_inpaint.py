"""What a mask covers goes; everything else stays exactly as it was."""

import cv2
import numpy as np
import pytest
import torch

from models.editing.inpaint import inpaint, reaching
from models.failures import CannotDo


def ground(height: int = 80, width: int = 100) -> torch.Tensor:
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    return torch.stack((0.6 + 0.3 * x, 0.8 - 0.2 * y, 0.7 + 0.1 * x * y))[None]


def with_spot(image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A dark spot on it, and the spot's mask."""
    mask = torch.zeros_like(image[:, :1])
    mask[..., 30:50, 40:62] = 1
    return torch.where(mask > 0, 0.1, image), mask


def test_a_spot_on_an_even_ground_goes() -> None:
    image, mask = with_spot(ground())

    made = inpaint(image, mask=mask, dilate_px=2, feather_px=2)

    assert (made.images[0] - ground()).abs().max() < 0.02


def test_it_is_nearer_to_what_was_there_than_telea() -> None:
    torch.manual_seed(0)
    clean = (ground() + torch.randn(1, 3, 80, 100) * 0.02).clamp(0, 1)
    image, mask = with_spot(clean)

    made = inpaint(image, mask=mask, dilate_px=0, feather_px=0)

    levels = image[0].permute(1, 2, 0).mul(255).round().byte().numpy()
    told = cv2.inpaint(levels, mask[0, 0].byte().numpy(), 3, cv2.INPAINT_TELEA)
    telea = torch.from_numpy(np.array(told)).permute(2, 0, 1)[None] / 255
    error = [((one - clean).abs() * mask).sum() for one in (made.images[0], telea)]
    assert error[0] < error[1]


def test_every_pixel_outside_the_edit_mask_stays_bit_for_bit() -> None:
    image = torch.rand(1, 3, 80, 100)
    _, mask = with_spot(image)

    made = inpaint(image, mask=mask, dilate_px=3, feather_px=4)

    assert made.edit_mask is not None
    kept = (made.edit_mask == 0).expand_as(image)
    assert torch.equal(made.images[0][kept], image[kept])
    assert made.edit_mask.sum() > mask.sum()
    assert made.edit_mask[..., 30 - 8, 50] == 0
    assert made.edit_mask[..., 30 - 7, 50] == 1


@pytest.mark.parametrize(("dilate_px", "feather_px"), [(0, 0), (3, 0), (0, 5), (4, 2)])
def test_the_edge_reaches_as_far_as_was_asked(dilate_px: int, feather_px: int) -> None:
    covered = torch.zeros(1, 1, 1, 60, dtype=torch.bool)
    covered[..., 20:30] = True

    weight = reaching(covered, dilate_px=dilate_px, feather_px=feather_px)[0, 0, 0]

    assert (weight == 1).nonzero().flatten().tolist() == list(range(20 - dilate_px, 30 + dilate_px))
    whole = dilate_px + feather_px
    assert (weight > 0).nonzero().flatten().tolist() == list(range(20 - whole, 30 + whole))


def test_a_neighbouring_hole_is_nothing_to_draw_from() -> None:
    clean = torch.full((1, 3, 60, 90), 0.8)
    mask = torch.zeros(1, 1, 60, 90)
    mask[..., 20:40, 20:40] = mask[..., 20:40, 42:62] = 1
    image = torch.where(mask > 0, 0.0, clean)

    made = inpaint(image, mask=mask, dilate_px=0, feather_px=0)

    torch.testing.assert_close(made.images[0], clean)
    assert made.report["holes"] == 2


def test_very_many_specks_are_filled_as_one() -> None:
    clean = torch.full((1, 3, 60, 60), 0.4)
    mask = torch.zeros(1, 1, 60, 60)
    mask[..., ::4, ::4] = 1

    made = inpaint(torch.where(mask > 0, 1.0, clean), mask=mask, dilate_px=0, feather_px=0)

    torch.testing.assert_close(made.images[0], clean)
    assert made.report["holes"] == 1


@pytest.mark.parametrize(
    ("value", "code"), [(0.0, "mask_empty"), (1.0, "mask_full")], ids=["empty", "full"]
)
def test_a_mask_of_nothing_or_of_everything_is_refused(value: float, code: str) -> None:
    with pytest.raises(CannotDo) as caught:
        inpaint(ground(), mask=torch.full((1, 1, 80, 100), value), dilate_px=0, feather_px=0)

    assert caught.value.code == code


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(CannotDo) as caught:
        inpaint(ground(), mask=torch.ones(1, 1, 80, 99), dilate_px=0, feather_px=0)

    assert caught.value.code == "mask_size_mismatch"


def test_transparency_stays_and_lends_no_white() -> None:
    alpha = torch.zeros(1, 1, 80, 100)
    alpha[..., 10:70, 20:80] = 1
    colour = torch.full((1, 3, 80, 100), 0.3)
    mask = torch.zeros(1, 1, 80, 100)
    mask[..., 30:50, 10:40] = 1
    image = torch.where(mask > 0, 0.9, colour) * alpha + (1 - alpha)

    output = inpaint(image, mask=mask, dilate_px=1, feather_px=1, alpha=alpha).images[0]

    assert torch.equal(output[:, 3:], alpha)
    assert ((output[:, :3] - 0.3).abs() * alpha).max() < 1e-3


def test_where_all_around_is_transparent_the_rest_of_the_product_is_drawn_from() -> None:
    alpha = torch.zeros(1, 1, 80, 200)
    alpha[..., 30:50, 5:25] = alpha[..., 30:50, 170:190] = 1
    mask = torch.zeros(1, 1, 80, 200)
    mask[..., 25:55, 170:190] = 1
    image = torch.where(mask > 0, 0.9, 0.3).expand(1, 3, 80, 200) * alpha + (1 - alpha)

    output = inpaint(image, mask=mask, dilate_px=0, feather_px=0, alpha=alpha).images[0]

    assert ((output[:, :3] - 0.3).abs() * alpha).max() < 1e-3


@pytest.mark.parametrize("size", [(8, 8), (1, 40), (40, 1)])
def test_a_tiny_picture_and_a_line_are_filled(size: tuple[int, int]) -> None:
    mask = torch.zeros(1, 1, *size)
    mask[..., -1:, -1:] = 1

    made = inpaint(torch.full((1, 3, *size), 0.5), mask=mask, dilate_px=1, feather_px=1)

    torch.testing.assert_close(made.images[0], torch.full((1, 3, *size), 0.5))


def test_what_draws_texture_is_asked_for_the_hole_and_changes_nothing_else() -> None:
    image, mask = with_spot(ground())
    seen = []

    def draw(film: torch.Tensor, hole: torch.Tensor) -> torch.Tensor:
        seen.append((film, hole))
        return torch.where(hole, 0.25, film)

    made = inpaint(image, mask=mask, dilate_px=0, feather_px=0, draw=draw)

    ((film, hole),) = seen
    assert film.shape[2:] == hole.shape[2:]
    assert int(hole.sum()) == int(mask.sum())
    assert torch.equal(made.images[0], torch.where(mask > 0, 0.25, image))
