"""The product's own colours at its edge, freed of the backdrop's (Germer et al. 2020)."""

import cv2
import numpy as np
import torch
from torch import Tensor

_VIEW_SIDE = 1024
_SOLID = 0.98


def decontaminated(image: Tensor, alpha: Tensor) -> Tensor:
    """The image with the backdrop's colour taken out of its half-covered pixels.

    Estimated on a view of 1,024 pixels at most; solid pixels stay exactly as they are.

    Args:
        image: [1, 3, H, W] in [0, 1].
        alpha: [1, 1, H, W] in [0, 1].

    Returns:
        [1, 3, H, W]; white where nothing is covered.
    """
    # Here: it brings a compiler, and every process would wait a second for it.
    from pymatting.foreground.estimate_foreground_ml import estimate_foreground_ml

    full, coverage = image[0].permute(1, 2, 0).numpy(), alpha[0, 0].numpy()
    height, width = coverage.shape
    shrink = min(1.0, _VIEW_SIDE / max(height, width))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    view = cv2.resize(np.ascontiguousarray(full), size, interpolation=cv2.INTER_AREA)
    seen = cv2.resize(np.ascontiguousarray(coverage), size, interpolation=cv2.INTER_AREA)
    pure = estimate_foreground_ml(view.astype(np.float64), seen.astype(np.float64))
    large = cv2.resize(pure.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    colours = torch.from_numpy(large).permute(2, 0, 1)[None].clamp_(0, 1)
    colours = torch.where(alpha >= _SOLID, image, colours)
    return colours.masked_fill_(alpha <= 0, 1.0)


def solid(alpha: Tensor) -> Tensor:
    """Where the product covers all, as 0 and 1: its pixels there are the source's, unchanged.

    Through the rest (a rim, glass) the backdrop shows, so it must change with the backdrop.
    """
    return (alpha >= _SOLID).to(alpha.dtype)
