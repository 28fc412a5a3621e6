"""The demo's second half as a picture: what came of each scene, two beside each other."""

from collections.abc import Sequence

from PIL import Image

from examples.paper import INNER_PX, MARGIN_PX, SOFT, Sheet
from examples.scenes import Scene

_GUTTER_PX = 60
_COLUMN_PX = (INNER_PX - _GUTTER_PX) // 2
_HEIGHT_PX, _GAP_PX = 270, 20


def draw(scenes: Sequence[Scene]) -> Image.Image:
    """The sheet of the scenes that were played."""
    sheet = Sheet()
    sheet.text(MARGIN_PX - 4, sheet.y, "A shop at work", size=92)
    sheet.y += 140
    for first in range(0, len(scenes), 2):
        sheet.rule()
        sheet.y += 26
        for column, scene in enumerate(scenes[first : first + 2]):
            _scene(sheet, scene, MARGIN_PX + column * (_COLUMN_PX + _GUTTER_PX))
        sheet.y += 100 + _HEIGHT_PX + 40
    return sheet.done()


def _scene(sheet: Sheet, scene: Scene, left: int) -> None:
    sheet.text(left, sheet.y, scene.name, size=34)
    sheet.text(left, sheet.y + 50, scene.said, size=22, colour=SOFT)
    x = left
    for one in scene.pictures:
        width = round(one.width * _HEIGHT_PX / one.height)
        sheet.picture(one, x, sheet.y + 100, width=width, height=_HEIGHT_PX)
        x += width + _GAP_PX
