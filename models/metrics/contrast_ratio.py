"""The contrast ratio of WCAG 2.x, 1 to 21, by relative luminance."""

import torch
from torch import Tensor


def luminance(image: Tensor) -> Tensor:
    """Relative luminance [N, 1, H, W] of sRGB [N, 3, H, W] in [0, 1]."""
    linear = torch.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055) ** 2.4)
    weights = linear.new_tensor((0.2126, 0.7152, 0.0722)).view(1, 3, 1, 1)
    return (linear * weights).sum(dim=1, keepdim=True)


def ratio(a: Tensor, b: Tensor) -> Tensor:
    """Of two luminances, whichever is lighter."""
    return (torch.maximum(a, b) + 0.05) / (torch.minimum(a, b) + 0.05)
