"""What the gallery shows: the list to which another operation adds a line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from db.operations.base import Operation
from db.operations.union import OPERATIONS


@dataclass(frozen=True, slots=True)
class Entry:
    """One job whose pictures stand on the sheet of its operation.

    Attributes:
        op: the operation.
        picture: name of what it works on, in `examples/gallery_pictures.py`; "" if on nothing.
        parameters: the operation's own.
        roles: names of pictures by role, where there is another than `picture`; see `listed`.
        reference: name of what the result is measured against.
        in_detail: show the middle only, so large that one sees pixels.
        envelope: what else the order says; with `explain` the result's stages stand behind it.
    """

    op: str
    picture: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    reference: str = ""
    in_detail: bool = False
    envelope: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_explained(self) -> bool:
        return bool(self.envelope.get("explain"))

    @property
    def pictures(self) -> dict[str, str]:
        """Every picture's name, by its role in the order."""
        return {**({"picture": self.picture} if self.picture else {}), **self.roles}


def listed(role: str, names: Sequence[str]) -> dict[str, str]:
    """Roles of the pictures of a parameter that takes a list of them."""
    return {f"{role}.{place}": name for place, name in enumerate(names)}


def as_ordered(pictures: Mapping[str, str]) -> dict[str, str | list[str]]:
    """By the parameter that names them: of `liked.0` and `liked.1` one list."""
    found: dict[str, str | list[str]] = {}
    for role, one in pictures.items():
        name, _, place = role.partition(".")
        before = found.get(name, [])
        found[name] = [*before, one] if place else one
    return found


def makes_pictures(kind: type[Operation]) -> bool:
    """Others end in numbers, words or versions."""
    return kind.outcome == "pictures"


def missing() -> list[str]:
    """Operations that make pictures and have no entry, each as the line that would add one."""
    shown = {entry.op for entry in ENTRIES}
    return [
        f'Entry("{op}", "headphones", {{}}),'
        for op, kind in OPERATIONS.items()
        if makes_pictures(kind) and op not in shown
    ]


_TONED: Final = (
    {"op": "recolor", "to_hex": "#b3532f"},
    {"op": "background", "kind": "studio", "rgb": [244, 238, 230]},
    {"op": "shadow"},
)
_CLEANED: Final = (
    {"op": "denoise", "sigma": 12},
    {"op": "place", "width": 1000, "height": 1000, "fill_long_side": 0.85},
)
_LEARNED: Final = {"engine": "network"}
_BY_NETWORK: Final = {"method": "adain"}
_OTHER_LIGHT: Final = {"brightness": 0.4, "saturation": 0.6, "hue": 0.2}
_DAWN: Final = [[250, 214, 190], [150, 170, 210]]
_ONE_TO_ANOTHER: Final = {"picture_a": "sneaker 3", "picture_b": "ankle boot 5"}
_LIGHT: Final = {"liked.0": "t-shirt 5", "liked.1": "dress 3",
                 "disliked.0": "t-shirt 3", "disliked.1": "dress 5"}  # fmt: skip
_DARK: Final = {"liked.0": "t-shirt 3", "liked.1": "dress 5",
                "disliked.0": "t-shirt 5", "disliked.1": "dress 3"}  # fmt: skip
_SHIRT_TO_DRESS: Final = {"picture_a": "t-shirt 3", "picture_b": "dress 5"}

_SIZES: Final = ["square", "story", "landscape"]
_HEADLINE: Final = {"headline": "Hear every detail of the room", "price": "€149.00",
                    "cta": "Shop now", "badge": "New", "sizes": _SIZES}  # fmt: skip
_BOOTS: Final = {"headline": "Boots for every kind of winter", "price": "€89.00",
                 "cta": "Find your size", "sizes": _SIZES}  # fmt: skip
_PLANE: Final = {"headline": "Ready for take-off", "price": "€24.90", "cta": "To the shop"}

_TURNED: Final = tuple(f"biplane, turned {angle}" for angle in range(0, 360, 15))
_EXPLAINED: Final = {"explain": True, "output": {"format": "jpeg", "quality": 50}}

ENTRIES: Final = (
    Entry("cutout", "biplane"),
    Entry("cutout", "desk lamp"),
    Entry("cutout", "booties", {"feather_px": 6}),
    Entry("cutout", "deck chair"),
    Entry("background", "biplane"),
    Entry("background", "biplane", {"kind": "gradient", "palette": _DAWN}),
    Entry("background", "biplane", {"kind": "studio", "rgb": [232, 214, 190]}),
    Entry("background", "biplane", {"kind": "blur"}),
    Entry("background", "biplane", {"rgb": [250, 232, 236]}),
    Entry("background", "biplane", {"kind": "picture"}, {"plate": "meadow"}),
    Entry("background", "biplane", {"kind": "generated", "seed": 6}),
    Entry("background", "booties", {"kind": "studio", "rgb": [232, 214, 190]},
          envelope=_EXPLAINED),
    Entry("place", "desk lamp"),
    Entry("place", "desk lamp", {"fill_long_side": 0.5, "anchor": "bottom_right", "margin_px": 60}),
    Entry("place", "desk lamp", {"width": 800, "height": 1000, "rgb": [250, 244, 236]}),
    Entry("place", "biplane", {"width": 1200, "height": 800}),
    Entry("place", "booties", {"anchor": "bottom", "rgb": [238, 240, 243]}),
    Entry("place", "wooden box", {"fill_long_side": 0.7}, envelope=_EXPLAINED),
    Entry("ad", "headphones", _HEADLINE),
    Entry("ad", "booties", {**_BOOTS, "template": "stage"}),
    Entry("ad", "biplane", {**_PLANE, "template": "band", "variants": 2}),
    Entry("spin", roles=listed("views", _TURNED),
          parameters={"frame_width": 240, "frame_height": 180}),
    Entry("spin", roles=listed("views", _TURNED[::3]),
          parameters={"sizing": "height", "columns": 4, "opacity": 0.0, "rgb": [232, 238, 244]}),
    Entry("recolor", "booties", {"to_hex": "#7a1f2b"}),
    Entry("recolor", "booties", {"to_hex": "#2c5d8f"}),
    Entry("recolor", "booties", {"to_hex": "#2c5d8f", "strength": 0.5}),
    Entry("recolor", "towel rack", {"to_hex": "#c98a1b"}),
    Entry("recolor", "deck chair", {"from_hex": "#2fa8dc", "to_hex": "#d9482b"}),
    Entry("shadow", "cup cake, cut out"),
    Entry("shadow", "cup cake, cut out", {"kind": "drop", "angle_deg": 30.0}),
    Entry("shadow", "cup cake, cut out", {"kind": "reflection"}),
    Entry("shadow", "wooden box, cut out"),
    Entry("shadow", "wooden box, cut out", {"kind": "drop", "length": 0.2, "blur_px": 14.0}),
    Entry("shadow", "wooden box, cut out", {"kind": "reflection", "opacity": 0.6}),
    Entry("relight", "booties, badly lit", reference="booties"),
    Entry("relight", "booties, badly lit", {"exposure_ev": 1.3}, reference="booties"),
    Entry("relight", "booties, badly lit", {"exposure_ev": 1.3, "temperature": -30.0},
          reference="booties"),
    Entry("relight", "booties, badly lit", roles={"target": "booties"}, reference="booties"),
    Entry("relight", "bed", {"temperature": 35.0}),
    Entry("match_color", "cup cake", roles={"target": "dandelion"}),
    Entry("match_color", "cup cake", {"strength": 0.5}, {"target": "dandelion"}),
    Entry("match_color", "biplane", {"region": "ground", "target_region": "whole"},
          {"target": "bed"}),
    Entry("match_color", "biplane", {"region": "product"}, {"target": "bed"}),
    Entry("stylize", "wooden box", roles={"style": "meadow"}),
    Entry("stylize", "wooden box", {"protect_product": False}, {"style": "meadow"}),
    Entry("stylize", "wooden box", {"protect_product": False, "strength": 0.5},
          {"style": "meadow"}),
    Entry("stylize", "desk lamp", roles={"style": "dandelion"}),
    Entry("stylize", "biplane", {"protect_product": False}, {"style": "meadow"}),
    Entry("stylize", "biplane", {"protect_product": False, **_BY_NETWORK}, {"style": "meadow"}),
    Entry("stylize", "biplane", _BY_NETWORK, {"style": "meadow"}),
    Entry("denoise", "cup cake, noise 40", {"sigma": 40.0}, reference="cup cake", in_detail=True),
    Entry("denoise", "cup cake, noise 40", {"engine": "classical"}, reference="cup cake",
          in_detail=True),
    Entry("denoise", "cup cake, noise 40", {"strength": 0.5}, reference="cup cake",
          in_detail=True),
    Entry("denoise", "booties, noise 25", reference="booties", in_detail=True),
    Entry("denoise", "desk lamp, noise 25", reference="desk lamp", in_detail=True),
    Entry("deblock", "booties, JPEG 12", reference="booties", in_detail=True),
    Entry("deblock", "desk lamp, JPEG 12", reference="desk lamp", in_detail=True),
    Entry("deblock", "cup cake, JPEG 12", {"strength": 0.5}, reference="cup cake", in_detail=True),
    Entry("deblur", "booties, out of focus", reference="booties", in_detail=True),
    Entry("deblur", "cup cake, out of focus", reference="cup cake", in_detail=True),
    Entry("deblur", "cup cake, out of focus", {"radius_px": 2.5}, reference="cup cake",
          in_detail=True),
    Entry("upscale", "table with tablecloth, half size", reference="table with tablecloth",
          in_detail=True),
    Entry("upscale", "table with tablecloth, half size", _LEARNED,
          reference="table with tablecloth", in_detail=True),
    Entry("upscale", "table with tablecloth, half size", {"scale": 4, **_LEARNED}, in_detail=True),
    Entry("upscale", "cup cake, half size", reference="cup cake", in_detail=True),
    Entry("upscale", "cup cake, half size", _LEARNED, reference="cup cake",
          in_detail=True),
    Entry("upscale", "cup cake, half size", {"scale": 4, **_LEARNED}, in_detail=True),
    Entry("inpaint", "scissors", roles={"mask": "scissors, mask"}),
    Entry("inpaint", "meadow", {"feather_px": 6}, {"mask": "meadow, mask"}),
    Entry("outpaint", "headphones", {"left": 160, "right": 160}),
    Entry("outpaint", "dandelion", {"top": 120, "right": 160, "fill": "mirror"}),
    Entry("try_on", "drawn person", roles={"garment": "drawn shirt"}),
    Entry("pipeline", "booties, cut out", {"steps": _TONED, "keep_steps": True}),
    Entry("pipeline", "biplane, noise 12", {"steps": _CLEANED, "keep_steps": True}),
    Entry("sample", "", {"category": "ankle boot", "n": 8, "seed": 11}),
    Entry("sample", "", {"category": "dress", "n": 8, "truncation": 0.7, "seed": 11}),
    Entry("sample", "", {"network": "vae", "category": "bag", "n": 8, "seed": 11}),
    Entry("sample", "", {"version": "gan-catalogue@1", "category": "seating", "n": 8, "seed": 11}),
    Entry("translate", "deck chair", {"kind": "photograph", "category": "seating"}),
    Entry("translate", "desk lamp", {"kind": "photograph", "category": "lighting"}),
    Entry("translate", "wooden box", {"kind": "photograph", "category": "storage"}),
    Entry("reconstruct", "ankle boot 3"),
    Entry("reconstruct", "bag 3"),
    Entry("reconstruct", "dress 3"),
    Entry("reconstruct", "trousers 3"),
    Entry("vary", "ankle boot 3", {"n": 7, "sigma": 0.4, "seed": 5}),
    Entry("vary", "ankle boot 3", {"n": 7, "sigma": 0.9, "seed": 5}),
    Entry("vary", "dress 3", {"n": 7, "sigma": 0.7, "seed": 5}),
    Entry("personalize", "", {"n": 4, "category": "dress", "seed": 5}, _LIGHT),
    Entry("personalize", "", {"n": 4, "category": "dress", "seed": 5}, _DARK),
    Entry("interpolate", "", {"steps": 8}, _ONE_TO_ANOTHER),
    Entry("interpolate", "", {"steps": 8}, _SHIRT_TO_DRESS),
    Entry("augment", "scissors", {"rotate_deg": 30.0, "scale": 0.2, "n": 7, "seed": 2}),
    Entry("augment", "cup cake", {"flip": True, "crop": 0.25, "n": 7, "seed": 2}),
    Entry("augment", "booties", {"jitter": _OTHER_LIGHT, "n": 7, "seed": 2}),
    Entry("check", "biplane", {"preset": "amazon_main", "fix": True}),
    Entry("explain", "ankle boot 3", {"method": "occlusion"}),
    Entry("explain", "", {"method": "latent", "version": "vae-catalogue@1", "rows": 4, "seed": 4}),
)  # fmt: skip
