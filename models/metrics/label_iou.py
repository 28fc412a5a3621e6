"""Whether the product of a picture lies where a label map asks for it, by intersection over union.

The product is found again by the simplest segmentation there is: it is what differs from the white
ground. Of what is white itself nothing is found; of renders beside their own maps it is 0.99.
"""

from torch import Tensor

from models.metrics.agreement import iou

DIFFERENT = 8 / 255
"""How far the darkest channel of a product's pixel lies below white."""


def found_region(image: Tensor) -> Tensor:
    """[N, C, H, W] in [0, 1] → [N, 1, H, W]: 1 where it differs from a white ground."""
    return (1 - image.amin(1, keepdim=True) > DIFFERENT).float()


def label_iou(image: Tensor, asked: Tensor) -> Tensor:
    """[N] float64 of images [N, C, H, W] and the regions that were asked for, [N, 1, H, W]."""
    return iou(found_region(image), asked.to(image.device))
