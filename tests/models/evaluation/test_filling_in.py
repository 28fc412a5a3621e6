"""What fills holes is measured within them, beside Telea's method and what serves now."""

from typing import NoReturn

import pytest
import torch
from torch import Tensor

from models.data.image_set import ImageSet
from models.evaluation.contender import Contender
from models.evaluation.evaluate import evaluate
from models.networks.inpainter import Inpainter, InpainterConfig

CPU = torch.device("cpu")
COUNT, HELD_OUT, SIDE = 24, 8, 48


def _pictures() -> ImageSet:
    """Stripes of noise, which no smooth filling draws."""
    noise = torch.randint(
        60, 200, (COUNT, 3, SIDE, SIDE), generator=torch.Generator().manual_seed(0)
    ).byte()
    labels = torch.zeros(COUNT).long()
    return ImageSet("noise", noise, labels, ("any",), torch.arange(HELD_OUT), "CC0", "made")


class _Knowing(Inpainter):
    """Draws what was there, which it knows, with a share of the film left in."""

    def __init__(self, left: float) -> None:
        super().__init__(InpainterConfig(levels=(8, 8), dilations=(1,)))
        self.left = left
        self.real = _pictures().images[:HELD_OUT] / 255

    def fill(self, film: Tensor, hole: Tensor) -> Tensor:
        del hole
        return self.left * film + (1 - self.left) * self.real[: len(film)]


def _never(*_args: object) -> NoReturn:
    pytest.fail("an inpainter needs no judge")


def _found(left: float, incumbent: float | None = None):
    return evaluate(
        Contender(_Knowing(left), ("other",)),
        _pictures(),
        incumbent=None if incumbent is None else Contender(_Knowing(incumbent), ("more",)),
        teach=_never,
        device=CPU,
    )


def test_who_knows_what_was_there_is_as_near_as_can_be_and_has_all_its_detail() -> None:
    found = _found(0.0)

    assert (found.measure, found.baseline, found.pictures) == ("hole_nearness", "Telea's", HELD_OUT)
    assert found.value == 1.0
    assert found.scores["hole_l1"] == 0.0
    assert found.scores["hole_detail"] == pytest.approx(1.0)
    assert found.over_baseline.is_sure


def test_the_film_itself_is_near_and_smooth() -> None:
    found = _found(1.0)

    assert found.scores["hole_l1"] == pytest.approx(found.scores["hole_l1_film"], abs=0.002)
    assert found.scores["hole_detail"] < 0.5
    assert found.scores["hole_detail"] == pytest.approx(found.scores["hole_detail_film"], abs=0.1)


def test_what_serves_now_fills_the_same_holes() -> None:
    found = _found(0.0, incumbent=0.5)

    assert found.over_incumbent is not None
    assert found.over_incumbent.is_sure
