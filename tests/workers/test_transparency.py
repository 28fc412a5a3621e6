"""What a picture with transparency is after each editing operation."""

from typing import Any, NoReturn

import pytest
import torch
from pydantic import TypeAdapter

from db.operations.union import AnyOperation
from models.images import Loaded
from workers.edit import Given, edit

PICTURE = "0190a0b0-0000-7000-8000-000000000000"
SIDE = 64

KEEPS: dict[str, dict[str, Any]] = {
    "denoise": {"engine": "classical", "sigma": 10.0},
    "recolor": {"to_hex": "#00a040"},
    "relight": {"exposure_ev": 0.5},
    "match_color": {"target": PICTURE},
    "stylize": {"style": PICTURE, "protect_product": False},
    "inpaint": {"mask": PICTURE},
}
ADDS: dict[str, dict[str, Any]] = {"shadow": {}, "outpaint": {"left": 8}, "upscale": {}}
LAYS_ON_A_GROUND: dict[str, dict[str, Any]] = {"background": {}, "place": {}}


def _cut_out() -> Loaded:
    """A textured block in the middle of nothing, with a rim that is covered in part."""
    torch.manual_seed(1)
    alpha = torch.zeros(1, 1, SIDE, SIDE)
    alpha[..., 15:49, 19:45] = 0.5
    alpha[..., 16:48, 20:44] = 1
    image = torch.rand(1, 3, SIDE, SIDE) * 0.5 * alpha + (1 - alpha)
    return Loaded(image, alpha)


def _edited(op: str, given: dict[str, Any]) -> torch.Tensor:
    def network(name: str) -> NoReturn:
        raise AssertionError(f"nothing here needs {name}")

    asked = {"op": op, "picture": PICTURE, **given}
    operation: Any = TypeAdapter(AnyOperation).validate_python(asked, strict=False)
    roles = {"picture": _cut_out(), "target": _cut_out(), "style": _cut_out()}
    mask = torch.zeros(1, 1, SIDE, SIDE)
    mask[..., 30:34, 30:34] = 1
    masks = {"mask": mask} if op == "inpaint" else {}
    return edit(operation, Given(roles, masks, network, seed=0)).images[0]


@pytest.mark.parametrize("op", KEEPS)
def test_a_cut_out_keeps_its_transparency(op: str) -> None:
    output = _edited(op, KEEPS[op])

    assert torch.equal(output[:, 3:], _cut_out().alpha)


@pytest.mark.parametrize("op", ADDS)
def test_what_grows_or_gets_a_shadow_is_transparent_around_it(op: str) -> None:
    output = _edited(op, ADDS[op])

    assert output.shape[1] == 4
    assert float(output[0, 3, 0, 0]) == 0


@pytest.mark.parametrize("op", LAYS_ON_A_GROUND)
def test_what_lays_it_on_a_ground_leaves_nothing_transparent(op: str) -> None:
    assert _edited(op, LAYS_ON_A_GROUND[op]).shape[1] == 3
