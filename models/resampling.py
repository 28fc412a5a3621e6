"""Images enlarged, shrunk and moved, transparency included, without halos."""

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

Box = tuple[float, float, float, float]

_HARDLY = 0.25


def resize(image: Tensor, *, height: int, width: int) -> Tensor:
    """Bicubic (a = -0.5, widened when shrinking, as Pillow's) of [N, C, H, W] in [0, 1].

    A fourth channel is straight alpha: colours count by their coverage, so that what lies under
    transparent pixels does not bleed into the edge.
    """
    if image.shape[1] != 4:
        return _bicubic(image, height=height, width=width).clamp_(0, 1)
    colours, alpha = image.split((3, 1), dim=1)  # type: ignore[no-untyped-call]
    covered = _bicubic(colours * alpha, height=height, width=width)
    alpha = _bicubic(alpha, height=height, width=width)
    return torch.cat((straight(covered, alpha), alpha.clamp(0, 1)), dim=1)


def crop_resize(image: Tensor, *, box: Box, height: int, width: int) -> Tensor:
    """Lanczos of a part of [1, C, H, W] in [0, 1]; the box may cut between pixels.

    Edges ring a little beyond the range; the caller clamps what it shows.
    """
    planes = []
    for plane in image[0].numpy():
        picture = Image.fromarray(np.ascontiguousarray(plane))
        moved = picture.resize((width, height), Image.Resampling.LANCZOS, box=box)
        planes.append(torch.from_numpy(np.array(moved)))
    return torch.stack(planes)[None]


def lifted(image: Tensor, alpha: Tensor) -> Tensor:
    """A picture [N, 1 or 3, H, W] that lies over white, off it again: RGBA [N, 4, H, W].

    Solid pixels stay exactly as they are; the white goes out of those that are covered in part.
    """
    covered = image.expand(-1, 3, -1, -1) - (1 - alpha)
    return torch.cat((straight(covered, alpha), alpha), dim=1)


def bled(colours: Tensor, alpha: Tensor) -> Tensor:
    """Colours [1, 3, H, W], those hardly covered taken from the nearest pixel that is.

    What looks at neighbours then meets no colour that nobody sees.
    """
    bare = alpha[0, 0].numpy() < _HARDLY
    if bare.all() or not bare.any():
        return colours
    _, found = cv2.distanceTransformWithLabels(
        bare.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    pixels = colours[0].flatten(1)
    labels = torch.from_numpy(found.reshape(-1)).long()
    seen = torch.from_numpy(~bare.reshape(-1))
    nearest = pixels.new_ones(3, int(labels.max()) + 1)
    nearest[:, labels[seen]] = pixels[:, seen]
    return torch.where(seen, pixels, nearest[:, labels]).view_as(colours)


def straight(covered: Tensor, alpha: Tensor) -> Tensor:
    """Colours of premultiplied pixels, in their place: [N, 3, H, W]; white where none are covered.

    Coverage as the filter left it, beyond the range too, so that its ringing cancels.
    """
    colours = covered.div_(alpha.clamp_min(1 / 1024)).clamp_(0, 1)
    return colours.masked_fill_(alpha < 1 / 1024, 1.0)


def _bicubic(image: Tensor, *, height: int, width: int) -> Tensor:
    return F.interpolate(image, (height, width), mode="bicubic", antialias=True)
