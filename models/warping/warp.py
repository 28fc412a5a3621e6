"""A warp from the output's points to the garment's, by landmarks, in a form that can be stored.

Thin-plate splines (Bookstein 1989) bend as little as the landmarks allow; an affine warp is the
same without the bending, fitted by least squares. Points count from corners: (0, 0) is the upper
left corner of the first pixel, whose centre is (0.5, 0.5).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

Method = Literal["affine", "tps"]

LEAST_POINTS: dict[Method, int] = {"affine": 3, "tps": 4}
_LEAST_SPREAD = 0.05
_STRIP = 1 << 16


class Collinear(ValueError):
    """The landmarks lie on a line, or nearly: they say nothing of what is beside it."""


@dataclass(frozen=True, slots=True)
class Warp:
    """Where a point of the output comes from: q = affine · (1, p) + Σ weights · U(|p - control|).

    Here p is the output's point less `shift`, divided by `scale`; U(r) = r² ln r; q is in pixels
    of the garment.

    Attributes:
        shift: [2] float64, in pixels of the output, as all that follows.
        scale: of the output, one unit of p in pixels.
        affine: [2, 3] float64.
        control: [K, 2] float64, in units of p; K is 0 of an affine warp.
        weights: [K, 2] float64.
    """

    shift: Tensor
    scale: float
    affine: Tensor
    control: Tensor
    weights: Tensor

    def __call__(self, points: Tensor) -> Tensor:
        """[P, 2] of the output to [P, 2] of the garment, in float64."""
        strips = torch.split(points.double(), _STRIP)
        return torch.cat([self._at((one - self.shift) / self.scale) for one in strips])

    def jacobian(self, points: Tensor) -> Tensor:
        """[P, 2, 2]: row i is how the garment's coordinate i changes along the output's x and y."""
        strips = torch.split(points.double(), _STRIP)
        return torch.cat([self._slope((one - self.shift) / self.scale) for one in strips])

    def bending(self) -> float:
        """Root of the bending energy of both coordinates, in garment pixels; 0 if affine."""
        energy = self.weights.T @ _kernel(self.control, self.control) @ self.weights
        return float(energy.diagonal().sum().clamp_min(0).sqrt())

    def stored(self) -> dict[str, Any]:
        """As JSON holds it; every number to its last digit."""
        return {
            "kind": "tps" if len(self.control) else "affine",
            "shift": self.shift.tolist(),
            "scale": self.scale,
            "affine": self.affine.tolist(),
            "control": self.control.tolist(),
            "weights": self.weights.tolist(),
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Warp":
        """The warp that `stored` told of."""
        shift, affine = (torch.tensor(stored[key], dtype=torch.float64) for key in _FIXED)
        control, weights = (
            torch.tensor(stored[key], dtype=torch.float64).reshape(-1, 2) for key in _OF_EACH
        )
        return cls(shift, float(stored["scale"]), affine, control, weights)

    def _at(self, points: Tensor) -> Tensor:
        straight = self.affine[:, 0] + points @ self.affine[:, 1:].T
        return straight + _kernel(points, self.control) @ self.weights

    def _slope(self, points: Tensor) -> Tensor:
        apart = points[:, None] - self.control[None]
        square = apart.square().sum(2)
        # d/dp of r² ln r is (1 + 2 ln r) (p - c), which goes to 0 with r.
        grow = torch.where(square > 0, 1 + square.clamp_min(1e-300).log(), 0)
        bent = torch.einsum("pk,pkd,kc->pcd", grow, apart, self.weights)
        return (self.affine[:, 1:] + bent) / self.scale


_FIXED, _OF_EACH = ("shift", "affine"), ("control", "weights")


def fit(output: Tensor, garment: Tensor, *, method: Method, smoothing: float = 0.0) -> Warp:
    """The warp that takes the output's landmarks to the garment's.

    Args:
        output: [K, 2] in pixels; three or more for `affine`, four or more for `tps`.
        garment: [K, 2] in pixels.
        method: affine by least squares; a spline through every point.
        smoothing: 0 goes through each landmark; more bends less, in shares of the points' spread.

    Raises:
        Collinear: of either picture's landmarks, or several lie in one place.
    """
    here, there = output.double(), garment.double()
    shift, scale = here.mean(0), float((here - here.mean(0)).square().sum(1).mean().sqrt())
    _refuse_lines(here)
    _refuse_lines(there)
    points = (here - shift) / scale
    sides = torch.cat((torch.ones_like(points[:, :1]), points), dim=1)
    if method == "affine":
        affine = torch.linalg.lstsq(sides, there).solution.T
        return Warp(shift, scale, affine, points.new_zeros(0, 2), points.new_zeros(0, 2))
    solved = _spline(points, sides, there, smoothing)
    return Warp(shift, scale, solved[len(points) :].T, points, solved[: len(points)])


def _spline(points: Tensor, sides: Tensor, there: Tensor, smoothing: float) -> Tensor:
    count = len(points)
    system = points.new_zeros(count + 3, count + 3)
    system[:count, :count] = _kernel(points, points)
    system[:count, :count] += smoothing * torch.eye(count, dtype=points.dtype)
    system[:count, count:], system[count:, :count] = sides, sides.T
    solved, failed = torch.linalg.solve_ex(system, torch.cat((there, there.new_zeros(3, 2))))
    if bool(failed) or not bool(solved.isfinite().all()):
        raise Collinear("two landmarks lie in the same place")
    return solved


def _kernel(points: Tensor, control: Tensor) -> Tensor:
    """r² ln r between [P, 2] and [K, 2]; 0 where r is."""
    square = (points[:, None] - control[None]).square().sum(2)
    return 0.5 * square * square.clamp_min(1e-300).log()


def _refuse_lines(points: Tensor) -> None:
    """By their two principal spreads: a line has one only."""
    across = torch.linalg.svdvals(points - points.mean(0))
    if float(across[0]) == 0 or float(across[1] / across[0]) < _LEAST_SPREAD:
        raise Collinear("the landmarks lie on a line")
