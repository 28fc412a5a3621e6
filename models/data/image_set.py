"""A set of labelled pictures to train on: small enough for memory, split before anything learns."""

import hashlib
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

GREY = (0.299, 0.587, 0.114)


@dataclass(frozen=True, slots=True)
class Part:
    """Images uint8 [N, C, H, W] and their labels int64 [N]; where some are guessed, [N, K]."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return self.images.shape[0]

    def digest(self) -> str:
        """The same pictures with the same labels give the same 16 letters."""
        sha = hashlib.sha256(self.images.contiguous().numpy().data)
        sha.update(self.labels.contiguous().numpy().data)
        return sha.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ImageSet:
    """Pictures, their categories, and which of them nothing may learn from.

    Attributes:
        name: short, for the card of what is trained on it.
        images: uint8 [N, C, H, W].
        labels: int64 [N], each an index into `categories`.
        categories: what the labels mean, in order.
        validation: indexes [M] int64, or a mask [N] bool.
        licence: of the pictures, in a line.
        source: where they come from, in a line.
        rated: mask [N] bool of those that people rated; None where nobody rates.
    """

    name: str
    images: Tensor
    labels: Tensor
    categories: tuple[str, ...]
    validation: Tensor
    licence: str
    source: str
    rated: Tensor | None = None

    def __post_init__(self) -> None:
        if self.images.ndim != 4 or self.images.dtype != torch.uint8:
            raise ValueError(f"expected uint8 [N, C, H, W], got {tuple(self.images.shape)}")
        if self.labels.shape != self.images.shape[:1]:
            raise ValueError("expected one label for each image")

    def __len__(self) -> int:
        return self.images.shape[0]

    def split(self) -> tuple[Part, Part]:
        """Training part and validation part; they share no picture."""
        held_out = torch.zeros(len(self), dtype=torch.bool)
        held_out[self.validation] = True
        return self._part(~held_out), self._part(held_out)

    def held_out_rated(self) -> "ImageSet | None":
        """The same to learn from, and held out only what people rated; None if that is nothing."""
        held_out = torch.zeros(len(self), dtype=torch.bool)
        held_out[self.validation] = True
        if self.rated is None or not (held_out & self.rated).any():
            return None
        kept = ~held_out | self.rated
        return replace(
            self,
            images=self.images[kept],
            labels=self.labels[kept],
            validation=held_out[kept],
            rated=self.rated[kept],
        )

    def digest(self) -> str:
        """Of all of it, whatever the split."""
        return Part(self.images, self.labels).digest()

    def _part(self, chosen: Tensor) -> Part:
        return Part(self.images[chosen], self.labels[chosen])


def resized(part: Part, *, size: int, channels: int) -> Part:
    """The same pictures, square and of this size and number of channels."""
    if part.images.shape[1:] == (channels, size, size):
        return part
    pieces = [
        (fitted(piece / 255, size=size, channels=channels) * 255).round().to(torch.uint8)
        for piece in torch.split(part.images, 512)
    ]
    return Part(torch.cat(pieces), part.labels) if pieces else part


def whole(part: Part, *, multiple: int) -> Part:
    """In colour, and as much of each picture as has sides of this multiple; the rest is cut off."""
    height, width = (side // multiple * multiple for side in part.images.shape[2:])
    return Part(recoloured(part.images, channels=3)[..., :height, :width], part.labels)


def fitted(images: Tensor, *, size: int, channels: int) -> Tensor:
    """[N, C, H, W] in [0, 1] → [N, channels, size, size], made square on the border's colour."""
    return _resized(_squared(recoloured(images, channels=channels)), size)


def recoloured(images: Tensor, *, channels: int) -> Tensor:
    """Colour to grey by ITU-R 601 luma; grey to colour by repeating."""
    if images.shape[1] == channels:
        return images
    if channels == 3:
        return images.expand(-1, 3, -1, -1)
    weights = torch.tensor(GREY, dtype=images.dtype, device=images.device)
    return (images * weights[:, None, None]).sum(1, keepdim=True)


def border(images: Tensor) -> Tensor:
    """The median colour of the outermost pixels, [N, C, 1, 1]."""
    top, bottom = images[..., 0, :], images[..., -1, :]
    left, right = images[..., :, 0], images[..., :, -1]
    return torch.cat([top, bottom, left, right], dim=2).median(dim=2).values[..., None, None]


def _squared(images: Tensor) -> Tensor:
    height, width = images.shape[2:]
    if height == width:
        return images
    side = max(height, width)
    square = border(images).expand(-1, -1, side, side).clone()
    top, left = (side - height) // 2, (side - width) // 2
    square[..., top : top + height, left : left + width] = images
    return square


def _resized(images: Tensor, size: int) -> Tensor:
    if images.shape[-1] == size:
        return images
    sides = (size, size)
    resized = functional.interpolate(images, sides, mode="bicubic", antialias=True)
    return resized.clamp(0, 1)
