"""What an operation made, with everything its proof needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from models.labels import SourceKind

Matrix = tuple[float, float, float, float, float, float]
"""Placement a, b, c, d, e, f: output x = a·x + b·y + c, output y = d·x + e·y + f, in pixels."""


@dataclass(frozen=True, slots=True)
class Lettering:
    """Words that were written into a picture.

    Attributes:
        coverage: [1, 1, H, W] in [0, 1], how far a pixel is covered by a letter.
        boxes: left, top, right, bottom of each text.
    """

    coverage: Tensor
    boxes: tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Made:
    """The pictures an operation made and what is needed to score them.

    Attributes:
        images: each [1, C, H, W] in [0, 1]; C is 1 (grey), 3 (RGB) or 4 (RGB and straight alpha).
        product_mask: [1, 1, H, W], 1 where the output shows the product alone, in the coordinates
            of the last output image.
        expected_product: [1, 3, H, W], the source's product pixels carried through the placement,
            in the coordinates of the output: what the product's own scores compare with.
        matte: [1, 1, H, W] in [0, 1], the coverage that the proof rests on, in the coordinates of
            the picture that the operation was given.
        independent_mask: [1, 1, H, W], the same by another method.
        frames: left, top, right, bottom of each, where the last output image is a sheet of several
            views of the product: its own scores are those of the worst.
        placement: how source pixels were moved; None where they stayed.
        edit_mask: [1, 1, H, W], 1 where the operation was allowed to change pixels.
        expected: [1, 3, H, W], what the output should be: the operation's own reference.
        style: [1, 3, 1, K], the colours that the output's, where it may change, are to be like.
        lettering: the words in the last output image.
        asked: [1, 1, H, W], 1 where a product was asked for by a label map.
        report: numbers of the operation's own, stored with the result.
        details: of each image what JSON holds and one number does not, stored with its result;
            empty where there is nothing to tell.
        source_kind: of what the images show, where that lies in more than the job's own pictures.
        stages: named intermediate images for `explain`.
        parts: of each image its own proof, where they differ; empty where one holds for all.
    """

    images: tuple[Tensor, ...]
    product_mask: Tensor | None = None
    expected_product: Tensor | None = None
    matte: Tensor | None = None
    independent_mask: Tensor | None = None
    frames: tuple[tuple[int, int, int, int], ...] = ()
    placement: Matrix | None = None
    edit_mask: Tensor | None = None
    expected: Tensor | None = None
    style: Tensor | None = None
    lettering: Lettering | None = None
    asked: Tensor | None = None
    report: Mapping[str, float | int | str | None] = field(default_factory=dict)
    details: tuple[Mapping[str, Any], ...] = ()
    source_kind: SourceKind = "original"
    stages: dict[str, Tensor] = field(default_factory=dict)
    parts: tuple["Made", ...] = ()
