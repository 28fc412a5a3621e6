"""A stored vector's mirror image is the vector of the mirrored picture, as the studio makes it."""

import numpy as np
import torch
from torch import Tensor

from api.mirrored import both_ways
from models.data import samples
from models.recognition.embed import RECIPE, embed


def test_columns_and_directions_change_places_as_the_recipe_has_them() -> None:
    shot = torch.tensor(samples.photographs()[0].pixels).permute(2, 0, 1)[None] / 255
    # Nothing but structure can tell the two apart.
    made = [embed(one, features=_mean, size=32, channels=3) for one in (shot, shot.flip(-1))]

    plain, mirrored = both_ways(f"{RECIPE}:any", made[0].numpy())

    assert np.array_equal(plain, made[0].numpy())
    assert np.dot(mirrored, made[1].numpy()) > 0.9999
    assert np.dot(plain, made[1].numpy()) < 0.95


def _mean(image: Tensor) -> Tensor:
    return image.mean((2, 3))


def test_of_another_recipe_nothing_is_guessed() -> None:
    vector = np.ones(400, np.float32)

    assert both_ways("look-2:any", vector).shape == (1, 400)
    assert both_ways("look-1:any", vector[:100]).shape == (1, 100)
