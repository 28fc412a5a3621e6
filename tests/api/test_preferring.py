"""What somebody will like: as the closed form says, told by an independent way."""

import numpy as np
import pytest

from api.preferring import NOISE, OWN, Opinions, expected


def _drawn(seed: int, rows: int, columns: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((rows, columns))


def _weights(known: Opinions, candidates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The posterior of both weights at once, by the normal equations of the primal form."""
    together = np.concatenate([candidates, known.vectors])
    scale = np.sqrt(((together - together.mean(0)) ** 2).sum(1).mean())
    seen, asked = ((one - together.mean(0)) / scale for one in (known.vectors, candidates))
    design = np.hstack([seen * known.of_segment[:, None], seen * known.of_shopper[:, None]])
    prior = np.diag(np.repeat([1.0, 1.0 / OWN], seen.shape[1]))
    covariance = np.linalg.inv(prior + design.T @ design / NOISE)
    mean = covariance @ design.T @ known.liked / NOISE
    both = np.hstack([asked, asked])
    return both @ mean, np.sqrt((both @ covariance * both).sum(1))


def test_it_agrees_with_the_primal_form() -> None:
    liked = np.array([1.0, -1, 1, 1, -1, 1])
    segment, shopper = np.array([1.0, 1, 1, 0, 1, 0]), np.array([0.0, 1, 0, 1, 1, 1])
    known, candidates = Opinions(_drawn(0, 6), liked, segment, shopper), _drawn(1, 4)

    told = expected(candidates, known, has_shopper=True)

    mean, deviation = _weights(known, candidates)
    assert told.mean == pytest.approx(mean, abs=1e-9)
    assert told.deviation == pytest.approx(deviation, abs=1e-9)


def test_a_shopper_of_whom_nothing_is_known_likes_what_the_segment_likes() -> None:
    ones, none = np.ones(5), np.zeros(5)
    known = Opinions(_drawn(0, 5), np.array([1.0, 1, -1, 1, -1]), ones, none)

    segment = expected(_drawn(1, 4), known, has_shopper=False)
    shopper = expected(_drawn(1, 4), known, has_shopper=True)

    assert shopper.mean == pytest.approx(segment.mean)
    assert (shopper.deviation > segment.deviation).all()


@pytest.mark.parametrize("rows", [1, 3])
def test_where_nothing_is_known_nothing_is_expected(rows: int) -> None:
    nothing = Opinions(np.empty((0, 5)), *(np.empty(0) for _ in range(3)))

    told = expected(_drawn(1, rows), nothing, has_shopper=True)

    assert told.mean.tolist() == [0.0] * rows


def test_the_same_picture_many_times_is_no_division_by_zero() -> None:
    same = np.tile(_drawn(0, 1), (3, 1))
    known = Opinions(same, np.array([1.0, -1, 1]), np.ones(3), np.zeros(3))

    told = expected(same[:2], known, has_shopper=False)

    assert np.isfinite(told.mean).all()
    assert told.mean == pytest.approx(0, abs=1e-9)
