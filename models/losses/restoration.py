"""How far a mended picture is from the clean one."""

from torch import Tensor


def l1(output: Tensor, image: Tensor) -> Tensor:
    """Mean absolute difference; blurs less than the squared one."""
    return (output - image).abs().mean()
