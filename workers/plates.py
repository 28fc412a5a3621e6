"""Where an order for a ground meets what makes it in models/plates: one `case` each."""

from collections.abc import Mapping
from typing import assert_never

from db.operations.base import MAX_SEED
from db.operations.product import Background
from models.images import Loaded
from models.plates import plate
from models.plates.plate import Plate


def seeds(operation: Background, *, seed: int) -> list[int]:
    """One for each picture; the job's counts where the order has none of its own, as a step may."""
    first = seed if operation.seed is None else operation.seed
    return [(first + number) % (MAX_SEED + 1) for number in range(operation.n)]


def plate_of(operation: Background, pictures: Mapping[str, Loaded], *, seed: int) -> Plate:
    """What makes the ground that is asked for, of the job's pictures by role."""
    match operation.kind:
        case "solid":
            return plate.plain(operation.rgb)
        case "gradient":
            return plate.graded(operation.palette or (), angle_deg=operation.angle_deg)
        case "studio":
            return plate.swept(operation.rgb, horizon=operation.horizon, light=operation.light)
        case "blur":
            return plate.out_of_focus(operation.blur_px)
        case "picture":
            return plate.pictured(pictures["plate"].image)
        case "generated":
            return plate.drawn(operation.palette, seed=seed)
        case _:
            assert_never(operation.kind)
