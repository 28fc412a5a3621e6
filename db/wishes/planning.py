"""A wish becomes an order: steps in one fixed order, or a channel's preset, or one operation.

First what mends the picture, then its light, more pixels, the product cut out and recoloured, then
what is behind it, and a shadow last, because it lies on that.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

from db.operations.presets import Preset
from db.wishes import canvases, doing, grounds, refusing
from db.wishes.canvases import Canvas, Place
from db.wishes.doing import Step
from db.wishes.grounds import Ground
from db.wishes.vocabulary import Kind
from db.wishes.wish import Part, Wish

MOST_STEPS: Final = 8
"""Of a pipeline."""
_MENDING: Final = ("denoise", "deblock", "deblur", "relight", "upscale")
_ONE_AT_MOST: Final[tuple[tuple[str, Kind | Literal["scale"], Part | None], ...]] = (
    ("product colour", "colour", "product"), ("background", "setting", None),
    ("channel", "channel", None), ("scale", "scale", None), ("format", "format", None),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """An order without its picture: what `operation` says beside it, and `output`, if anything."""

    operation: Step
    output: dict[str, Any]


def plan(wish: Wish) -> Plan:
    """What is to be placed.

    Raises:
        Refused: `wish_not_understood`, `wish_ambiguous` or `wish_impossible`.
    """
    _refuse_ambiguous(wish)
    done, ground = doing.steps(wish), grounds.ground(wish)
    place = canvases.place(wish)
    _check(place, ground, is_cut="cutout" in done)
    output = _output(wish, place.preset)
    steps = _steps(done, doing.recolor(wish), ground, place.canvas)
    if place.preset is not None:
        if not place.is_sized and {one["op"] for one in steps} <= {"cutout", "place"}:
            preset = {"op": "pipeline", "preset": place.preset.name}
            return Plan(preset, {"format": output["format"]} if wish.wanted("format") else {})
        steps = _cut_first(steps)
    if not steps:
        raise refusing.not_understood()
    if len(steps) > MOST_STEPS:
        raise refusing.impossible(f"that is {len(steps)} steps, and {MOST_STEPS} is the most")
    is_transparent = steps[-1]["op"] == "cutout" or ground.is_transparent
    if is_transparent and output.get("format") == "jpeg":
        raise refusing.impossible("a JPEG has no transparency: say png or webp, or a background")
    return Plan(steps[0] if len(steps) == 1 else {"op": "pipeline", "steps": steps}, output)


def _steps(
    done: dict[str, Step], recolor: Step | None, ground: Ground, canvas: Canvas | None
) -> list[Step]:
    behind: list[Step] = []
    if canvas is not None:
        behind.append(canvas.step(ground.rgb))
    if ground.step is not None and (canvas is None or ground.rgb is None):
        behind.append(ground.step)
    # Recoloured where the old ground is gone already: else the product would be sought twice.
    is_cut = recolor is not None if behind else ground.is_transparent or "cutout" in done
    return [
        *(done[op] for op in _MENDING if op in done),
        *([{"op": "cutout"}] if is_cut else []),
        *([] if recolor is None else [recolor]),
        *behind,
        *([done["shadow"]] if "shadow" in done else []),
    ]


def _cut_first(steps: list[Step]) -> list[Step]:
    """As a channel's preset does it: cut out before it is placed."""
    if any(one["op"] == "cutout" for one in steps):
        return steps
    at = next(n for n, one in enumerate(steps) if one["op"] == "place")
    return [*steps[:at], {"op": "cutout"}, *steps[at:]]


def _refuse_ambiguous(wish: Wish) -> None:
    """Where one thing is possible and several are said, or one is both wanted and refused."""
    found = {
        name: [one.text for one in wanted]
        for name, kind, part in _ONE_AT_MOST
        if len(wanted := wish.wanted(kind, part)) > 1
    }
    refused = {(one.kind, one.name, one.part) for one in wish.heard if one.refused}
    both = [one for one in wish.heard if (one.kind, one.name, one.part) in refused]
    if contested := [one.text for one in both if not one.refused]:
        found["wanted and refused"] = contested
    if found:
        raise refusing.ambiguous(found)


def _check(place: Place, ground: Ground, *, is_cut: bool) -> None:
    """What the steps could not do together, before any of them is named."""
    preset = place.preset
    if preset is not None and preset.background.white == "required" and not ground.may_be_white:
        raise refusing.impossible(f"{preset.title}, wants the product on pure white")
    if place.canvas is None:
        return
    if ground.is_transparent or (is_cut and ground.step is None and preset is None):
        raise refusing.impossible(
            "a canvas of a given size has a ground: name its colour, or leave the size out"
        )
    if ground.keeps_its_own:
        raise refusing.impossible(
            "the picture's own ground has no other size: leave the size or the blur out"
        )


def _output(wish: Wish, preset: Preset | None) -> dict[str, Any]:
    said = [one.name for one in wish.wanted("format")]
    if preset is None:
        return {"format": said[0]} if said else {}
    if said and said[0] not in preset.file.formats:
        taken = ", ".join(preset.file.formats)
        raise refusing.impossible(f"{preset.title}, takes {taken}, and no {said[0]}")
    if said and said[0] != preset.make.format:
        return {"format": said[0]}
    return {"format": preset.make.format, "quality": preset.make.quality}
