"""Where an editing operation meets its function in models/editing: one `case` each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from torch import Tensor

from db.operations.product import Background, Cutout, Place, Recolor
from db.operations.restoration import Denoise, Upscale
from db.operations.retouching import Inpaint, Outpaint
from models import weights
from models.editing.background import background
from models.editing.cutout import cutout
from models.editing.denoise import denoise
from models.editing.inpaint import inpaint
from models.editing.outpaint import outpaint
from models.editing.place import place
from models.editing.recolor import recolor
from models.editing.upscale import Enlarger, upscale
from models.images import Loaded
from models.made import Made
from workers.served import Networks
from workers.shelves import OpenShelf

Edit = Denoise | Upscale | Cutout | Background | Place | Recolor | Inpaint | Outpaint


@dataclass(frozen=True, slots=True)
class Given:
    """What a job brings: its pictures and masks by role, its networks, its seed, its datasets."""

    pictures: Mapping[str, Loaded]
    masks: Mapping[str, Tensor]
    networks: Networks
    seed: int
    shelves: OpenShelf | None = None

    @property
    def shelf(self) -> OpenShelf:
        """How it comes to a dataset; only who does a job as a row can give one."""
        if self.shelves is None:
            raise LookupError("there are no datasets here")
        return self.shelves

    def image(self, role: str = "picture") -> Tensor:
        return self.pictures[role].image

    def product_mask(self) -> Tensor | None:
        """The caller's mask, or the picture's own transparency; None: find the product."""
        return self.masks.get("mask", self.pictures["picture"].alpha)


def edit(operation: Edit, given: Given) -> Made:
    """Run an editing operation on its picture."""
    image, alpha = given.image(), given.pictures["picture"].alpha
    match operation:
        case Denoise(sigma=sigma, strength=strength, engine=engine):
            if engine == "classical":
                return denoise(
                    image, sigma=sigma, strength=strength, engine=engine, network=None, alpha=alpha
                )
            served = given.networks("denoiser")
            tiling = weights.tiling(served.card)
            return denoise(
                image,
                sigma=sigma,
                strength=strength,
                engine=engine,
                network=served.doors["denoise"],
                alpha=alpha,
                tile=tiling.tile,
                margin=tiling.margin,
                multiple=tiling.multiple,
            )
        case Upscale(scale=scale, engine=engine):
            enlarger = _enlarger(given) if engine == "network" else None
            return upscale(image, scale=scale, enlarger=enlarger, alpha=alpha)
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
        case Inpaint(dilate_px=dilate_px, feather_px=feather_px):
            mask = given.masks["mask"]
            return inpaint(
                image, mask=mask, dilate_px=dilate_px, feather_px=feather_px, alpha=alpha
            )
        case Outpaint():
            return outpaint(
                image,
                left=operation.left,
                right=operation.right,
                top=operation.top,
                bottom=operation.bottom,
                fill=operation.fill,
                alpha=alpha,
            )
        case _:
            assert_never(operation)


def _enlarger(given: Given) -> Enlarger:
    served = given.networks("upscaler")
    scale = int(served.card.config["scale"])
    return Enlarger(served.doors["upscale"], scale, weights.tiling(served.card))


def _rgb(hex_colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(hex_colour.removeprefix("#"))
    return red, green, blue
