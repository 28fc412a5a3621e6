"""Makes a picture larger: bicubic, until a network does better."""

from torch import Tensor

from models import resampling
from models.failures import CannotDo
from models.made import Made

_MAX_PIXELS = 64_000_000


def upscale(image: Tensor, *, scale: int, alpha: Tensor | None = None) -> Made:
    """Enlarges a picture by a whole number.

    Args:
        image: [1, 1, 3 or 4, H, W] in [0, 1]; over white where there is an alpha beside it.
        scale: how many times.
        alpha: [1, 1, H, W], the picture's transparency; the result is RGBA then.
    """
    height, width = scale * image.shape[2], scale * image.shape[3]
    if height * width > _MAX_PIXELS:
        raise CannotDo("output_too_large", f"{width} x {height} is more than 64 megapixels.")
    source = image if alpha is None else resampling.lifted(image, alpha)
    output = resampling.resize(source, height=height, width=width)
    placement = (float(scale), 0.0, 0.0, 0.0, float(scale), 0.0)
    return Made((output,), placement=placement, report={"scale": scale, "engine": "classical"})
