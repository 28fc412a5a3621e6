"""What was measured of one picture, and whether it passes the caller's gates."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

IDENTICAL = "identical"


@dataclass(frozen=True, slots=True)
class Scores:
    """A picture's numbers. None: there was nothing to compare with, or a note says why.

    Attributes:
        frames: of a sheet of views each one's own numbers, in their order.
    """

    values: dict[str, float | None] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    identical: bool = False
    product_identical: bool = False
    protected_identical: bool = False
    unproven: bool = False
    frames: tuple[Mapping[str, float | bool | None], ...] = ()

    def stored(self) -> dict[str, object]:
        """As the result's row keeps them."""
        notes = {"notes": self.notes} if self.notes else {}
        return {**self.values, **notes, **({"frames": list(self.frames)} if self.frames else {})}

    def told(self) -> dict[str, int]:
        """What the job's report says of them: the frame whose product differs most."""
        if not self.frames:
            return {}
        places = range(len(self.frames))
        return {"worst_frame": min(places, key=lambda place: _decibels(self.frames[place]))}


def _decibels(frame: Mapping[str, float | bool | None]) -> float:
    """What was not measured is worst, what is identical best."""
    value = frame["product_psnr_db"]
    if value is None:
        return math.inf if frame["product_identical"] else -math.inf
    return value


def missed(scores: Scores, gates: Mapping[str, tuple[float | None, float | None]]) -> list[str]:
    """The gates that a result does not pass, each as a sentence."""
    return [
        f"{name} is {_said(scores, name)}, expected {_bounds(least, most)}"
        for name, (least, most) in gates.items()
        if not _passes(scores, name, least, most)
    ]


_FLAGS = {
    "psnr_db": "identical",
    "ssim": "identical",
    "product_psnr_db": "product_identical",
    "product_ssim": "product_identical",
    "protected_psnr_db": "protected_identical",
    "protected_ssim": "protected_identical",
}


def _passes(scores: Scores, name: str, least: float | None, most: float | None) -> bool:
    """A flag satisfies every `min`; a score that does not exist satisfies nothing."""
    value = scores.values.get(name)
    if value is None:
        is_identical = scores.notes.get(name) == IDENTICAL or bool(
            getattr(scores, _FLAGS.get(name, ""), False)
        )
        return is_identical and most is None
    return (least is None or value >= least) and (most is None or value <= most)


def _said(scores: Scores, name: str) -> str:
    value = scores.values.get(name)
    return "not measured" if value is None else f"{value:.4g}"


def _bounds(least: float | None, most: float | None) -> str:
    sides = [
        f"{word} {value:g}"
        for word, value in (("at least", least), ("at most", most))
        if value is not None
    ]
    return " and ".join(sides) or "a number"
