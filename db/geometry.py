"""Whether masks, boxes, what comes out and its file format fit an order's pictures."""

from collections.abc import Iterator, Mapping
from typing import Final

from db.operations.augmentation import AugmentPicture
from db.operations.base import Operation
from db.operations.explaining import Explain
from db.operations.generation import (
    Interpolate,
    Personalize,
    Reconstruct,
    Sample,
    Translate,
    Vary,
)
from db.operations.goals import goal
from db.operations.order import Order
from db.operations.pipeline import Pipeline
from db.operations.product import Background, Cutout, Place
from db.operations.restoration import Upscale
from db.operations.retouching import Outpaint
from db.operations.showroom import Spin
from db.pictures import Source
from db.pointers import pointer
from db.refusals import at

At = tuple[str, ...]
Size = tuple[int, int]

_AS_DRAWN: Final = (Sample, Reconstruct, Vary, Personalize, Interpolate, Translate, Explain)
MOST_PIXELS: Final = 64_000_000
"""Of a picture that is made, as large as one that is taken in."""
MOST_PIXELS_TOGETHER: Final = 4 * MOST_PIXELS
"""Of all that one order makes of one picture: they are in memory at a time."""
# What the file formats themselves can hold.
_LONGEST_SIDE_PX: Final = {"webp": 16_383, "jpeg": 65_500, "avif": 32_768}


def check(order: Order, sources: Mapping[At, Source]) -> None:
    """Follow the picture through every step.

    Raises:
        Refused: `mask_size_mismatch`, `box_outside_picture`, `output_too_large` or
            `output_format`.
    """
    sizes = {where: (source.width, source.height) for where, source in sources.items()}
    size = sizes.get(("operation", "picture"))
    for where, step in parts(order.operation):
        size = sizes.get((*where, "picture"), size)
        _check_mask(sizes, (*where, "mask"), size)
        _check_box(step, where, size)
        size = _size_after(step, size)
        _check_pixels(step, where, size)
        if is_delivered(order.operation, step):
            _check_side(order, size)
    _check_mask(sizes, ("mask",), sizes.get(("reference",), size))
    _check_format(order)
    _check_channel(order)


def parts(operation: Operation) -> Iterator[tuple[At, Operation]]:
    """Each single operation and its place in the body."""
    if not isinstance(operation, Pipeline):
        yield ("operation",), operation
        return
    for number, step in enumerate(operation.plan()):
        yield ("operation", "steps", str(number)), step


def is_delivered(operation: Operation, step: Operation) -> bool:
    """Whether the picture that a step makes is delivered, and not only handed on."""
    only_last = isinstance(operation, Pipeline) and not operation.keep_steps
    steps = operation.plan() if isinstance(operation, Pipeline) and only_last else ()
    return not steps or step is steps[-1]


def place_of(role: str) -> At:
    """Where the body names the picture of a role (`Order.pictures`)."""
    if role.startswith("order."):
        return (role.removeprefix("order."),)
    return ("operation", *role.split("."))


def _check_mask(sizes: Mapping[At, Size], where: At, size: Size | None) -> None:
    mask = sizes.get(where)
    if mask is not None and size is not None and mask != size:
        detail = f"the mask is {_words(mask)}, what it masks is {_words(size)}"
        raise at(pointer(*where), "mask_size_mismatch", detail)


def _check_box(step: Operation, where: At, size: Size | None) -> None:
    if not isinstance(step, Cutout) or step.box is None or size is None:
        return
    x, y, width, height = step.box
    if x + width > size[0] or y + height > size[1]:
        detail = f"the box ends at {x + width}, {y + height}; the picture is {_words(size)}"
        raise at(pointer(*where, "box"), "box_outside_picture", detail)


def _size_after(step: Operation, size: Size | None) -> Size | None:
    if isinstance(step, Place):
        return step.width, step.height
    if isinstance(step, Spin):
        return step.size()
    if isinstance(step, _AS_DRAWN):
        return None  # as large as the version's network draws, or as what is shown
    if isinstance(step, Upscale) and size is not None:
        return size[0] * step.scale, size[1] * step.scale
    if isinstance(step, Outpaint) and size is not None:
        return step.after(*size)
    return size


def _check_pixels(step: Operation, where: At, size: Size | None) -> None:
    if size is None:
        return
    if isinstance(step, AugmentPicture | Background):
        _check_together(step.n, where, size)
    if size[0] * size[1] <= MOST_PIXELS:
        return
    match step:
        case Place():
            field = "width" if size[0] >= size[1] else "height"
        case Spin():
            field = "frame_width" if step.frame_width >= step.frame_height else "frame_height"
        case Upscale():
            field = "scale"
        case Outpaint():
            field = max(("left", "right", "top", "bottom"), key=lambda side: getattr(step, side))
        case _:
            return
    detail = f"it would be {_words(size)}; {MOST_PIXELS // 10**6} megapixels is the most"
    raise at(pointer(*where, field), "output_too_large", detail)


def _check_together(n: int, where: At, size: Size) -> None:
    if n * size[0] * size[1] <= MOST_PIXELS_TOGETHER:
        return
    most = MOST_PIXELS_TOGETHER // 10**6
    detail = f"{n} pictures of {_words(size)} are more than the {most} megapixels that fit together"
    raise at(pointer(*where, "n"), "output_too_large", detail)


def _check_side(order: Order, size: Size | None) -> None:
    longest = _LONGEST_SIDE_PX.get(order.output.format)
    if size is None or longest is None or max(size) <= longest:
        return
    name = order.output.format
    detail = f"it would be {_words(size)}; {longest} pixels is the longest side of {name}"
    raise at("/output/format", "output_too_large", detail)


def _check_format(order: Order) -> None:
    if order.output.format == "jpeg" and _delivers_alpha(order.operation):
        detail = "a cut-out is transparent, JPEG is not; ask for png, webp or avif"
        raise at("/output/format", "output_format", detail)


def _check_channel(order: Order) -> None:
    preset = goal(order.operation)
    if preset is not None and order.output.format not in preset.file.formats:
        detail = f"{preset.label} takes {', '.join(preset.file.formats)}"
        raise at("/output/format", "output_format", detail)


def _delivers_alpha(operation: Operation) -> bool:
    transparent, ever = False, False
    for _, step in parts(operation):
        if isinstance(step, Cutout):
            transparent = ever = True
        elif isinstance(step, (Background, Place)):
            transparent = False
    keeps = isinstance(operation, Pipeline) and operation.keep_steps
    return ever if keeps else transparent


def _words(size: Size) -> str:
    return f"{size[0]}×{size[1]}"
