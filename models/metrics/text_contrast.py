"""The least contrast of words to what is around them: WCAG 2.x, measured on the picture."""

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from models.made import Lettering
from models.metrics.contrast_ratio import luminance, ratio

_COVERED = 0.9
_HARDLY_ANY = 0.02  # of the pixels around: what a lossy file rings by


def text_contrast(image: Tensor, lettering: Lettering) -> Tensor:
    """[1], of the text that stands out least; image [1, 3, H, W] in [0, 1].

    A text's colour is the middle one of the pixels that its letters cover most; what is around it
    is counted pixel by pixel, the worst fiftieth left out.
    """
    light = luminance(image)
    coverage = lettering.coverage.to(image.device)
    ratios = [_of_one(_cut(light, box), _cut(coverage, box)) for box in lettering.boxes]
    return torch.stack(ratios).amin().view(1)


def _of_one(light: Tensor, coverage: Tensor) -> Tensor:
    ink = light[coverage >= _COVERED * coverage.amax()].median()
    around = max_pool2d(coverage, 3, stride=1, padding=1) == 0
    ground = light[around if bool(around.any()) else coverage == 0]
    return ratio(ground, ink).float().quantile(_HARDLY_ANY)


def _cut(plane: Tensor, box: tuple[int, int, int, int]) -> Tensor:
    left, top, right, bottom = box
    return plane[:, :, top:bottom, left:right]
