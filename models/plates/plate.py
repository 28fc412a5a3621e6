"""Every kind of ground, as what makes it of a picture and of where its product is."""

from collections.abc import Callable

from torch import Tensor

from models.plates.covering import covering
from models.plates.defocused import defocused
from models.plates.gradient import gradient
from models.plates.painted import painted
from models.plates.studio import studio

Rgb = tuple[int, int, int]
Plate = Callable[[Tensor, Tensor], Tensor]
"""Makes [1, 3, H, W], or one colour, of a picture [1, 3, H, W] and its product's coverage."""

_USUAL_BLUR = 1 / 40
_FLOOR_BEHIND = 0.18  # of the product's height: how far behind its foot the floor ends


def plain(rgb: Rgb) -> Plate:
    """One colour."""
    return lambda image, _: image.new_tensor(rgb).div_(255).view(1, 3, 1, 1)


def graded(palette: tuple[Rgb, ...], *, angle_deg: float) -> Plate:
    """A ground that runs from colour to colour."""

    def plate(image: Tensor, _: Tensor) -> Tensor:
        height, width = image.shape[2:]
        return gradient(palette, angle_deg=angle_deg, height=height, width=width)

    return plate


def swept(rgb: Rgb, *, horizon: float | None, light: float) -> Plate:
    """A studio's sweep, lit behind the product; with no horizon told, a little behind its foot."""

    def plate(image: Tensor, alpha: Tensor) -> Tensor:
        height, width = image.shape[2:]
        (head, foot), (left, right) = _extent(alpha)
        behind = (foot - _FLOOR_BEHIND * (foot - head)) / height
        return studio(
            rgb,
            horizon=min(max(behind, 0.2), 0.9) if horizon is None else horizon,
            middle=(left + right) / 2 / width,
            light=light,
            height=height,
            width=width,
        )

    return plate


def drawn(palette: tuple[Rgb, ...] | None, *, seed: int) -> Plate:
    """A painted backdrop from a seed, lit behind the product."""

    def plate(image: Tensor, alpha: Tensor) -> Tensor:
        height, width = image.shape[2:]
        (head, foot), (left, right) = _extent(alpha)
        middle = (head + foot) / 2 / height, (left + right) / 2 / width
        return painted(palette, seed=seed, middle=middle, height=height, width=width)

    return plate


def out_of_focus(blur_px: float | None) -> Plate:
    """The picture's own ground without its product, blurred; left out, by a fortieth of it."""

    def plate(image: Tensor, alpha: Tensor) -> Tensor:
        usual = max(1.0, _USUAL_BLUR * max(image.shape[2:]))
        return defocused(image, alpha, blur_px=usual if blur_px is None else blur_px)

    return plate


def pictured(picture: Tensor) -> Plate:
    """Another picture, which covers all."""

    def plate(image: Tensor, _: Tensor) -> Tensor:
        return covering(picture, height=image.shape[2], width=image.shape[3])

    return plate


def _extent(alpha: Tensor) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where the product begins and ends, down and across."""
    inside = alpha[0, 0] > 0.5
    rows, columns = (inside.any(dim=axis).nonzero()[:, 0] for axis in (1, 0))
    return (int(rows[0]), int(rows[-1]) + 1), (int(columns[0]), int(columns[-1]) + 1)
