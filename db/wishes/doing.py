"""What is to be done to the picture and its product, as steps of a pipeline by their operation."""

from typing import Any, Final

from db.wishes import refusing, vocabulary
from db.wishes.colours import Colour
from db.wishes.wish import Heard, Wish

Step = dict[str, Any]
_SCALES: Final = ("2", "3", "4")


def steps(wish: Wish) -> dict[str, Step]:
    """Each operation once: "brighter and warmer" is one step.

    Raises:
        Refused: two words say different things of one parameter, or a scale is none of ours.
    """
    words = vocabulary.get().actions
    found: dict[str, Step] = {}
    said: dict[str, list[Heard]] = {}
    for one in wish.wanted("action"):
        step = words[one.name].step
        before = found.get(step["op"], {"op": step["op"]})
        said.setdefault(step["op"], []).append(one)
        if any(before.get(name, value) != value for name, value in step.items()):
            raise refusing.ambiguous({step["op"]: [two.text for two in said[step["op"]]]})
        found[step["op"]] = before | step
    if (scale := _scale(wish)) is not None:
        found["upscale"] = {"op": "upscale", "scale": scale}
    return found


def recolor(wish: Wish) -> Step | None:
    """The product in the colour that is named: its lightness too, for red is no pink."""
    wanted = _colour(wish, "product")
    if wanted is None:
        return None
    source = _colour(wish, "source")
    of = {} if source is None else {"from_hex": source.hex}
    return {"op": "recolor", "to_hex": wanted.hex, **of, "keep_luminance": False}


def _colour(wish: Wish, part: Any) -> Colour | None:
    return next((one.colour for one in wish.wanted("colour", part)), None)


def _scale(wish: Wish) -> int | None:
    for one in wish.wanted("scale"):
        if one.name not in _SCALES:
            raise refusing.impossible(f"{one.text}: a picture is made 2, 3 or 4 times larger")
        return int(one.name)
    return None
