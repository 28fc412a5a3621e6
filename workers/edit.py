"""Where an editing operation meets its function in models/editing: one `case` each."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from torch import Tensor

from db.operations.appearance import STYLES, MatchColor, Relight, Shadow, Stylize
from db.operations.base import NetworkName
from db.operations.product import Background, Cutout, Place, Recolor
from db.operations.restoration import Deblock, Deblur, Denoise, Upscale
from db.operations.retouching import Inpaint, Outpaint
from db.operations.seeking import Seeking
from db.operations.trying_on import Points, TryOn
from models import calling
from models.data import style_pictures
from models.editing.background import background
from models.editing.cutout import cutout
from models.editing.deblock import deblock
from models.editing.deblur import deblur
from models.editing.denoise import denoise
from models.editing.drawing import Draw, drawer
from models.editing.inpaint import inpaint
from models.editing.match_color import match_color
from models.editing.mending import Mender
from models.editing.outpaint import outpaint
from models.editing.place import place
from models.editing.recolor import recolor
from models.editing.relight import relight
from models.editing.shadow import shadow
from models.editing.stylize import stylize
from models.editing.try_on import Said, try_on
from models.editing.upscale import Enlarger, upscale
from models.images import Loaded
from models.made import Made
from models.matting import learned, matte
from models.matting.matte import Finder
from models.restyling import Restyler
from models.warping.told import Teller
from models.warping.warp import Method
from workers.index import Index
from workers.moderation import Judge
from workers.plates import plate_of, seeds
from workers.served import Networks
from workers.shelves import OpenShelf
from workers.sources import File

Edit = (
    Denoise
    | Deblock
    | Deblur
    | Upscale
    | Cutout
    | Background
    | Place
    | Recolor
    | Shadow
    | Relight
    | MatchColor
    | Stylize
    | Inpaint
    | Outpaint
    | TryOn
)


@dataclass(frozen=True, slots=True)
class Given:
    """What a job brings: its pictures and masks by role, its networks, its seed, its datasets.

    Attributes:
        files: the pictures as they lie in the store, by role.
        keeps_stages: whether what is made on the way is kept too, as far as it costs memory.
        tenant: whose job it is.
    """

    pictures: Mapping[str, Loaded]
    masks: Mapping[str, Tensor]
    networks: Networks
    seed: int
    shelves: OpenShelf | None = None
    files: Mapping[str, File] = field(default_factory=dict)
    keeps_stages: bool = False
    vectors: Index | None = None
    judge: Judge | None = None
    tenant: str = ""

    @property
    def shelf(self) -> OpenShelf:
        """How it comes to a dataset; only who does a job as a row can give one."""
        if self.shelves is None:
            raise LookupError("there are no datasets here")
        return self.shelves

    @property
    def index(self) -> Index:
        """The vectors of its tenant; of a job as a row, too."""
        if self.vectors is None:
            raise LookupError("there is no index here")
        return self.vectors

    @property
    def policy(self) -> Judge:
        """Who judges its pictures; of a job as a row, too."""
        if self.judge is None:
            raise LookupError("there is no policy here")
        return self.judge

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
            mender = _mender(given, "denoiser") if engine == "network" else None
            return denoise(image, sigma=sigma, strength=strength, mender=mender, alpha=alpha)
        case Deblock(quality=quality, strength=strength, engine=engine):
            mender = _mender(given, "deblocker") if engine == "network" else None
            return deblock(image, quality=quality, strength=strength, mender=mender, alpha=alpha)
        case Deblur(engine=engine):
            return deblur(
                image,
                radius_px=operation.radius_px,
                noise=operation.noise,
                strength=operation.strength,
                mender=_mender(given, "deblurrer") if engine == "network" else None,
                alpha=alpha,
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
                find=finder_of(given, operation),
            )
        case Background():
            drawn = seeds(operation, seed=given.seed)
            made = background(
                image,
                plates=[plate_of(operation, given.pictures, seed=one) for one in drawn],
                mask=given.product_mask(),
                find=finder_of(given, operation),
                keeps_plate=given.keeps_stages,
            )
            if operation.kind != "generated":
                return made
            return replace(made, details=tuple({"seed": one} for one in drawn))
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
                find=finder_of(given, operation),
            )
        case Recolor():
            return recolor(
                image,
                to_rgb=_rgb(operation.to_hex),
                from_rgb=None if operation.from_hex is None else _rgb(operation.from_hex),
                keep_luminance=operation.keep_luminance,
                strength=operation.strength,
                mask=given.masks.get("mask"),
                alpha=alpha,
            )
        case Shadow():
            return shadow(
                image,
                kind=operation.kind,
                angle_deg=operation.angle_deg,
                length=operation.length,
                blur_px=operation.blur_px,
                opacity=operation.opacity,
                mask=given.masks.get("mask"),
                alpha=alpha,
                find=finder_of(given, operation),
            )
        case Relight():
            return relight(
                given.pictures["picture"],
                auto=operation.is_automatic,
                exposure_ev=operation.exposure_ev,
                warmth=operation.temperature,
                contrast=operation.contrast,
                target=given.pictures.get("target"),
            )
        case MatchColor():
            return match_color(
                given.pictures["picture"],
                target=given.pictures["target"],
                strength=operation.strength,
                region=operation.region,
                target_region=operation.target_region or operation.region,
                mask=given.masks.get("mask"),
            )
        case Stylize():
            return stylize(
                given.pictures["picture"],
                style=_style(operation, given),
                strength=operation.strength,
                protect_product=operation.protect_product,
                mask=given.masks.get("mask"),
                restyler=_restyler(given) if operation.method == "adain" else None,
            )
        case Inpaint(dilate_px=dilate_px, feather_px=feather_px):
            mask = given.masks["mask"]
            return inpaint(
                image,
                mask=mask,
                dilate_px=dilate_px,
                feather_px=feather_px,
                alpha=alpha,
                draw=_drawer(given) if operation.engine == "network" else None,
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
        case TryOn():
            return try_on(
                given.pictures["picture"],
                given.pictures["garment"],
                method=_method(operation, given),
                shading=operation.shading,
                said=Said(
                    clothes=given.masks.get("clothes_mask"),
                    front=given.masks.get("front_mask"),
                    garment=given.masks.get("garment_mask"),
                    body_points=_points(operation.body_points),
                    garment_points=_points(operation.garment_points),
                ),
                find=finder_of(given, operation),
            )
        case _:
            assert_never(operation)


def _mender(given: Given, network: NetworkName) -> Mender:
    served = given.networks(network)
    return Mender(served.doors["denoise"], calling.tiling(served.card))


def finder_of(given: Given, operation: Seeking) -> Finder:
    if operation.engine == "classical":
        return matte.find
    return learned.finder(given.networks("matte").doors["matte"])


def _drawer(given: Given) -> Draw:
    """Texture for the films over holes, by the network that is served."""
    return drawer(given.networks("inpainter").doors["fill"])


def _enlarger(given: Given) -> Enlarger:
    served = given.networks("upscaler")
    scale = int(served.card.config["scale"])
    return Enlarger(served.doors["upscale"], scale, calling.tiling(served.card))


def _style(operation: Stylize, given: Given) -> Loaded:
    """The caller's picture, or the one that ships under this name."""
    if operation.style in STYLES:
        return Loaded(style_pictures.drawn(operation.style), None)
    return given.pictures["style"]


def _restyler(given: Given) -> Restyler:
    served = given.networks("style")
    doors = served.doors
    return Restyler(doors["measure"], doors["restyle"], calling.tiling(served.card))


def _method(operation: TryOn, given: Given) -> Method | Teller:
    if operation.method == "model":
        return Teller(given.networks("warp").doors["warp"])
    return operation.method


def _points(named: Points | None) -> dict[str, tuple[float, float]] | None:
    return None if named is None else {str(name): point for name, point in named.items()}


def _rgb(hex_colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(hex_colour.removeprefix("#"))
    return red, green, blue
