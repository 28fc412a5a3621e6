"""An upscaler is measured by brightness alone, beside bicubic."""

from typing import NoReturn

import pytest
import torch
from torch import Generator, Tensor

from models.data.image_set import ImageSet
from models.evaluation.contender import Contender
from models.evaluation.evaluate import evaluate
from models.metrics.quantised import quantised
from models.metrics.y_psnr import y_psnr_db
from models.networks.upscaler import Upscaler, UpscalerConfig

CPU = torch.device("cpu")


class _Knowing(Upscaler):
    """Goes a share of the way from bicubic to the large picture, which it knows."""

    def __init__(self, large: Tensor, share: float, *, scale: int) -> None:
        super().__init__(UpscalerConfig(scale, width=2, depth=0))
        self.large = large
        self.share = share

    def upscale(self, x: Tensor) -> Tensor:
        bicubic = super().upscale(x)
        return bicubic + self.share * (self.large - bicubic)


def _images() -> ImageSet:
    draw = Generator().manual_seed(1)
    blocks = torch.rand(18, 3, 8, 9, generator=draw)
    pictures = torch.nn.functional.interpolate(blocks, scale_factor=5.0)[..., :33]
    names, held_out = ("bag", "shoe"), torch.arange(12, 18)
    return ImageSet(
        "blocks", (pictures * 255).byte(), torch.arange(18) % 2, names, held_out, "CC0", "here"
    )


def _large() -> Tensor:
    return _images().split()[1].images[..., :32] / 255  # 33 columns are no multiple of 2 or 4


def _never(*_args: object) -> NoReturn:
    pytest.fail("an upscaler needs no judge")


def _contender(share: float, *, scale: int = 2) -> Contender[Upscaler]:
    return Contender(_Knowing(_large(), share, scale=scale), ("photograph",))


@pytest.mark.parametrize("scale", [2, 4])
def test_untrained_it_is_neither_ahead_of_bicubic_nor_behind(scale: int):
    found = evaluate(
        _contender(0.0, scale=scale), _images(), incumbent=None, teach=_never, device=CPU
    )

    assert (found.measure, found.baseline, found.pictures) == ("y_psnr_db", "bicubic", 6)
    assert found.over_baseline.other == pytest.approx(found.value, abs=0.01)
    assert not found.beats_baseline


def test_the_numbers_are_those_of_what_it_makes_of_smaller_pictures():
    network = _contender(0.8)

    found = evaluate(network, _images(), incumbent=None, teach=_never, device=CPU)

    halves = torch.nn.functional.interpolate(
        _large(), scale_factor=0.5, mode="bicubic", antialias=True
    )
    with torch.inference_mode():
        made = quantised(network.network.upscale(quantised(halves)))
    assert found.value == pytest.approx(y_psnr_db(made, _large(), border=2).mean().item(), abs=1e-3)
    assert found.beats_baseline
    assert {name: one.pictures for name, one in found.categories.items()} == {"bag": 3, "shoe": 3}
    assert found.scores["ssim"] > 0.5


def test_what_serves_is_compared_if_it_enlarges_as_much():
    better, worse = _contender(0.8), _contender(0.3)

    assert evaluate(better, _images(), incumbent=worse, teach=_never, device=CPU).beats_incumbent
    assert (
        evaluate(worse, _images(), incumbent=better, teach=_never, device=CPU).beats_incumbent
        is False
    )


def test_what_serves_another_scale_cannot_be_compared():
    found = evaluate(
        _contender(0.8), _images(), incumbent=_contender(0.5, scale=4), teach=_never, device=CPU
    )

    assert found.unlike == "what serves enlarges ×4, this ×2"
    assert found.beats_incumbent is None
