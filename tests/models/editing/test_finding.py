"""A product that a network finds: in a bounded view, and held against the classical engine."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from models.editing.cutout import cutout
from models.failures import CannotDo
from models.matting import matte
from models.matting.learned import VIEW_SIDE, finder
from models.metrics import lost_share
from models.metrics.agreement import iou
from models.networks.matte import MatteConfig, MatteNet
from models.precision import agreement_db
from tests.tiny import dark_is_product

Shot = tuple[Tensor, Tensor]


def _says(alpha: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda _view: alpha


def test_the_matte_is_the_networks_and_the_second_opinion_the_classical(white_shot: Shot):
    image, truth = white_shot

    found = finder(_says(truth))(image)

    assert iou(found.alpha, truth).item() > 0.99
    assert torch.equal(found.independent, (matte.find(image).alpha > 0.5).float())
    assert found.report["engine"] == "network"
    assert matte.find(image).report["engine"] == "classical"


def test_a_mug_whose_handle_a_network_drops_does_not_certify_itself(white_shot: Shot):
    image, truth = white_shot
    body = truth.clone()
    body[..., 158:] = 0

    whole, handleless = (finder(_says(one))(image) for one in (truth, body))

    assert iou(whole.alpha, whole.independent).item() > 0.99
    assert iou(handleless.alpha, handleless.independent).item() < 0.91
    assert lost_share.lost_share(image, whole.alpha).item() <= lost_share.LIMIT
    assert lost_share.lost_share(image, handleless.alpha).item() > lost_share.LIMIT


def test_what_a_network_sees_is_bounded_and_its_matte_as_large_as_the_picture():
    sides: list[int] = []
    image = torch.ones(1, 3, 900, 2400)
    image[..., 300:600, 900:1500] = 0.1

    def network(view: Tensor) -> Tensor:
        sides.extend(view.shape[2:])
        return dark_is_product().matte(view)

    with torch.inference_mode():
        found = finder(network)(image)

    assert max(sides) == VIEW_SIDE
    assert iou(found.alpha, (image[:, :1] < 0.5).float()).item() > 0.95


def test_where_only_the_network_finds_a_product_colours_are_the_second_opinion():
    image = torch.full((1, 3, 64, 64), 0.5)
    alpha = torch.zeros(1, 1, 64, 64)
    alpha[..., 20:40, 20:40] = 1

    found = finder(_says(alpha))(image)

    assert found.alpha.sum() > 300
    assert found.independent.sum() == 0


def test_what_a_network_is_sure_of_is_solid(white_shot: Shot):
    image, truth = white_shot

    alpha = finder(_says(truth * 0.98 + 0.01))(image).alpha

    assert alpha[..., 110, 110] == 1
    assert alpha[..., 5, 5] == 0


def test_a_box_is_looked_into_by_the_network(white_shot: Shot):
    image, truth = white_shot
    twice = torch.cat((image, image), dim=3)

    made = cutout(
        twice,
        threshold=0.5,
        feather_px=0,
        box=(240, 0, 480, 240),
        decontaminate=False,
        find=finder(_says(truth)),
    )

    assert made.images[0][:, 3:, :, :240].sum() == 0
    assert iou(made.images[0][:, 3:, :, 240:], truth).item() > 0.99


@pytest.mark.parametrize(
    ("side", "level", "code"), [(64, 0.0, "no_product_found"), (64, 1.0, "no_product_found"),
    (12, 0.5, "image_too_small")],
)  # fmt: skip
def test_what_no_product_is_found_in_has_a_code(side: int, level: float, code: str):
    image = torch.rand(1, 3, side, side)

    with pytest.raises(CannotDo) as refused:
        finder(_says(torch.full((1, 1, side, side), level)))(image)

    assert refused.value.code == code


def test_half_precision_says_nearly_the_same():
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = MatteNet(MatteConfig()).eval()
    view = torch.rand(1, 3, 128, 96, generator=torch.Generator().manual_seed(1))

    with torch.inference_mode():
        exact = network.matte(view)
        with torch.autocast("cpu", torch.bfloat16):
            half = network.matte(view).float()

    assert agreement_db(exact, half) > 35
