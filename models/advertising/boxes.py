"""From shares of a canvas to whole pixels, inside its margins and safe area."""

from dataclasses import dataclass, replace

from models.advertising.design import Box, Canvas, Column, Layout


@dataclass(frozen=True, slots=True)
class Area:
    """Whole pixels: left, top, right, bottom."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def moved(self, right: int, down: int) -> "Area":
        return Area(self.left + right, self.top + down, self.right + right, self.bottom + down)

    def within(self, other: "Area") -> "Area":
        """What both cover; of no width or height where they do not meet."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Area(left, top, max(left, right), max(top, bottom))


def pixels(box: Box, canvas: Canvas) -> Area:
    """The nearest whole pixels."""
    left, top, right, bottom = box
    across, down = canvas.width, canvas.height
    return Area(
        round(left * across), round(top * down), round(right * across), round(bottom * down)
    )


def live(canvas: Canvas, *, margin: float) -> Area:
    """Where words and the product may be: off the margins, and off what a platform covers."""
    free = round(margin * min(canvas.width, canvas.height))
    left, top, right, bottom = canvas.safe
    return Area(
        max(free, round(left * canvas.width)),
        max(free, round(top * canvas.height)),
        canvas.width - max(free, round(right * canvas.width)),
        canvas.height - max(free, round(bottom * canvas.height)),
    )


def mirrored(layout: Layout) -> Layout:
    """Left and right changed over, for what is read from the right."""
    return replace(
        layout,
        product=_mirrored(layout.product),
        shapes=tuple(replace(one, box=_mirrored(one.box)) for one in layout.shapes),
        columns=tuple(_turned(one) for one in layout.columns),
    )


def _turned(column: Column) -> Column:
    return replace(column, box=_mirrored(column.box))


def _mirrored(box: Box) -> Box:
    return 1 - box[2], box[1], 1 - box[0], box[3]
