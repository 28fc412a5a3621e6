"""Whether a mask deserves the proof that rests on it."""

import torch
from torch import Tensor

from models.metrics import lost_share as lost
from models.metrics import mask_uncertainty as uncertainty
from models.metrics.edge_band import edge_band_diff

SIDE = 100


def mug() -> tuple[Tensor, Tensor, Tensor]:
    """A red mug on white: the picture, its true mask, and one without the handle."""
    whole = torch.zeros(1, 1, SIDE, SIDE)
    whole[..., 30:70, 30:60] = 1
    body = whole.clone()
    whole[..., 40:60, 60:75] = 1
    whole[..., 45:55, 60:70] = 0
    red = torch.tensor([0.8, 0.1, 0.1]).view(1, 3, 1, 1)
    return red * whole + (1 - whole), whole, body


def test_a_whole_mask_loses_nothing() -> None:
    picture, whole, _ = mug()

    assert float(lost.lost_share(picture, whole)) == 0


def test_a_mask_that_drops_the_handle_is_beyond_its_limit() -> None:
    picture, _, body = mug()

    share = float(lost.lost_share(picture, body))

    assert share > lost.LIMIT


def test_a_large_picture_is_measured_on_a_view() -> None:
    picture, _, body = (torch.nn.functional.interpolate(one, scale_factor=9) for one in mug())

    assert float(lost.lost_share(picture, body)) > lost.LIMIT


def test_a_ground_of_many_colours_is_no_ground_to_measure_against() -> None:
    _, _, body = mug()
    torch.manual_seed(0)

    assert lost.lost_share(torch.rand(1, 3, SIDE, SIDE), body).isnan().all()


def test_a_mask_over_everything_leaves_nothing_to_lose() -> None:
    picture, _, _ = mug()

    assert float(lost.lost_share(picture, torch.ones(1, 1, SIDE, SIDE))) == 0


def test_a_sharp_mask_is_sure_and_a_fog_is_not() -> None:
    _, whole, _ = mug()
    fog = torch.nn.functional.avg_pool2d(whole, 21, 1, 10)

    sure, unsure = (float(uncertainty.mask_uncertainty(one)) for one in (whole, fog))

    assert sure == 0
    assert unsure > uncertainty.LIMIT


def test_a_mask_without_an_edge_has_no_uncertainty() -> None:
    assert float(uncertainty.mask_uncertainty(torch.ones(1, 1, SIDE, SIDE))) == 0


def test_a_halo_shows_in_the_band_and_nothing_elsewhere_does() -> None:
    picture, whole, _ = mug()
    halo, elsewhere = picture.clone(), picture.clone()
    halo[..., 29, 30:60] = 0.5
    elsewhere[..., 5, 5] = 0

    assert float(edge_band_diff(picture, picture, whole)) == 0
    assert float(edge_band_diff(halo, picture, whole)) > 1
    assert float(edge_band_diff(elsewhere, picture, whole)) == 0
