"""A label map is read by its colours, and what it does not say clearly is refused."""

import pytest
import torch
from torch import Tensor

from models.data import label_maps, palette
from models.editing.translate_labels import translate_labels
from models.failures import CannotDo
from models.images import Loaded
from models.made import Made

CATEGORIES = 12
KNOWN = palette.colours(CATEGORIES).float() / 255


def drawn(category: int, *, side: int = 64, detail: bool = True) -> Tensor:
    """[1, 3, side, side]: a box of a category, its upper quarter the detail."""
    sheet = KNOWN[0][None, :, None, None].expand(1, 3, side, side).clone()
    low, high, quarter = side // 4, side * 3 // 4, side * 3 // 8
    for region, (top, bottom) in enumerate(((quarter, high), (low, quarter))):
        row = palette.label_for(category, region if detail else 0)
        sheet[..., top:bottom, low:high] = KNOWN[row][None, :, None, None]
    return sheet


class _Network:
    """Answers white with black where any region is, and keeps what it was given."""

    def __call__(self, told: Tensor, label: Tensor) -> Tensor:
        self.told, self.label = told, label
        return told.amin(1, keepdim=True).expand(-1, 3, -1, -1)


def made(sheet: Tensor, *, label: int | None = None, network: _Network | None = None) -> Made:
    return translate_labels(
        Loaded(sheet, None),
        label=label,
        categories=CATEGORIES,
        network=network or _Network(),
        size=64,
    )


def refused(sheet: Tensor, *, label: int | None = None) -> CannotDo:
    with pytest.raises(CannotDo) as caught:
        made(sheet, label=label)
    return caught.value


@pytest.mark.parametrize("category", [0, 3, 11])
def test_the_map_says_category_and_regions(category: int) -> None:
    network = _Network()

    found = made(drawn(category), network=network)

    assert network.label.tolist() == [category] == [found.report["label"]]
    assert (1 - network.told).flatten(2).sum(2).tolist() == [[24 * 32, 8 * 32]]
    assert found.asked is not None
    assert torch.equal(found.asked, 1 - network.told.amin(1, keepdim=True))


@pytest.mark.parametrize("side", [32, 64, 200, 1100])
def test_maps_of_any_size_are_read_the_same(side: int) -> None:
    whole, other = _Network(), _Network()

    made(drawn(4, side=64), network=whole)
    made(drawn(4, side=side), network=other)

    assert (whole.told - other.told).abs().mean() < 0.02


def test_a_map_that_was_painted_from_regions_is_read_back_as_those() -> None:
    told = torch.ones(1, 2, 64, 64)
    told[:, 0, 10:50, 10:50], told[:, 1, 50:55, 8:52] = 0, 0
    network = _Network()

    made(palette.painted(told, torch.tensor([7])), network=network)

    assert torch.equal(network.told, told)


def test_a_map_that_is_not_square_stands_on_more_ground() -> None:
    network = _Network()

    made(drawn(2)[..., 8:56, :], network=network)

    assert (1 - network.told).flatten(2).sum(2).tolist() == [[24 * 32, 8 * 32]]


def test_colours_a_little_off_are_the_palette_s() -> None:
    noise = (torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)) - 0.5) * 16 / 255
    network = _Network()

    made((drawn(5) + noise).clamp(0, 1), network=network)

    assert network.label.tolist() == [5]


@pytest.mark.parametrize("grey", [0.1, 0.9, 1.0])
def test_a_picture_that_is_no_map_is_refused(grey: float) -> None:
    found = refused(torch.full((1, 3, 64, 64), grey))

    assert found.code == "labels_unknown"
    assert "100%" in str(found)


def test_a_category_beyond_the_palette_is_unknown() -> None:
    sheet = drawn(3)
    beyond = palette.colours(CATEGORIES + 1)[-1] / 255
    sheet[..., 40:48, 16:48] = beyond[None, :, None, None]

    assert refused(sheet).code == "labels_unknown"


def test_two_categories_in_one_map_are_refused_by_their_labels() -> None:
    sheet = drawn(3)
    sheet[..., :, 32:] = drawn(6)[..., :, 32:]

    found = refused(sheet)

    assert found.code == "labels_mixed"
    assert "[3, 6]" in str(found)


def test_an_order_of_another_category_than_the_map_s_is_refused() -> None:
    assert made(drawn(3), label=3).report["label"] == 3
    assert refused(drawn(3), label=4).code == "labels_mixed"


def test_ground_alone_is_nothing_to_draw() -> None:
    assert refused(torch.zeros(1, 3, 64, 64)).code == "labels_empty"


def test_what_is_too_small_at_the_network_s_size_is_nothing_to_draw() -> None:
    sheet = torch.zeros(1, 3, 512, 512)
    sheet[..., 100, 100] = KNOWN[1]

    assert refused(sheet).code == "labels_empty"


def test_the_network_hears_as_many_regions_as_the_maps_have() -> None:
    network = _Network()

    made(drawn(1, detail=False), network=network)

    assert network.told.shape == (1, len(label_maps.REGIONS), 64, 64)
    assert bool(network.told[:, 1].all())
