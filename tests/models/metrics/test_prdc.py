"""Precision, recall, density and coverage are their definitions, and say which half is missing."""

import numpy as np
import pytest
import torch

from models.metrics import nearest
from models.metrics.prdc import Prdc, prdc


def normal(rows: int, columns: int = 3, *, seed: int = 0) -> torch.Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))


def written_out(real: np.ndarray, samples: np.ndarray, k: int) -> Prdc:
    """A row at a time, as the papers define them."""

    def apart(x, y):
        return np.sqrt(((x - y) ** 2).sum())

    def reach(rows):
        return [sorted(apart(one, other) for other in rows)[k] for one in rows]

    real_reach, reach_of = reach(real), reach(samples)
    holds = np.array(
        [[apart(x, y) <= r for y in samples] for x, r in zip(real, real_reach, strict=True)]
    )
    could = [any(apart(x, y) <= r for y, r in zip(samples, reach_of, strict=True)) for x in real]
    return Prdc(
        precision=np.mean([holds[:, j].any() for j in range(len(samples))]),
        recall=np.mean(could),
        density=holds.sum() / (k * len(samples)),
        coverage=np.mean([row.any() for row in holds]),
    )


@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.0), (1.0, 0.5), (0.0, 3.0)])
@pytest.mark.parametrize("distances", [40, 1 << 20])
def test_it_is_the_definition_written_out(monkeypatch, k, shift, scale, distances):
    monkeypatch.setattr(nearest, "_DISTANCES", distances)
    real, samples = normal(60), scale * normal(45, seed=1) + shift

    found = prdc(real, samples, k=k)

    wanted = written_out(real.double().numpy(), samples.double().numpy(), k)
    assert (found.precision, found.recall) == pytest.approx((wanted.precision, wanted.recall))
    assert (found.density, found.coverage) == pytest.approx((wanted.density, wanted.coverage))


def test_equal_sets_overlap_wholly():
    a = normal(200)

    # Each ball holds its own row and five others, so a row lies in six balls on average.
    assert prdc(a, a.flip(0)) == Prdc(1.0, 1.0, pytest.approx(6 / 5), 1.0)


def test_sets_that_share_no_place_do_not_overlap():
    assert prdc(normal(50), normal(50) + 100) == Prdc(0.0, 0.0, 0.0, 0.0)


def test_half_of_the_kinds_dropped_is_half_of_recall_and_coverage():
    kept, dropped = normal(100), normal(100, seed=1) + 100

    found = prdc(torch.cat([kept, dropped]), kept)

    assert found == Prdc(1.0, 0.5, pytest.approx(6 / 5), 0.5)


def test_two_sets_of_one_kind_have_a_density_of_about_one():
    found = prdc(normal(2000), normal(2000, seed=1))

    assert found.density == pytest.approx(1, abs=0.05)
    # Naeem et al.: 1 - (N - 1)…(N - k) / (2N - 1)…(2N - k), whatever the distribution.
    assert found.coverage == pytest.approx(1 - 1 / 2**5, abs=0.02)


def test_one_picture_many_times_covers_next_to_nothing():
    real = normal(300)

    found = prdc(real, real[:1].expand(300, -1))

    assert found.precision == 1
    assert found.recall == pytest.approx(1 / 300)
    assert found.coverage < 0.1


def test_as_many_rows_as_neighbours_are_too_few():
    with pytest.raises(ValueError, match="at least 6 rows"):
        prdc(normal(5), normal(50))
