"""What is drawn follows the sketch, whoever drew it and however large."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from models.data.sketches import sketched, steady
from models.editing.translate import lines, translate
from models.failures import CannotDo
from models.images import Loaded
from models.metrics.psnr import psnr_db
from models.networks.translator import Translator, TranslatorConfig

S = 32


def drawing(side: int = 320, width: int = 6, paper: float = 0.95, ink: float = 0.1) -> Tensor:
    """A square drawn with strokes of this width."""
    image = torch.full((1, 3, side, side), paper)
    low, high = side // 4, 3 * side // 4
    image[..., low:high, low:high] = ink
    image[..., low + width : high - width, low + width : high - width] = paper
    return image


def network(categories: int = 3, channels: int = 3) -> Translator:
    torch.manual_seed(1)
    return Translator(TranslatorConfig(categories, channels, S, levels=(8, 8, 16))).eval()


def translated(image: Tensor, **changes):
    asked = {
        "kind": "sketch",
        "label": 1,
        "categories": 3,
        "network": network().translate,
        "size": S,
        "channels": 3,
    }
    return translate(Loaded(image, None), **asked | changes)


@pytest.mark.parametrize(
    ("side", "width"), [(320, 2), (320, 12), (32, 1), (900, 9), (20, 1)], ids=str
)
def test_strokes_become_lines_of_about_one_pixel_whatever_their_width(side, width):
    sketch = lines(drawing(side, width), size=S)

    assert sketch.shape == (1, 1, S, S)
    assert set(sketch.unique().tolist()) == {0.0, 1.0}
    assert 40 <= (sketch == 0).sum() <= 140


@pytest.mark.parametrize(("paper", "ink"), [(1.0, 0.0), (0.8, 0.3), (0.9, 0.5)])
def test_paper_need_not_be_white_nor_ink_black(paper, ink):
    assert torch.equal(
        lines(drawing(paper=paper, ink=ink), size=S), lines(drawing(paper=1.0, ink=0.0), size=S)
    )


def test_what_is_not_square_lies_in_the_middle():
    wide = functional.pad(drawing(64), (64, 64, 0, 0), value=0.95)

    sketch = lines(wide, size=S)

    rows = (sketch == 0)[0, 0].any(1).nonzero()
    assert rows.min() + rows.max() == pytest.approx(S - 1, abs=2)


def test_it_is_as_large_as_the_network_draws_and_the_same_each_time():
    first, again = translated(drawing()), translated(drawing())

    assert first.images[0].shape == (1, 3, S, S)
    assert torch.equal(first.images[0], again.images[0])
    assert first.expected is None
    assert first.report["label"] == 1


def test_a_photograph_is_drawn_from_its_edges_and_is_its_own_reference():
    photograph = drawing(S)

    made = translated(photograph, kind="photograph")

    assert torch.equal(made.stages["sketch"], sketched(photograph, steady(1)))
    assert made.expected is not None
    assert psnr_db(made.expected, photograph) > 60


def test_without_a_category_the_one_stays_that_drew_what_was_sketched():
    sketch = lines(drawing(), size=S)

    def only_the_last_listens(given: Tensor, labels: Tensor) -> Tensor:
        blank = torch.ones_like(given).expand(-1, 3, -1, -1)
        listens = (labels == 2)[:, None, None, None]
        return torch.where(listens, given.expand(-1, 3, -1, -1), blank)

    made = translated(drawing(), label=None, network=only_the_last_listens)

    assert made.report["label"] == 2
    assert torch.equal(made.images[0], sketch.expand(-1, 3, -1, -1))


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_an_empty_sheet_has_a_code(value):
    with pytest.raises(CannotDo) as caught:
        translated(torch.full((1, 3, 40, 40), value))

    assert caught.value.code == "sketch_empty"
