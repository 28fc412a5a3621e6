"""A warp is measured on held-out garments that are bent, beside the affine fit of the moments."""

from typing import NoReturn

import pytest
import torch
from torch import Generator, Tensor

from models.data.image_set import ImageSet
from models.data.tops import cut_out
from models.data.worn import bent, lying
from models.evaluation.contender import Contender
from models.evaluation.evaluate import evaluate
from models.evaluation.warping import SEED
from models.failures import CannotDo
from models.networks.warp import WarpConfig, WarpNet
from tests.runs import pictures

SMALL = WarpConfig(levels=(4, 8, 8, 8), width=8)


def _tops() -> ImageSet:
    sheet = torch.zeros(12, 1, 28, 28, dtype=torch.uint8)
    for row, one in enumerate(sheet):
        one[0, 5 : 24 - row % 3, 8:20] = 180
        one[0, 6 : 10 + row % 4, 2:26] = 140
    labels = torch.zeros(12, dtype=torch.int64)
    return ImageSet("t", cut_out(sheet), labels, ("top",), torch.arange(8, 12), "CC0", "made here")


class _Knowing(WarpNet):
    """Tells the true way, and so much beside it."""

    def __init__(self, off: float) -> None:
        super().__init__(SMALL)
        _, held_out = _tops().split()
        self.ways = bent(lying(held_out.images / 255), Generator().manual_seed(SEED)).ways + off

    def warp(self, garment: Tensor, mask: Tensor) -> Tensor:
        del mask
        return self.ways[: len(garment)]


def _never(*_args: object) -> NoReturn:
    pytest.fail("a warp needs no judge")


def _found(off: float, incumbent: float | None = None, images: ImageSet | None = None):
    return evaluate(
        Contender(_Knowing(off), ("other",)),
        images or _tops(),
        incumbent=None if incumbent is None else Contender(_Knowing(incumbent), ("more",)),
        teach=_never,
        device=torch.device("cpu"),
    )


def test_who_knows_the_ways_has_all_of_them() -> None:
    found = _found(0.0)

    assert (found.measure, found.pictures, found.scores["way_px"]) == ("way_nearness", 4, 0.0)
    assert found.value == 1
    assert found.scores["mask_iou"] > 0.97
    assert found.scores["way_px_affine"] > 1
    assert found.over_baseline.ahead > 0


def test_who_tells_worse_than_what_serves_is_behind() -> None:
    found = _found(0.1, incumbent=0.02)

    assert abs(found.scores["way_px"] - 0.1 * 2**0.5 * 96) < 0.05
    assert found.over_incumbent is not None
    assert found.over_incumbent.ahead < 0


def test_pictures_that_are_not_cut_out_measure_nothing() -> None:
    with pytest.raises(CannotDo) as refused:
        _found(0.0, images=pictures(channels=3))

    assert refused.value.code == "no_transparency"
