"""Several operations in one job, and the proof of what the product went through."""

from typing import Any, NoReturn

import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor

from db.operations.pipeline import Pipeline
from models.images import Loaded
from models.made import Made
from models.metrics.psnr import psnr_db
from workers.edit import Given
from workers.pipeline import pipeline

PICTURE = "0190a0b0-0000-7000-8000-000000000000"


def shoe() -> Tensor:
    """[1, 3, 64, 64]: a textured product on an even ground."""
    torch.manual_seed(1)
    image = torch.full((1, 3, 64, 64), 0.92)
    image[..., 16:48, 20:44] = torch.rand(1, 3, 32, 24) * 0.5
    return image


def run(*steps: dict[str, Any], image: Tensor | None = None, keep_steps: bool = False) -> Made:
    def network(name: str) -> NoReturn:
        raise AssertionError(f"no step needs {name}")

    asked = {"op": "pipeline", "picture": PICTURE, "steps": steps, "keep_steps": keep_steps}
    operation = TypeAdapter(Pipeline).validate_python(asked, strict=False)
    loaded = Loaded(shoe() if image is None else image, None)
    return pipeline(operation, Given({"picture": loaded}, {}, network, seed=0))


def proof(made: Made) -> float:
    assert made.expected_product is not None
    return float(psnr_db(made.images[-1][:, :3], made.expected_product, mask=made.product_mask))


def test_a_product_that_is_only_moved_is_proven_through_every_move() -> None:
    made = run({"op": "background"}, {"op": "place", "width": 96, "height": 128})

    assert made.images[0].shape == (1, 3, 128, 96)
    assert proof(made) > 45


def test_a_step_that_changes_the_product_counts_against_it() -> None:
    made = run({"op": "recolor", "to_hex": "#00a040"}, {"op": "background"})

    assert proof(made) < 30


def test_two_moves_are_one_matrix() -> None:
    up, placed = run({"op": "upscale"}), run({"op": "place", "width": 96, "height": 96})
    both = run({"op": "upscale"}, {"op": "place", "width": 96, "height": 96})

    assert up.placement == (2.0, 0.0, 0.0, 0.0, 2.0, 0.0)
    assert placed.placement is not None
    assert both.placement == pytest.approx(placed.placement, abs=0.5)


def test_each_steps_picture_is_delivered_when_asked() -> None:
    made = run({"op": "background"}, {"op": "upscale"}, keep_steps=True)

    assert [tuple(image.shape[-2:]) for image in made.images] == [(64, 64), (128, 128)]


def test_what_a_cutout_made_transparent_stays_the_mask_of_the_next_step() -> None:
    made = run({"op": "cutout"}, {"op": "background", "rgb": [0, 255, 0]})

    assert made.images[0][0, :, 2, 2].tolist() == [0, 1, 0]


@pytest.mark.parametrize("after", [{"op": "upscale"}, {"op": "denoise", "engine": "classical"}])
def test_what_was_cut_out_stays_transparent(after: dict[str, Any]) -> None:
    made = run({"op": "cutout"}, after)

    assert made.images[0].shape[1] == 4
    assert float(made.images[0][0, 3, 2, 2]) == 0


def test_a_shadow_leaves_the_products_proof_as_it_was() -> None:
    made = run({"op": "background"}, {"op": "shadow"}, {"op": "place", "width": 96, "height": 128})

    assert proof(made) > 45


def test_the_shadow_of_a_cut_out_falls_on_the_ground_that_comes_after() -> None:
    plain = run({"op": "cutout"}, {"op": "background", "rgb": [0, 255, 0]})
    shaded = run({"op": "cutout"}, {"op": "shadow"}, {"op": "background", "rgb": [0, 255, 0]})

    darker = (plain.images[0] - shaded.images[0])[0, 1]
    assert darker[47:50, 32].max() > 0.2
    assert proof(shaded) > 45
