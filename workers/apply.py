"""Where an operation meets its function in models/: one `case` each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from torch import Tensor

from db.operations.generation import Interpolate, Reconstruct, Sample, Vary
from db.operations.pipeline import Pipeline
from db.operations.product import Background, Cutout, Place, Recolor
from db.operations.restoration import Denoise, Upscale
from db.operations.scoring import Score
from db.operations.training import Train
from db.operations.union import AnyOperation
from models.editing.background import background
from models.editing.cutout import cutout
from models.editing.denoise import denoise
from models.editing.place import place
from models.editing.recolor import recolor
from models.editing.upscale import upscale
from models.generation.interpolate import interpolate
from models.generation.reconstruct import reconstruct
from models.generation.sample import sample
from models.generation.vary import vary
from models.images import Loaded
from models.made import Made
from workers.failures import Permanent
from workers.warm import Networks, Served


@dataclass(frozen=True, slots=True)
class Given:
    """What a job brings: its pictures and masks by role, its networks, its seed."""

    pictures: Mapping[str, Loaded]
    masks: Mapping[str, Tensor]
    networks: Networks
    seed: int

    def image(self, role: str = "picture") -> Tensor:
        return self.pictures[role].image

    def product_mask(self) -> Tensor | None:
        """The caller's mask, or the picture's own transparency; None: find the product."""
        return self.masks.get("mask", self.pictures["picture"].alpha)


def apply(operation: AnyOperation, given: Given) -> Made:
    """Run an operation on what it was given."""
    match operation:
        case Sample():
            return _sample(operation, given)
        case Reconstruct() | Vary() | Interpolate():
            return _through_vae(operation, given)
        case Pipeline():
            return _pipeline(operation, given)
        case Score():
            return Made(images=(given.image(),), expected=given.image("reference_picture"))
        case Train():
            raise AssertionError("training runs in a process of its own")
        case _:
            return _edit(operation, given)


def _edit(
    operation: Denoise | Upscale | Cutout | Background | Place | Recolor, given: Given
) -> Made:
    image = given.image()
    match operation:
        case Denoise(sigma=sigma, strength=strength, engine=engine):
            network = given.networks("denoiser").doors["denoise"] if engine == "network" else None
            return denoise(image, sigma=sigma, strength=strength, engine=engine, network=network)
        case Upscale(scale=scale):
            return upscale(image, scale=scale)
        case Cutout():
            return cutout(
                image,
                threshold=operation.threshold,
                feather_px=operation.feather_px,
                box=operation.box,
                decontaminate=operation.decontaminate,
                mask=given.product_mask(),
            )
        case Background():
            return background(image, rgb=operation.rgb, mask=given.product_mask())
        case Place():
            return place(
                image,
                width=operation.width,
                height=operation.height,
                fill_long_side=operation.fill_long_side,
                anchor=operation.anchor,
                margin_px=operation.margin_px,
                rgb=operation.rgb,
                mask=given.product_mask(),
            )
        case Recolor():
            return recolor(
                image,
                to_rgb=_rgb(operation.to_hex),
                from_rgb=None if operation.from_hex is None else _rgb(operation.from_hex),
                keep_luminance=operation.keep_luminance,
                strength=operation.strength,
                mask=given.product_mask(),
            )
        case _:
            assert_never(operation)


def _sample(operation: Sample, given: Given) -> Made:
    served = given.networks(operation.network)
    doors = served.doors
    draws = doors["generate"] if "generate" in doors else (doors["prior"], doors["decode"])
    return sample(
        draws,
        n=operation.n,
        label=label_of(served, operation.category),
        categories=len(served.card.categories),
        z_dim=int(served.card.config["z_dim"]),
        truncation=operation.truncation,
        seed=given.seed,
    )


def _through_vae(operation: Reconstruct | Vary | Interpolate, given: Given) -> Made:
    vae = given.networks("vae")
    label, categories = label_of(vae, operation.category), len(vae.card.categories)
    size, channels = int(vae.card.config["image_size"]), int(vae.card.config["channels"])
    encode, decode, prior = (vae.doors[name] for name in ("encode", "decode", "prior"))
    match operation:
        case Reconstruct():
            return reconstruct(
                given.image(),
                label=label,
                categories=categories,
                encode=encode,
                decode=decode,
                size=size,
                channels=channels,
            )
        case Vary(n=n, sigma=sigma):
            return vary(
                given.image(),
                label=label,
                categories=categories,
                n=n,
                sigma=sigma,
                seed=given.seed,
                encode=encode,
                decode=decode,
                prior=prior,
                z_dim=int(vae.card.config["z_dim"]),
                size=size,
                channels=channels,
            )
        case Interpolate(steps=steps):
            return interpolate(
                given.image("picture_a"),
                given.image("picture_b"),
                label=label,
                categories=categories,
                steps=steps,
                encode=encode,
                decode=decode,
                size=size,
                channels=channels,
            )
        case _:
            assert_never(operation)


def _pipeline(operation: Pipeline, given: Given) -> Made:
    """Each step on the picture that the one before made, transparency included."""
    made: list[Made] = []
    current = given.pictures["picture"]
    for number, step in enumerate(operation.steps):
        masks = _of_step(given.masks, number)
        made.append(_edit(step, replace(given, pictures={"picture": current}, masks=masks)))
        current = _loaded(made[-1].images[0])
    kept = made if operation.keep_steps else made[-1:]
    return replace(
        made[-1],
        images=tuple(one.images[0] for one in kept),
        report={
            f"{number}.{name}": value
            for number, one in enumerate(made)
            for name, value in one.report.items()
        },
    )


def _of_step(masks: Mapping[str, Tensor], number: int) -> dict[str, Tensor]:
    prefix = f"steps.{number}."
    return {
        role.removeprefix(prefix): mask for role, mask in masks.items() if role.startswith(prefix)
    }


def label_of(served: Served, category: str | None) -> int | None:
    """The number of a category by its name, whatever its case.

    Raises:
        Permanent: the version knows no such category.
    """
    if category is None:
        return None
    names = [name.lower() for name in served.card.categories]
    if category.lower() not in names:
        known = ", ".join(served.card.categories)
        raise Permanent("category_unknown", f"{served.label} knows {known}; not {category!r}")
    return names.index(category.lower())


def _loaded(image: Tensor) -> Loaded:
    """What the next step reads: colour over white, and the alpha that it had."""
    if image.shape[1] != 4:
        return Loaded(image.expand(-1, 3, -1, -1), None)
    colour, alpha = image[:, :3], image[:, 3:]
    return Loaded(colour * alpha + (1 - alpha), alpha)


def _rgb(hex_colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(hex_colour.removeprefix("#"))
    return red, green, blue
