"""A translator is measured by the pictures that were sketched, beside the nearest learnt one."""

from typing import NoReturn

import pytest
import torch
from torch import Tensor

from models.data.image_set import ImageSet
from models.evaluation.contender import Contender
from models.evaluation.evaluate import evaluate
from models.networks.translator import Translator, TranslatorConfig

CPU = torch.device("cpu")
NAMES = ("bag", "shoe")


class _Knowing(Translator):
    """Goes a share of the way from grey to the picture, which it knows by its sketch's place."""

    def __init__(self, real: Tensor, share: float, *, size: int = 32) -> None:
        super().__init__(TranslatorConfig(2, image_size=size, levels=(4, 4)))
        self.real = real
        self.share = share

    def translate(self, sketch: Tensor, label: Tensor) -> Tensor:
        del label
        return 0.5 + self.share * (self.real[: len(sketch)] - 0.5)


def _images() -> ImageSet:
    """Boxes of other colours at other places; the last six are where boxes 0 to 5 are, too."""
    images = torch.ones(18, 3, 32, 32)
    for number in range(18):
        top = 2 + number % 12
        images[number, :, top : top + 14, 6 : 20 + number % 3] = 0.05 * number
    labels, held_out = torch.arange(18) % 2, torch.arange(12, 18)
    return ImageSet("boxes", (images * 255).byte(), labels, NAMES, held_out, "CC0", "here")


def _real() -> Tensor:
    return _images().split()[1].images / 255


def _contender(share: float, *, size: int = 32) -> Contender[Translator]:
    return Contender(_Knowing(_real(), share, size=size), NAMES)


def _never(*_args: object) -> NoReturn:
    pytest.fail("a translator needs no judge")


def _found(candidate: Contender[Translator], incumbent: Contender[Translator] | None = None):
    return evaluate(candidate, _images(), incumbent=incumbent, teach=_never, device=CPU)


def test_the_baseline_is_the_training_picture_whose_lines_are_in_the_same_places():
    found = _found(_contender(0.5))

    learnt = _images().split()[0].images / 255
    error = (learnt[:6] - _real()).square().mean((1, 2, 3))
    expected = (-10 * error.log10()).mean().item()
    assert (found.measure, found.pictures) == ("psnr_db", 6)
    assert found.baseline == "the training picture with the nearest edges"
    assert found.over_baseline.other == pytest.approx(expected, abs=0.01)


def test_who_knows_the_pictures_beats_it_and_who_draws_grey_does_not():
    assert _found(_contender(0.99)).beats_baseline
    assert not _found(_contender(0.0)).beats_baseline


def test_categories_and_similarity_are_told():
    found = _found(_contender(0.9))

    assert {name: one.pictures for name, one in found.categories.items()} == {"bag": 3, "shoe": 3}
    assert found.scores["ssim"] > 0.8
    assert 0 < found.scores["ssim_nearest"] < 1


def test_what_serves_is_compared_on_the_same_sketches():
    better, worse = _contender(0.9), _contender(0.4)

    assert _found(better, worse).beats_incumbent
    assert _found(worse, better).beats_incumbent is False


def test_what_serves_pictures_of_another_size_cannot_be_compared():
    found = _found(_contender(0.9), _contender(0.5, size=64))

    assert (
        found.unlike
        == "what serves is for 64 pixels and 3 channels, this for 32 pixels and 3 channels"
    )
    assert found.beats_incumbent is None
