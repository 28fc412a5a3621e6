"""A long lens on a product: where it stands, and how it fills the frame."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

FIELD_OF_VIEW_DEG = 24.0
"""As an 85 mm lens sees: product photographs avoid the distortion of a shorter one."""


@dataclass(frozen=True, slots=True)
class View:
    """From where the product is seen; azimuth 0 is its front, positive steps to the right.

    `fill` is the share of the frame that its longer side takes, `shift` moves it from the middle:
    right and up, in half frames. Where it `turns`, it is as large from every side: what is fitted
    is all that it sweeps.
    """

    azimuth_deg: float = 30.0
    elevation_deg: float = 18.0
    fill: float = 0.86
    shift: tuple[float, float] = (0.0, 0.0)
    turns: bool = False


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the camera stands, how it is turned and its clip matrix [4, 4].

    `level` holds the rows right, up, back of a camera on that side that does not tilt: the
    studio's lamps stand in it.
    """

    position: Matrix
    level: Matrix
    clip: Matrix


def frame(points: NDArray[np.floating], view: View) -> Camera:
    """The camera that sees all `points` [P, 3], the longer side filling `view.fill`."""
    low, high = points.min(0), points.max(0)
    centre, radius = (low + high) / 2, float(np.linalg.norm(high - low)) / 2
    axes = look(view.azimuth_deg, view.elevation_deg)
    distance = radius / np.sin(np.radians(FIELD_OF_VIEW_DEG / 2))
    position = centre + axes[2] * distance
    clip = _perspective(distance - radius * 1.05, distance + radius * 1.05) @ _view(axes, position)
    fitted = _swept(points, centre) if view.turns else points
    return Camera(position, look(view.azimuth_deg, 0.0), _fit(clip, fitted, view) @ clip)


def look(azimuth_deg: float, elevation_deg: float) -> Matrix:
    """Right, up and back of a camera on that side of the product; y is up, z its front."""
    azimuth, elevation = np.radians((azimuth_deg, elevation_deg))
    level, up = np.cos(elevation), np.sin(elevation)
    back = np.array([np.sin(azimuth) * level, up, np.cos(azimuth) * level])
    right = np.array([np.cos(azimuth), 0.0, -np.sin(azimuth)])
    return np.stack([right, np.cross(back, right), back])


def towards(direction: Matrix) -> Matrix:
    """The axes of something far away in `direction` that looks back at the product."""
    x, y, z = direction
    return look(float(np.degrees(np.arctan2(x, z))), float(np.degrees(np.arcsin(y))))


def orthographic(axes: Matrix, radius: float) -> Matrix:
    """A clip matrix that holds the sphere around 0: what a far lamp in direction `axes[2]` sees."""
    return np.diag([1 / radius, 1 / radius, -1 / radius, 1.0]) @ _view(axes, np.zeros(3))


def _swept(points: NDArray[np.floating], centre: Matrix) -> Matrix:
    """All points [P, 3] at 24 turns about the upright axis through the centre: [24 · P, 3]."""
    turns = np.radians(np.arange(0, 360, 15))
    cos, sin, nought = np.cos(turns), np.sin(turns), np.zeros_like(turns)
    rows = ((cos, nought, sin), (nought, nought + 1, nought), (-sin, nought, cos))
    about = np.array(rows).transpose(2, 0, 1)
    return np.concatenate([(points - centre) @ turn.T + centre for turn in about])


def _view(axes: Matrix, position: Matrix) -> Matrix:
    view = np.eye(4)
    view[:3, :3] = axes
    view[:3, 3] = -axes @ position
    return view


def _perspective(near: float, far: float) -> Matrix:
    matrix = np.diag([1.0, 1.0, (near + far) / (near - far), 0.0])
    matrix[2, 3], matrix[3, 2] = 2 * near * far / (near - far), -1.0
    return matrix


def _fit(clip: Matrix, points: NDArray[np.floating], view: View) -> Matrix:
    """Shifts and scales the picture plane, so that perspective stays as it is."""
    homogeneous = np.c_[points, np.ones(len(points))] @ clip.T
    plane = homogeneous[:, :2] / homogeneous[:, 3:]
    low, high = plane.min(0), plane.max(0)
    scale = 2 * view.fill / float(max((high - low).max(), 1e-9))
    fit = np.diag([scale, scale, 1.0, 1.0])
    fit[:2, 3] = np.array(view.shift) - scale * (low + high) / 2
    return fit
