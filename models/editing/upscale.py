"""Makes a picture larger: bicubic, until a network does better."""

from torch import Tensor

from models import resampling
from models.failures import CannotDo
from models.made import Made

_MAX_PIXELS = 64_000_000


def upscale(image: Tensor, *, scale: int) -> Made:
    """Enlarges [1, 1, 3 or 4, H, W] by a whole number."""
    height, width = scale * image.shape[2], scale * image.shape[3]
    if height * width > _MAX_PIXELS:
        raise CannotDo("output_too_large", f"{width} x {height} is more than 64 megapixels.")
    output = resampling.resize(image, height=height, width=width)
    placement = (float(scale), 0.0, 0.0, 0.0, float(scale), 0.0)
    return Made((output,), placement=placement, report={"scale": scale, "engine": "classical"})
