"""The linear code that a network must beat."""

import numpy as np
import pytest
import torch
from torch import Generator

from models.evaluation import components

DRAW = Generator().manual_seed(0)
PICTURES = torch.rand(60, 1, 6, 6, generator=DRAW)


def test_no_linear_code_of_that_length_has_a_smaller_error():
    flat = PICTURES.flatten(1).double().numpy()
    values = np.linalg.svd(flat - flat.mean(0), compute_uv=False)

    fitted = components.fit(PICTURES, count=8)
    kept = (PICTURES.flatten(1) - fitted.mean) @ fitted.directions.T
    rebuilt = kept @ fitted.directions + fitted.mean

    # Eckart and Young: the error is the sum of the squares of the singular values left out.
    error = (rebuilt - PICTURES.flatten(1)).square().sum().item()
    assert error == pytest.approx((values[8:] ** 2).sum(), rel=1e-4)


def test_with_as_many_directions_as_pictures_nothing_is_lost():
    few = PICTURES[:5]

    rebuilt = components.fit(few, count=64).rebuilt(few)

    assert rebuilt.shape == few.shape
    assert torch.allclose(rebuilt, few, atol=1e-5)


def test_what_comes_back_is_a_picture():
    fitted = components.fit(PICTURES, count=2)

    rebuilt = fitted.rebuilt(torch.rand(3, 1, 6, 6, generator=DRAW) * 3)

    assert rebuilt.min() >= 0
    assert rebuilt.max() <= 1


def test_of_very_many_numbers_some_pictures_are_enough(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(components, "MOST_NUMBERS", 36 * 10)

    fitted = components.fit(PICTURES, count=64)

    assert fitted.directions.shape == (10, 36)
