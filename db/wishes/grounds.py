"""What is to be behind the product: nothing, one colour, or a setting."""

from dataclasses import dataclass
from typing import Any, Final

from db.operations.base import Rgb
from db.wishes import refusing, vocabulary
from db.wishes.colours import rgb_of
from db.wishes.wish import Heard, Wish

WHITE: Final = (255, 255, 255)
_MOST_COLOURS: Final = {"gradient": 3, "painted": 3, "transparent": 0, "blur": 0}
_LEAST_OF_RUN: Final = 2


@dataclass(frozen=True, slots=True)
class Ground:
    """Where nothing was said, `step` is None and nothing is transparent.

    Attributes:
        step: of the operation `background`.
        rgb: of one plain colour.
        keeps_its_own: the picture's own ground is used.
    """

    step: dict[str, Any] | None = None
    rgb: Rgb | None = None
    is_transparent: bool = False
    keeps_its_own: bool = False

    @property
    def may_be_white(self) -> bool:
        """Whether it is pure white, or nothing speaks against that."""
        return self.rgb == WHITE if self.step is not None else not self.is_transparent


def ground(wish: Wish) -> Ground:
    """What was said of it.

    Raises:
        Refused: more colours than it can have.
    """
    colours, settings = wish.wanted("colour", "ground"), wish.wanted("setting")
    if settings:
        return _set(settings[0], colours)
    if len(colours) > 1:
        raise refusing.ambiguous({"background colour": [one.text for one in colours]})
    if not colours:
        return Ground()
    rgb = _rgb(colours[0])
    return Ground({"op": "background", "rgb": list(rgb)}, rgb=rgb)


def _set(setting: Heard, colours: list[Heard]) -> Ground:
    word = vocabulary.get().settings[setting.name]
    if len(colours) > _MOST_COLOURS.get(setting.name, 1):
        said = [setting.text, *(one.text for one in colours)]
        raise refusing.ambiguous({"background": said})
    if word.background is None:
        return Ground(is_transparent=True)
    step = {"op": "background", **word.background}
    match setting.name:
        case "gradient":
            step["palette"] = _run(colours, [rgb_of(one) for one in word.palette or ()])
        case "painted" if len(colours) >= _LEAST_OF_RUN:
            step["palette"] = [list(_rgb(one)) for one in colours]
        case "painted" if colours:
            raise refusing.impossible("a painted backdrop has two or three colours, or its own")
        case "studio" if colours:
            step["rgb"] = list(_rgb(colours[0]))
    return Ground(step, keeps_its_own=setting.name == "blur")


def _run(colours: list[Heard], usual: list[Rgb]) -> list[list[int]]:
    """From colour to colour; of one it runs from the usual first one."""
    said = [_rgb(one) for one in colours]
    if not said:
        said = usual
    elif len(said) < _LEAST_OF_RUN:
        said = [usual[0] if said[0] != usual[0] else usual[1], *said]
    return [list(one) for one in said]


def _rgb(one: Heard) -> Rgb:
    if one.colour is None:
        raise ValueError(f"{one.text!r} is no colour")
    return one.colour.rgb
