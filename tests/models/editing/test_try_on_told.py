"""`try_on` by a warp that a network tells: the same proofs as by landmarks, and what is refused."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from models.data.figures import Cloth, Cut, flat, person
from models.editing.try_on import Said, try_on
from models.failures import CannotDo
from models.images import Loaded
from models.warping.carried import carry
from models.warping.frames import grid
from models.warping.told import Teller
from models.warping.warp import Warp

SIZE = 128
POSE = Cut(top=0.28, hem=0.62, half=0.14, flare=0.95, sleeve=0.16, cuff=0.035, angle_deg=45)
BODY, WORN = person(Cloth((0.3, 0.5, 0.4), (0.3, 0.5, 0.42)), POSE, size=SIZE)
GARMENT, COVERED = flat(Cloth(stripes=2.0), size=SIZE, cut=replace(POSE, top=0.3, hem=0.64))


def _as_it_lies(garment: Tensor, _mask: Tensor) -> Tensor:
    return grid().expand(len(garment), -1, -1)


def _to_the_right(garment: Tensor, mask: Tensor) -> Tensor:
    return _as_it_lies(garment, mask) + torch.tensor((0.2, 0.0))


def _turned_over(garment: Tensor, mask: Tensor) -> Tensor:
    # Symmetric, so that the mirror has nothing to say of it.
    return _as_it_lies(garment, mask) * torch.tensor((1.0, -1.0))


def _elsewhere(garment: Tensor, mask: Tensor) -> Tensor:
    return _as_it_lies(garment, mask) * 1.6


def _tried(network=_as_it_lies, said=None):
    return try_on(
        Loaded(BODY, None),
        Loaded(GARMENT, COVERED),
        method=Teller(network),
        shading=0.5,
        said=said or Said(clothes=WORN),
    )


@pytest.fixture(scope="module")
def made():
    return _tried()


def test_the_garment_goes_where_the_network_tells(made) -> None:
    assert made.report["landmarks"] == "told"
    assert made.report["points"] == 25
    assert made.report["told_apart_px"] < 0.01
    assert made.report["clothes_iou"] > 0.9


def test_the_stored_warp_gives_the_same_colours_again(made) -> None:
    stored = made.details[0]["warp"]

    again = carry(GARMENT, COVERED, Warp.of(stored), height=SIZE, width=SIZE)

    inside = (made.product_mask > 0).expand(-1, 3, -1, -1)
    assert stored["kind"] == "tps"
    assert len(stored["control"]) == 25
    assert torch.equal(again.colours[inside], made.expected_product[inside])


def test_what_the_garment_does_not_cover_stays_bit_for_bit(made) -> None:
    outside = (made.edit_mask <= 0).expand(-1, 3, -1, -1)

    assert torch.equal(made.images[0][outside], BODY[outside])


def test_clothes_are_found_where_no_mask_is_sent() -> None:
    assert _tried(said=Said()).report["person_agreement"] is not None


@pytest.mark.parametrize(
    ("network", "says"),
    [(_to_the_right, "mirror"), (_turned_over, "turned over"), (_elsewhere, "fill")],
)
def test_what_a_network_tells_wrongly_is_refused(network, says: str) -> None:
    with pytest.raises(CannotDo, match=says) as refused:
        _tried(network)

    assert refused.value.code == "pose_unclear"


def test_large_pictures_are_told_as_small_ones() -> None:
    seen = []

    def looks(garment: Tensor, mask: Tensor) -> Tensor:
        seen.append(mask)
        return _as_it_lies(garment, mask)

    large = torch.nn.functional.interpolate(WORN, scale_factor=6)
    for mask in (WORN, large):
        Teller(looks)(mask, GARMENT, COVERED)

    assert float((seen[0] - seen[2]).abs().mean()) < 0.02
