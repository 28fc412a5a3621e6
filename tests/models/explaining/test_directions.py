"""Directions agree with closed forms: of a known covariance, of a linear response, of two means."""

import numpy as np
import pytest
import torch

from models.explaining.directions import of_covariance, of_response, towards
from models.failures import CannotDo


def factor(seed: int, size: int = 6) -> torch.Tensor:
    """A Cholesky factor whose covariance has no two axes of one length."""
    drawn = torch.randn(size, size, generator=torch.Generator().manual_seed(seed)).double()
    covariance = drawn @ drawn.T + torch.diag(torch.arange(1.0, size + 1)).double()
    return torch.linalg.cholesky(covariance).float()


def test_the_directions_of_a_covariance_are_its_eigenvectors_a_deviation_long():
    scale = factor(1)

    found = of_covariance(scale, most=3)

    values, vectors = np.linalg.eigh((scale.double() @ scale.double().T).numpy())
    for number, step in enumerate(found.steps.numpy(), start=1):
        expected = vectors[:, -number] * np.sqrt(values[-number])
        assert np.abs(step) == pytest.approx(np.abs(expected), abs=1e-4)
    assert found.shares == pytest.approx(values[::-1][:3] / values.sum(), rel=1e-5)


def test_a_direction_points_the_same_way_whoever_computes_it():
    scale = factor(2)
    turned = torch.linalg.qr(torch.randn(6, 6))[0]

    found, again = (of_covariance(one, most=4).steps for one in (scale, scale @ turned))

    torch.testing.assert_close(found, again, atol=1e-4, rtol=1e-4)


def test_noise_that_a_layer_only_stretches_is_its_own_direction():
    """Of a response z · diag(3, 2, 1, …) the components are the axes; a step is the noise's own."""
    noise = torch.randn(4_000, 4, generator=torch.Generator().manual_seed(0))
    layer = torch.cat([torch.diag(torch.tensor([3.0, 2.0, 1.0, 0.5])), torch.zeros(4, 3)], dim=1)

    found = of_response(noise, noise @ layer, most=3)

    torch.testing.assert_close(found.steps, torch.eye(4)[:3], atol=0.05, rtol=0)
    assert found.shares == pytest.approx((9 / 14.25, 4 / 14.25, 1 / 14.25), abs=0.02)


def test_a_step_moves_the_response_by_one_deviation_along_its_component():
    noise = torch.randn(4_000, 8, generator=torch.Generator().manual_seed(3))
    layer = torch.randn(8, 16, generator=torch.Generator().manual_seed(4))
    response = noise @ layer

    found = of_response(noise, response, most=2)

    _, _, right = torch.linalg.svd(response - response.mean(0), full_matrices=False)
    sds = ((response - response.mean(0)) @ right[:2].T).std(0)
    moved = (found.steps @ layer @ right[:2].T).abs()
    torch.testing.assert_close(moved, torch.diag(sds), atol=0.05, rtol=0.02)


def test_the_way_between_two_means_is_measured_in_the_first_ones_spread():
    scale = torch.diag(torch.tensor([2.0, 0.5]))

    found, apart = towards(torch.tensor([1.0, 1.0]), torch.tensor([7.0, 1.0]), scale)

    assert found.steps.tolist() == [[2.0, 0.0]]
    assert apart == pytest.approx(3.0)


def test_a_way_to_where_it_begins_is_refused():
    mean = torch.ones(3)

    with pytest.raises(CannotDo, match="name another") as refused:
        towards(mean, mean, torch.eye(3))

    assert refused.value.code == "no_direction"
