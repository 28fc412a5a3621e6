"""A translator is measured by the pictures that were sketched, beside the nearest learnt one."""

from typing import NoReturn

import pytest
import torch
from torch import Tensor

from models.data.image_set import ImageSet
from models.evaluation.contender import Contender
from models.evaluation.evaluate import evaluate
from models.failures import CannotDo
from models.networks.translator import Source, Translator, TranslatorConfig

CPU = torch.device("cpu")
NAMES = ("bag", "shoe")


class _Knowing(Translator):
    """Goes a share of the way from grey to the picture, which it knows by its sketch's place."""

    def __init__(
        self, real: Tensor, share: float, *, size: int = 32, source: Source = "edges"
    ) -> None:
        super().__init__(TranslatorConfig(2, image_size=size, levels=(4, 4), source=source))
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


def _mapped() -> ImageSet:
    """The boxes with their maps: all body, and white ground."""
    plain = _images()
    body = (plain.images.amin(1, keepdim=True) < 255).to(torch.uint8) * 255
    carried = torch.cat([plain.images, body, torch.zeros_like(body)], dim=1)
    return ImageSet("boxes", carried, plain.labels, NAMES, plain.validation, "CC0", "here")


def _of_maps(share: float) -> Contender[Translator]:
    return Contender(_Knowing(_real(), share, source="labels"), NAMES)


def test_of_maps_it_is_told_how_much_of_the_product_is_where_it_was_asked_for():
    good, grey = (
        evaluate(_of_maps(share), _mapped(), incumbent=None, teach=_never, device=CPU)
        for share in (1.0, 0.0)
    )

    assert good.baseline == "the training picture with the nearest label map"
    assert good.beats_baseline
    assert good.scores["label_iou"] == good.scores["label_iou_real"] == 1.0
    assert grey.scores["label_iou"] == pytest.approx(14 * 15 / 32**2, rel=0.1)  # all is no ground
    assert "label_iou" not in _found(_contender(0.9)).scores


def test_one_that_draws_from_maps_is_not_compared_with_one_that_draws_from_edges():
    found = evaluate(_of_maps(0.9), _mapped(), incumbent=_contender(0.5), teach=_never, device=CPU)

    assert found.unlike == "what serves draws from edges, this from labels"
    assert found.beats_incumbent is None


def test_pictures_without_maps_cannot_measure_it():
    with pytest.raises(CannotDo) as caught:
        evaluate(_of_maps(0.9), _images(), incumbent=None, teach=_never, device=CPU)

    assert caught.value.code == "no_transparency"
