"""Several operations in one job, and the proof of what the product went through on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import torch.nn.functional as F
from torch import Tensor

from db.operations.pipeline import Pipeline
from db.operations.product import Place
from db.operations.restoration import Upscale
from db.operations.retouching import Outpaint
from models.images import Loaded
from models.made import Made, Matrix
from workers.edit import Edit, Given, edit

Thing = TypeVar("Thing")

_STAY: Matrix = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Carried:
    """The source as it would be had its product only been moved, never changed."""

    source: Tensor
    product_mask: Tensor | None
    placement: Matrix


def pipeline(operation: Pipeline, given: Given) -> Made:
    """Each step on the picture that the one before made, transparency included.

    The product's scores compare the last picture with the source, carried through the same moves:
    what a step changes of the product counts against it.
    """
    made: list[Made] = []
    current = given.pictures["picture"]
    carried = _Carried(current.image, None, _STAY)
    for number, step in enumerate(operation.plan()):
        pictures = _of_step(given.pictures, number) | {"picture": current}
        own = replace(given, pictures=pictures, masks=_of_step(given.masks, number))
        made.append(edit(step, own))
        carried = _carry(carried, step, own, made[-1])
        current = _loaded(made[-1].images[0])
    delivered = _delivered(operation, made, carried, given.image())
    return _with_stages(delivered, operation, made) if given.keeps_stages else delivered


def _carry(carried: _Carried, step: Edit, given: Given, made: Made) -> _Carried:
    """Move the untouched source as the step moved its picture."""
    mask = _mask_after(carried.product_mask, step, made)
    if made.placement is None:
        return replace(carried, product_mask=mask)
    placement = _then(carried.placement, made.placement)
    pictures = {"picture": Loaded(carried.source, None)}
    if isinstance(step, Place):
        # The mask that the step found decides where the product lands; it is given, not sought.
        mask_of_source = {} if made.matte is None else {"mask": made.matte}
        moved = edit(step, replace(given, pictures=pictures, masks=mask_of_source))
        source = carried.source if moved.expected_product is None else moved.expected_product
    else:
        # What a network adds is a change of the product, so the source goes without it.
        plain = {"engine": "classical"} if isinstance(step, Upscale) else {}
        unchanged = step.model_copy(update=plain)
        source = edit(unchanged, replace(given, pictures=pictures)).images[0]
        if isinstance(step, Upscale) and mask is not None:
            mask = F.interpolate(mask, source.shape[-2:], mode="nearest")
    return _Carried(source, mask, placement)


def _mask_after(before: Tensor | None, step: Edit, made: Made) -> Tensor | None:
    """Where the product is; of a larger canvas around it, it is still the same product."""
    if isinstance(step, Outpaint) and before is not None:
        return F.pad(before, (step.left, step.right, step.top, step.bottom))
    return before if made.product_mask is None else made.product_mask


def _delivered(operation: Pipeline, made: list[Made], carried: _Carried, source: Tensor) -> Made:
    first = next((one for one in made if one.matte is not None), made[-1])
    kept = made if operation.keep_steps else made[-1:]
    return Made(
        images=tuple(one.images[0] for one in kept),
        product_mask=carried.product_mask,
        expected_product=None if carried.product_mask is None else carried.source,
        matte=_over(source, first.matte),
        independent_mask=_over(source, first.independent_mask),
        placement=None if carried.placement == _STAY else carried.placement,
        report={
            f"{number}.{name}": value
            for number, one in enumerate(made)
            for name, value in one.report.items()
        },
        stages=made[-1].stages,
    )


def _with_stages(delivered: Made, operation: Pipeline, made: list[Made]) -> Made:
    """What each step had, by its number; of the last one the picture is what is delivered."""
    stages = dict(delivered.stages)
    last = len(made) - 1
    for number, (step, one) in enumerate(zip(operation.plan(), made, strict=True)):
        named = {"matte": one.matte, "edit_mask": one.edit_mask, **one.stages}
        if number < last:
            named[step.op] = one.images[0]
        stages |= {f"{number}.{name}": image for name, image in named.items() if image is not None}
    return replace(delivered, stages=stages)


def _over(source: Tensor, mask: Tensor | None) -> Tensor | None:
    """A mask as large as the source: the step that found it may have been given an upscaled one."""
    return None if mask is None else F.interpolate(mask, source.shape[-2:], mode="area")


def _of_step(given: Mapping[str, Thing], number: int) -> dict[str, Thing]:
    """What the order names for one step, by the step's own roles."""
    prefix = f"steps.{number}."
    return {
        role.removeprefix(prefix): one for role, one in given.items() if role.startswith(prefix)
    }


def _loaded(image: Tensor) -> Loaded:
    """What the next step reads: colour over white, and the alpha that it had."""
    if image.shape[1] != 4:
        return Loaded(image, None)
    colour, alpha = image[:, :3], image[:, 3:]
    return Loaded(colour * alpha + (1 - alpha), alpha)


def _then(first: Matrix, second: Matrix) -> Matrix:
    """One move after another, as one."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return (
        g * a + h * d, g * b + h * e, g * c + h * f + i,
        j * a + k * d, j * b + k * e, j * c + k * f + m,
    )  # fmt: skip
