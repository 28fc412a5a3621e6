"""What a render needs before and after graphics: placing, sorting, averages with alpha."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.data.camera import View
from models.data.catalogue import RGBA, Entry, Model
from models.data.wavefront import Floats, Part


@dataclass(frozen=True, slots=True)
class Detail:
    """How much work a picture gets.

    Attributes:
        supersample: shaded points per pixel side.
        lamps: more of them give softer shadows.
        shadow_px: side of what each lamp sees.
    """

    supersample: int = 3
    lamps: int = 40
    shadow_px: int = 512


def placed(model: Model) -> tuple[Part, ...]:
    """The parts turned as the catalogue says, the product's centre at 0, its longest side 1.

    Its own proportions are kept: some libraries give sizes from before the turn.
    """
    turn = np.array(model.rotation, np.float32).reshape(3, 3)
    points = np.concatenate([part.corners[:, :3] for part in model.parts]) @ turn.T
    low, high = points.min(0), points.max(0)
    scale = float(1 / max((high - low).max(), 1e-9))
    return tuple(_moved(part, turn, (low + high) / 2, scale) for part in model.parts)


def view_of(entry: Entry) -> View:
    """From where an entry is seen: flat clothes from above, or they are paper edges."""
    return View(azimuth_deg=0.0, elevation_deg=80.0) if entry.lies_flat else View()


def sorted_from(corners: Floats, eye: NDArray[np.float64]) -> Floats:
    """Triangles from far to near, as glass must be drawn."""
    triangles = corners.reshape(-1, 3, 8)
    distance = np.linalg.norm(triangles[:, :, :3].mean(1) - eye, axis=1)
    return triangles[np.argsort(-distance)].reshape(-1, 8)


def premultiplied(pixels: RGBA) -> RGBA:
    """Colour times alpha: what may be averaged without dark or white fringes."""
    alpha = pixels[:, :, 3:].astype(np.float32) / 255
    colour = (pixels[:, :, :3] * alpha).round().astype(np.uint8)
    return np.concatenate([colour, pixels[:, :, 3:]], axis=2)


def downsampled(pixels: RGBA, factor: int) -> RGBA:
    """The average over squares of a premultiplied image, given back with straight alpha."""
    height, width = pixels.shape[0] // factor, pixels.shape[1] // factor
    squares = pixels.reshape(height, factor, width, factor, 4)
    mean = squares.mean(axis=(1, 3), dtype=np.float32)
    colour, alpha = mean[:, :, :3], mean[:, :, 3:]
    colour = np.divide(colour * 255, alpha, out=np.zeros_like(colour), where=alpha > 0)
    return np.concatenate([colour, alpha], axis=2).clip(0, 255).round().astype(np.uint8)


def linear(colour: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colours of sRGB in [0, 1] as light, where numbers may be added (IEC 61966-2-1)."""
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def encoded(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Light in [0, 1] as sRGB: the other way round."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def _moved(part: Part, turn: Floats, centre: Floats, scale: float) -> Part:
    corners = part.corners.copy()
    corners[:, :3] = (corners[:, :3] @ turn.T - centre) * scale
    corners[:, 3:6] = corners[:, 3:6] @ turn.T
    return replace(part, corners=corners)
