"""The demo's second half as a picture: a line for each scene, with what came of it."""

from collections.abc import Sequence

from PIL import Image

from examples.paper import INNER_PX, MARGIN_PX, SOFT, Sheet, on_squares, rounded
from examples.scenes import Scene

_HEIGHT_PX, _GAP_PX, _WIDEST_PX = 320, 20, 1100


def draw(scenes: Sequence[Scene]) -> Image.Image:
    """The sheet of the scenes that were played."""
    sheet = Sheet()
    sheet.text(MARGIN_PX - 4, sheet.y, "Packshot, in a shop", size=92)
    sheet.y += 116
    for scene in scenes:
        sheet.heading(scene.name)
        sheet.text(MARGIN_PX, sheet.y - 12, scene.said, size=26, colour=SOFT)
        sheet.y += 44
        _row(sheet, scene.pictures)
    return sheet.done()


def _row(sheet: Sheet, pictures: Sequence[Image.Image]) -> None:
    x = MARGIN_PX
    for one in pictures:
        shown = on_squares(one)
        shown.thumbnail((_WIDEST_PX, _HEIGHT_PX), Image.Resampling.LANCZOS)
        if x + shown.width > MARGIN_PX + INNER_PX:
            break
        sheet.image.paste(rounded(shown), (x, sheet.y))
        x += shown.width + _GAP_PX
    sheet.y += _HEIGHT_PX + 10
