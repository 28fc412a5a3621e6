"""A garment on a person: bent by landmarks, in the light of the clothes that it takes the place of.

No network draws anything, though one may tell where it goes: every pixel of the garment is its own
picture's, through a warp that is kept as proof (thin-plate splines, as Han et al. 2018 and Wang et
al. 2018 warp before they draw).
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from models import resampling
from models.editing.cutout import checked
from models.failures import CannotDo
from models.images import Loaded, quantise
from models.made import Made
from models.matting import matte
from models.matting.foreground import solid
from models.matting.matte import Finder
from models.metrics import agreement
from models.metrics.delta_e import colour_difference
from models.warping import clothes as worn
from models.warping.carried import Carried, carry
from models.warping.pairing import Named, Paired, Side, paired
from models.warping.shading import light_on, lit
from models.warping.told import Teller
from models.warping.warp import Method

_LEAST_SIDE = 32
_MOST_FOLDED = 0.002
# Of what was found without anybody's word: beyond these, it was found wrongly.
_LEAST_IOU, _MOST_STRETCH = {"tps": 0.85, "affine": 0.6}, 3.5
_LEAST_IOU_TOLD, _MOST_APART_PX = 0.85, 8.0


@dataclass(frozen=True, slots=True)
class Said:
    """What the caller knows of the two pictures; None: to be found.

    Attributes:
        clothes: [1, 1, H, W] of the body's picture: where the clothes are whose place it takes.
        front: [1, 1, H, W] of the body's picture: hair, hands and all else before the garment.
        garment: [1, 1, h, w] of the garment's picture.
        body_points: landmarks of the body's picture.
        garment_points: the same landmarks of the garment's.
    """

    clothes: Tensor | None = None
    front: Tensor | None = None
    garment: Tensor | None = None
    body_points: Named | None = None
    garment_points: Named | None = None


def try_on(
    body: Loaded,
    garment: Loaded,
    *,
    method: Method | Teller,
    shading: float,
    said: Said,
    find: Finder = matte.find,
) -> Made:
    """The person in the garment; what the garment does not cover stays bit for bit.

    Args:
        body: the person's picture.
        garment: the garment's, lying flat or as on an invisible mannequin, seen from the front.
        method: `tps` bends, `affine` only moves, turns, shears and stretches, by landmarks; or a
            network that tells how to bend it, to which no landmark is said.
        shading: 0 to 1, how much of the light on the old clothes the garment is given.
        said: what need not be found.
        find: what finds a person, or a garment, before its ground.
    """
    _refuse_small(body.image, garment.image)
    coverage, garment_trust = _garment(garment, said, find)
    clothes, body_trust = _clothes(body, said, find)
    pair = _paired(body, garment, clothes, coverage, said, method)
    height, width = _size(body.image)
    carried = carry(garment.image, coverage, pair.warp, height=height, width=width)
    iou = _fit_of(carried, clothes, pair, method)
    seen = _before(carried, clothes, said)
    if not bool((seen > 0.5).any()):
        raise CannotDo("garment_hidden", "Nothing of the garment would be seen in the picture.")
    unlit, output = _dressed(body, carried, seen, clothes, shading)
    trust = {"garment_agreement": garment_trust, "person_agreement": body_trust}
    return Made(
        (output,),
        product_mask=solid(seen),
        expected_product=unlit,
        edit_mask=(seen > 0).float(),
        report=_report(pair, carried, seen, unlit, output, iou, clothes, shading) | trust,
        details=({"warp": _stored(pair, carried, garment)},),
        stages={"garment": carried.alpha, "coverage": seen} | _seen_clothes(clothes),
    )


def _paired(
    body: Loaded,
    garment: Loaded,
    clothes: Tensor | None,
    coverage: Tensor,
    said: Said,
    method: Method | Teller,
) -> Paired:
    """By landmarks, or as a network tells it, if it tells the same of both in a mirror."""
    if not isinstance(method, Teller):
        return paired(
            Side(_size(body.image), said.body_points, clothes),
            Side(_size(garment.image), said.garment_points, coverage),
            method=method,
        )
    if clothes is None or said.garment_points is not None:
        raise ValueError("a network that tells the warp is said no landmarks")
    told = method(clothes, garment.image, coverage)
    if told.apart_px > _MOST_APART_PX:
        raise CannotDo(
            "pose_unclear",
            f"The network is not sure where the garment goes: in a mirror {told.apart_px:.1f} of "
            "192 pixels elsewhere.",
        )
    return Paired(told.warp, len(told.warp.control), None, automatic=True, apart_px=told.apart_px)


def _garment(garment: Loaded, said: Said, find: Finder) -> tuple[Tensor, float | None]:
    """Its coverage, and how well two ways to find it agree, where it was sought."""
    known = said.garment if said.garment is not None else garment.alpha
    if known is not None:
        if not bool((checked(known, garment.image) > 0.5).any()):
            raise CannotDo("mask_empty", "The garment's mask holds nothing.")
        return known, None
    try:
        found = find(garment.image)
    except CannotDo as error:
        if error.code != "no_product_found":
            raise
        raise CannotDo("garment_unclear", "No garment stands out from its ground.") from error
    agreed = float(agreement.iou(found.alpha, found.independent))
    if agreed < agreement.LIMIT:
        raise CannotDo(
            "garment_unclear",
            "Two ways to find the garment disagree: send it before a plain ground, cut it out, or "
            "send its mask.",
        )
    return found.alpha, agreed


def _clothes(body: Loaded, said: Said, find: Finder) -> tuple[Tensor | None, float | None]:
    """Where they are: as said; sought, where the landmarks are not said either."""
    for mask in (said.clothes, said.front):
        if mask is not None:
            checked(mask, body.image)
    if said.clothes is not None:
        if not bool((said.clothes > 0.5).any()):
            raise CannotDo("mask_empty", "The mask of the clothes holds nothing.")
        return said.clothes, None
    if said.body_points is not None:
        return None, None
    found = worn.find(body.image, body.alpha, finder=find)
    return found.mask, found.agreement


def _fit_of(
    carried: Carried, clothes: Tensor | None, pair: Paired, method: Method | Teller
) -> float | None:
    """How well the garment fills the clothes' place, if it does and nothing is turned over."""
    if carried.fold_share > _MOST_FOLDED:
        share = f"{carried.fold_share:.1%} of the garment would be turned over"
        if pair.automatic:
            raise CannotDo("pose_unclear", f"The pose cannot be told from the outline: {share}.")
        raise CannotDo("landmarks_fold", f"The landmarks cross each other: {share}.")
    iou = None if clothes is None else float(agreement.iou(carried.alpha, clothes))
    if not pair.automatic or iou is None:
        return iou
    if carried.stretch > _MOST_STRETCH:
        raise CannotDo(
            "cut_differs",
            f"The garment is cut unlike the clothes that it would cover: it would be stretched "
            f"{carried.stretch:.1f} times more one way than the other.",
        )
    if iou < _least_iou(pair, method):
        raise CannotDo(
            "pose_unclear",
            f"The garment would fill {iou:.0%} of where the clothes are: say where its landmarks "
            "go.",
        )
    return iou


def _least_iou(pair: Paired, method: Method | Teller) -> float:
    """Arms that hang must do so alike in both pictures: only all of the outline tells that."""
    if isinstance(method, Teller):
        return _LEAST_IOU_TOLD
    return _LEAST_IOU["tps" if pair.hanging else method]


def _before(carried: Carried, clothes: Tensor | None, said: Said) -> Tensor:
    """[1, 1, H, W]: how far the garment is seen: not before what lies in front of it."""
    seen = carried.alpha if clothes is None else torch.minimum(carried.alpha, clothes)
    if said.front is not None:
        seen = seen * (1 - said.front)
    # Less than half a level of an 8-bit file is nothing.
    return torch.where(seen < 1 / 255, 0.0, seen)


def _dressed(
    body: Loaded, carried: Carried, seen: Tensor, clothes: Tensor | None, shading: float
) -> tuple[Tensor, Tensor]:
    """The body in the garment as its picture has it, and as it is delivered."""
    colours = carried.colours
    if clothes is not None and shading > 0:
        light = torch.where(seen > 0, shading * light_on(body.image, clothes), 0.0)
        colours = lit(colours, light)
    unlit = torch.where(seen > 0, carried.colours, body.image)
    if body.alpha is None:
        return unlit, _over(body.image, colours, seen)
    own = resampling.lifted(body.image, body.alpha)[:, :3]
    alpha = seen + body.alpha * (1 - seen)
    mixed = (colours * seen + own * body.alpha * (1 - seen)) / alpha.clamp_min(1 / 1024)
    straight = torch.where(seen > 0, mixed.clamp(0, 1), own).masked_fill(alpha <= 0, 1.0)
    return unlit, torch.cat((straight, alpha), dim=1)


def _over(under: Tensor, over: Tensor, seen: Tensor) -> Tensor:
    return torch.where(seen > 0, under + seen * (over - under), under)


def _report(
    pair: Paired,
    carried: Carried,
    seen: Tensor,
    unlit: Tensor,
    output: Tensor,
    iou: float | None,
    clothes: Tensor | None,
    shading: float,
) -> dict[str, Any]:
    whole = solid(seen)[0, 0] > 0
    shown, meant = (quantise(one[0, :3][:, whole]) for one in (output, unlit))
    apart = colour_difference(shown, meant)
    uncovered = None
    if clothes is not None:
        left = ((clothes > 0.5) & (seen <= 0.5)).double().sum()
        uncovered = float(left / (clothes > 0.5).double().sum().clamp_min(1))
    return {
        "landmarks": _whence(pair),
        "points": pair.points,
        "fold_share": carried.fold_share,
        "stretch": carried.stretch,
        "bending": pair.warp.bending(),
        "clothes_iou": iou,
        "clothes_left_share": uncovered,
        "outline_symmetry": pair.symmetry,
        "told_apart_px": pair.apart_px,
        "shaded": "no" if clothes is None or shading == 0 else "yes",
        "covered_share": float((seen > 0.5).float().mean()),
        "garment_delta_e_median": float(apart.median()) if apart.numel() else None,
    }


def _whence(pair: Paired) -> str:
    if pair.apart_px is not None:
        return "told"
    if pair.hanging:
        return "found of the trunk"
    return "found" if pair.automatic else "given"


def _stored(pair: Paired, carried: Carried, garment: Loaded) -> dict[str, Any]:
    height, width = _size(garment.image)
    return pair.warp.stored() | {
        "garment_size": [width, height],
        "sampled_at": list(carried.sampled_at),
    }


def _seen_clothes(clothes: Tensor | None) -> dict[str, Tensor]:
    return {} if clothes is None else {"clothes": clothes}


def _size(image: Tensor) -> tuple[int, int]:
    return image.shape[2], image.shape[3]


def _refuse_small(*pictures: Tensor) -> None:
    if min(side for one in pictures for side in one.shape[2:]) < _LEAST_SIDE:
        raise CannotDo("image_too_small", f"A side of {_LEAST_SIDE} pixels at least is needed.")
