"""From an order for a turning product to its sheet: the views are opened one at a time."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from db.operations.showroom import Spin
from models import images
from models.editing.spin import spin
from models.editing.turntable import Sheet
from models.made import Made
from workers.edit import Given, finder_of


def spun(operation: Spin, given: Given) -> Made:
    """The sheet, and what a viewer needs to know of it."""
    files = [given.files[role] for role in operation.pictures()]
    sheet = Sheet(len(files), operation.across(), operation.frame_width, operation.frame_height)
    made = spin(
        [partial(images.read, file.data) for file in files],
        sheet=sheet,
        sizing=operation.sizing,
        fill=operation.fill,
        rgb=operation.rgb,
        opacity=operation.opacity,
        find=finder_of(given, operation),
    )
    return replace(made, details=({"spin": _told(operation, sheet, made.details[0])},))


def _told(operation: Spin, sheet: Sheet, details: Mapping[str, Any]) -> dict[str, Any]:
    """As `examples/spin-viewer` reads it."""
    each = zip(operation.views, operation.angles(), details["frames"], strict=True)
    return {
        "frame": {"width": sheet.width, "height": sheet.height},
        "columns": sheet.columns,
        "rows": sheet.rows,
        "whole_turn": operation.is_whole_turn(),
        "ground_px": details["ground_px"],
        "frames": [{"view": view, "angle_deg": angle, **frame} for view, angle, frame in each],
    }
