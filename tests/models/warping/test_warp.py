"""A spline goes through its landmarks, an affine warp as near as it can; both can be stored."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.interpolate import RBFInterpolator

from models.warping.warp import Collinear, Warp, fit

HERE = torch.tensor([[10, 12], [90, 8], [14, 95], [88, 99], [50, 40], [30, 70]]).double()
THERE = torch.tensor([[3, 5], [70, 9], [1, 80], [77, 71], [44, 30], [20, 60]]).double()
ANYWHERE = torch.rand(50, 2, generator=torch.Generator().manual_seed(3)).double() * 120


def test_a_spline_goes_through_every_landmark() -> None:
    assert torch.allclose(fit(HERE, THERE, method="tps")(HERE), THERE, atol=1e-8)


def test_a_spline_is_the_one_that_scipy_finds() -> None:
    other = RBFInterpolator(HERE.numpy(), THERE.numpy(), kernel="thin_plate_spline", degree=1)

    found = fit(HERE, THERE, method="tps")(ANYWHERE)

    assert np.allclose(found.numpy(), other(ANYWHERE.numpy()), atol=1e-6)


def test_an_affine_warp_is_the_least_squares_one() -> None:
    sides = np.c_[np.ones(len(HERE)), HERE.numpy()]
    known = np.linalg.lstsq(sides, THERE.numpy(), rcond=None)[0]

    found = fit(HERE, THERE, method="affine")(ANYWHERE)

    assert np.allclose(found.numpy(), np.c_[np.ones(50), ANYWHERE.numpy()] @ known, atol=1e-8)


def test_an_affine_change_bends_nothing() -> None:
    turned = HERE @ torch.tensor([[0.8, 0.3], [-0.2, 1.1]]).double() + 7

    spline = fit(HERE, turned, method="tps")

    assert spline.bending() < 1e-6
    assert torch.allclose(spline(ANYWHERE), fit(HERE, turned, method="affine")(ANYWHERE))


@pytest.mark.parametrize("method", ["affine", "tps"])
def test_a_warp_that_was_stored_as_json_is_the_same(method) -> None:
    warp = fit(HERE, THERE, method=method)

    again = Warp.of(json.loads(json.dumps(warp.stored())))

    assert torch.equal(again(ANYWHERE), warp(ANYWHERE))


@pytest.mark.parametrize("method", ["affine", "tps"])
def test_slopes_are_those_of_small_steps(method) -> None:
    warp, step = fit(HERE, THERE, method=method), 1e-4
    by_steps = torch.stack(
        [
            (warp(ANYWHERE + move) - warp(ANYWHERE - move)) / (2 * step)
            for move in step * torch.eye(2)
        ],
        dim=2,
    )

    assert torch.allclose(warp.jacobian(ANYWHERE), by_steps, atol=1e-5)


@pytest.mark.parametrize("method", ["affine", "tps"])
def test_landmarks_on_a_line_give_no_warp(method) -> None:
    line = torch.tensor([[0, 0], [10, 10], [20, 20], [30, 30]])

    with pytest.raises(Collinear, match="on a line"):
        fit(line, THERE[:4], method=method)
    with pytest.raises(Collinear, match="on a line"):
        fit(HERE[:4], line, method=method)


def test_two_landmarks_in_one_place_give_no_spline() -> None:
    twice = torch.cat((HERE, HERE[:1]))

    with pytest.raises(Collinear, match="same place"):
        fit(twice, torch.cat((THERE, THERE[:1] + 5)), method="tps")


@pytest.mark.parametrize("method", ["affine", "tps"])
def test_the_pages_few_lines_recompute_a_stored_warp(method) -> None:
    page = (Path(__file__).parents[3] / "docs/try-on.md").read_text()
    (lines,) = re.findall(r"(?ms)^```py\n(.*?)^```", page)
    named: dict = {}
    exec(lines, named)  # noqa: S102 — our own page
    warp = fit(HERE, THERE, method=method)
    stored = json.loads(json.dumps(warp.stored()))

    found = [named["source"](stored, *point) for point in ANYWHERE.tolist()]

    assert np.allclose(found, warp(ANYWHERE).numpy(), atol=1e-8)
