"""What the demo asks for: about forty jobs, every operation among them."""

from dataclasses import dataclass, field
from typing import Any, Literal

from PIL import Image

from examples.pictures import garments, half, noisy, photographs, products, shot

Place = Literal["edited", "sampled", "reconstructed", "varied", "trained", "none"]
GARMENTS_EACH = 6
TRAINED_ON = 1_200


@dataclass(frozen=True, slots=True)
class Wish:
    """One job to be, what it is called, and where its pictures stand on the contact sheet.

    Attributes:
        op: the operation.
        name: what it is of.
        parameters: the operation's own.
        pictures: pictures by role, sent before.
        reference: what the output is measured against.
        place: part of the contact sheet.
    """

    op: str
    name: str
    parameters: dict[str, Any] = field(default_factory=dict)
    pictures: dict[str, Image.Image] = field(default_factory=dict)
    reference: Image.Image | None = None
    place: Place = "edited"

    @property
    def before(self) -> Image.Image | None:
        return next(iter(self.pictures.values()), None)


def wishes(dataset: str, pictures_in_it: int) -> list[Wish]:
    """Every job but the last, which needs what the training makes."""
    return [
        _training(dataset, pictures_in_it),
        *_restored(),
        *_edited(),
        *_sampled(),
        *_through_the_vae(),
    ]


def drawn_by(version: str) -> Wish:
    """New garments from a version that was trained a moment ago."""
    parameters = {"network": "vae", "version": version, "n": 10, "seed": 11}
    return Wish("sample", f"all, by {version}", parameters, place="trained")


def _training(dataset: str, pictures_in_it: int) -> Wish:
    large = pictures_in_it > TRAINED_ON
    parameters = {
        "dataset": dataset,
        "network": "vae",
        "epochs": 4 if large else 12,
        "batch_size": 32 if large else 16,
        "label": "vae-demo",
        "seed": 3,
        **({"max_images": TRAINED_ON} if large else {}),
    }
    return Wish("train", f"vae on {dataset}", parameters, place="none")


def _restored() -> list[Wish]:
    found = photographs()
    cake = shot(products()["cup cake"], top=(214, 226, 230), bottom=(236, 238, 236)).image
    cloth = shot(
        products()["table with tablecloth"], top=(205, 216, 208), bottom=(228, 232, 226)
    ).image
    boots = shot(products()["booties"], top=(196, 190, 182), bottom=(222, 216, 208)).image
    # Renders only: the photographs are among what the denoiser learned from.
    denoised = [
        Wish("denoise", f"{name}, noise {sigma}", given, {"picture": noisy(clean, sigma)}, clean)
        for name, clean, sigma, given in (
            ("cup cake", cake, 40, {"sigma": 40}),
            ("tablecloth", cloth, 25, {"sigma": 25}),
            ("booties", boots, 15, {"engine": "network"}),
            ("booties, classical", boots, 15, {"engine": "classical"}),
        )
    ]
    upscaled = [
        Wish("upscale", name, {"scale": 2}, {"picture": half(clean)}, clean)
        for name, clean in (("meadow", found["meadow"]), ("tablecloth", cloth))
    ]
    scored = Wish(
        "score",
        "cup cake, noisy against clean",
        {},
        {"picture": noisy(cake, 10), "reference_picture": cake},
        place="none",
    )
    return [*denoised, *upscaled, scored]


def _edited() -> list[Wish]:
    found = products()
    blue = {"top": (176, 190, 204), "bottom": (206, 214, 222)}
    sand = {"top": (214, 200, 182), "bottom": (230, 220, 206)}
    green = {"top": (188, 202, 186), "bottom": (214, 222, 208)}
    chair, box = shot(found["deck chair"], **sand), shot(found["wooden box"], **blue)
    cake = shot(found["cup cake"], **green)
    phones, plane = shot(found["headphones"], **sand), shot(found["biplane"], **blue)
    boots, towel = shot(found["booties"], **sand), shot(found["towel rack"], **sand)
    lamp, bed = shot(found["desk lamp"], **blue), shot(found["bed"], **sand)
    scissors = shot(found["scissors"], **green)
    clean = [
        {"op": "denoise", "sigma": 12},
        {"op": "place", "width": 1000, "height": 1000, "fill_long_side": 0.85},
    ]
    toned = [
        {"op": "recolor", "to_hex": "#b3532f"},
        {"op": "background", "rgb": [244, 238, 230]},
    ]
    rows: list[tuple[str, str, dict[str, Any], Image.Image]] = [
        ("background", "headphones", {"rgb": [255, 255, 255]}, phones.image),
        ("background", "cup cake", {"rgb": [250, 232, 236]}, cake.image),
        ("background", "bed", {"rgb": [255, 255, 255]}, bed.image),
        ("place", "desk lamp", {"width": 1000, "height": 1000}, lamp.image),
        (
            "place",
            "scissors",
            {"width": 800, "height": 1000, "rgb": [250, 244, 236]},
            scissors.image,
        ),
        ("cutout", "deck chair", {}, chair.image),
        ("cutout", "biplane", {"feather_px": 1}, plane.image),
        ("recolor", "booties", {"to_hex": "#7a1f2b"}, boots.image),
        ("recolor", "towel rack", {"to_hex": "#c98a1b"}, towel.image),
        ("pipeline", "wooden box, denoise + place", {"steps": clean}, noisy(box.image, 12)),
        ("pipeline", "booties, recolor + ground", {"steps": toned}, boots.product),
        (
            "background",
            "fan, transparent",
            {"rgb": [225, 233, 238]},
            shot(found["fan"], **blue).product,
        ),
    ]
    return [Wish(op, name, given, {"picture": image}) for op, name, given, image in rows]


def _sampled() -> list[Wish]:
    drawn = [
        ("gan", category, GARMENTS_EACH, 100 + number)
        for number, (category, _) in enumerate(garments(0))
    ]
    drawn += [("vae", "sneaker", 5, 1), ("vae", "dress", 5, 2), ("vae", "bag", 5, 3)]
    return [
        Wish(
            "sample",
            f"{category}, {network}",
            {"network": network, "category": category, "n": n, "seed": seed},
            place="sampled",
        )
        for network, category, n, seed in drawn
    ]


def _through_the_vae() -> list[Wish]:
    shown, others = garments(3), garments(5)
    pictures = dict(shown)
    rebuilt = [
        Wish("reconstruct", category, {}, {"picture": image}, place="reconstructed")
        for category, image in shown
        if category in ("t-shirt", "trousers", "dress", "sneaker", "bag", "ankle boot")
    ]
    varied = [
        Wish(
            "vary",
            category,
            {"n": 7, "sigma": 0.7, "seed": 5},
            {"picture": pictures[category]},
            place="varied",
        )
        for category in ("ankle boot", "pullover")
    ]
    ways = [
        Wish(
            "interpolate",
            f"{one} to {other}",
            {"steps": 8},
            {"picture_a": pictures[one], "picture_b": dict(others)[other]},
            place="varied",
        )
        for one, other in (("sneaker", "ankle boot"), ("t-shirt", "dress"))
    ]
    return [*rebuilt, *varied, *ways]
