"""Which score compares what with what; always on the decoded delivered file.

Everything is measured where the pictures lie, and comes to the host once, at the end.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from db.operations.base import Operation
from db.operations.checking import Check
from db.operations.pipeline import Pipeline
from db.operations.restoration import Upscale
from db.operations.showroom import Spin
from models.colour.sampling import colours_of
from models.images import Loaded
from models.made import Made
from models.metrics import agreement as agreed
from models.metrics import lost_share as lost
from models.metrics import mask_uncertainty as uncertainty
from models.metrics.back_projection import backproj_psnr_db
from models.metrics.bare import bare, dressed
from models.metrics.blockiness import blockiness
from models.metrics.colour_distance import colour_distance
from models.metrics.differences import largest
from models.metrics.edge_band import edge_band_diff
from models.metrics.gaussian_window import WINDOW
from models.metrics.label_iou import label_iou
from models.metrics.luma import luma
from models.metrics.mask import erode
from models.metrics.noise import noise_sigma
from models.metrics.psnr import psnr_db
from models.metrics.region_delta_e import region_delta_e
from models.metrics.sharpness import sharpness
from models.metrics.ssim import region_ssim, ssim, whole_and_region_ssim
from models.metrics.text_contrast import text_contrast
from workers.failures import Permanent
from workers.scores import IDENTICAL, Scores

METRIC_VERSION = 1
_ERODED_PX = 2
_LOWER_IS_BETTER = frozenset({"product_delta_e_mean", "product_delta_e_p95"})
_REPORTED = frozenset({"diversity", "content_ssim"})
_TRUSTED = frozenset({"mask_agreement", "lost_share", "mask_uncertainty"})
_CHECKED = frozenset({"fill_long_side", "fill_bbox", "fill_area", "background_white_share"})

Measured = dict[str, Tensor]
"""Each [1], on the device of the pictures; NaN where there is no number."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What a result may be compared with: the source, and what the caller sent along."""

    source: Tensor | None = None
    reference: Tensor | None = None
    mask: Tensor | None = None


def score(operation: Operation, made: Made, output: Loaded, given: Compared) -> Scores:
    """Every score that this operation's output has; all pictures lie on one device.

    Raises:
        Permanent: `reference_size` or `mask_size_mismatch`; nothing is resized silently.
    """
    image = output.image
    measured = _of_itself(image)
    reference = reference_of(operation, made, given)
    if reference is not None:
        measured |= _whole(image, rgb(reference), given.mask)
    frames: list[Measured] = []
    if made.product_mask is not None and made.expected_product is not None:
        layers = image, made.expected_product, made.product_mask
        frames = [_product(*(_cut(one, box) for one in layers)) for box in made.frames]
        measured |= _worst(frames) if frames else _product(*layers)
        if operation.reference != "own" and made.expected is not None:
            edge = edge_band_diff(image, rgb(made.expected), made.product_mask)
            measured |= {"edge_band_diff": edge}
    if made.matte is not None and made.independent_mask is not None and given.source is not None:
        measured |= _trust(made.matte, made.independent_mask, given.source)
    if made.edit_mask is not None and given.source is not None:
        measured |= _protected(image, given.source, made.edit_mask)
    if made.lettering is not None:
        measured |= {"text_contrast": text_contrast(image, made.lettering)}
    if made.asked is not None:
        measured |= {"label_iou": label_iou(image, made.asked)}
    if made.style is not None and given.source is not None:
        measured |= _styled(image, given.source, made.style, made.edit_mask)
    if isinstance(operation, Upscale) and given.source is not None:
        value = backproj_psnr_db(image, given.source, scale=operation.scale)
        measured |= {"backproj_psnr_db": value}
    scores = _scores(_on_host(measured), _numbers(made.report, _reported(operation)))
    return replace(scores, frames=tuple(_told(one) for one in frames))


def reference_of(operation: Operation, made: Made, given: Compared) -> Tensor | None:
    """What psnr_db and ssim compare with: the caller's picture before the operation's own."""
    own = made.expected if operation.reference == "own" else None
    return own if given.reference is None else given.reference


def rgb(image: Tensor) -> Tensor:
    """[N, 3, H, W] of grey, or of what has an alpha."""
    return image[:, :3] if image.shape[1] >= 3 else image.expand(-1, 3, -1, -1)


def _of_itself(image: Tensor) -> Measured:
    return {
        "noise_sigma": noise_sigma(image),
        "sharpness": sharpness(image),
        "blockiness": blockiness(image),
    }


def _whole(image: Tensor, reference: Tensor, mask: Tensor | None) -> Measured:
    if reference.shape != image.shape:
        raise Permanent(
            "reference_size",
            f"the reference is {_size(reference)}, the output {_size(image)}",
        )
    measured = {"psnr_db": psnr_db(image, reference)}
    if mask is None:
        return measured | {"ssim": _none(image) if _is_small(image) else ssim(image, reference)}
    if mask.shape[-2:] != image.shape[-2:]:
        raise Permanent(
            "mask_size_mismatch", f"the mask is {_size(mask)}, the output {_size(image)}"
        )
    whole, region = (
        (_none(image), _none(image))
        if _is_small(image)
        else whole_and_region_ssim(image, reference, mask=mask)
    )
    return measured | {
        "ssim": whole,
        "masked_psnr_db": psnr_db(image, reference, mask=mask),
        "masked_ssim": region,
    }


def _product(image: Tensor, expected: Tensor, mask: Tensor) -> Measured:
    inside = erode(mask, _ERODED_PX)
    mean, p95 = region_delta_e(image, expected, mask=inside)
    return {
        "product_psnr_db": psnr_db(image, expected, mask=inside),
        "product_ssim": _region(image, expected, inside),
        "product_delta_e_mean": mean,
        "product_delta_e_p95": p95,
    }


def _cut(image: Tensor, box: tuple[int, int, int, int]) -> Tensor:
    left, top, right, bottom = box
    return image[:, :, top:bottom, left:right].contiguous()


def _worst(frames: list[Measured]) -> Measured:
    """Of each score that of the worst frame; NaN, which is worse still, where one has none."""
    found = {}
    for name in frames[0]:
        values = torch.stack([one[name].view(()) for one in frames])
        found[name] = values.amax() if name in _LOWER_IS_BETTER else values.amin()
    return found


def _told(frame: Measured) -> dict[str, float | bool | None]:
    """One frame's own numbers."""
    found = _on_host(frame)
    return {**_finite(found), "product_identical": found["product_psnr_db"] == math.inf}


def _trust(matte: Tensor, independent: Tensor, source: Tensor) -> Measured:
    """How far the mask can be trusted that the product's scores rest on."""
    return {
        "mask_agreement": agreed.iou(matte, independent),
        "lost_share": lost.lost_share(source, matte),
        "mask_uncertainty": uncertainty.mask_uncertainty(matte),
    }


def _protected(image: Tensor, source: Tensor, edit_mask: Tensor) -> Measured:
    if source.shape != image.shape:
        return {}
    outside = dressed(bare(edit_mask) <= 0)
    return {
        "protected_psnr_db": psnr_db(image, source, mask=outside),
        "protected_ssim": _region(image, source, outside),
        "protected_max_abs": largest(image, source, where=outside) * 255,
    }


def _styled(image: Tensor, source: Tensor, style: Tensor, edit_mask: Tensor | None) -> Measured:
    """What is left of what it showed, and how near it came to the style."""
    planes = luma(image), luma(source)
    own, wanted = colours_of(image, where=edit_mask), style[0, :, 0].to(image.device)
    return {
        "content_ssim": _none(image) if _is_small(image) else ssim(*planes),
        "style_distance": colour_distance(own, wanted),
    }


def _region(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    return _none(a) if _is_small(a) else region_ssim(a, b, mask=mask)


def _is_small(image: Tensor) -> bool:
    return min(image.shape[-2:]) < WINDOW


def _none(image: Tensor) -> Tensor:
    return image.new_full((1,), torch.nan)


def _on_host(measured: Measured) -> dict[str, float]:
    """All at once: a device is waited for a single time."""
    numbers = torch.stack([value.double().view(()) for value in measured.values()]).tolist()
    return dict(zip(measured, numbers, strict=True))


def _reported(operation: Operation) -> frozenset[str]:
    """Which numbers of a report are scores; `place` reports the fill that it meant."""
    if isinstance(operation, Spin):  # whose pictures were open one at a time
        return _REPORTED | _TRUSTED
    return _REPORTED | _CHECKED if isinstance(operation, Check | Pipeline) else _REPORTED


def _numbers(
    report: Mapping[str, float | int | str | None], names: frozenset[str]
) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in report.items()
        if isinstance(value, int | float) and name in names
    }


def _scores(found: dict[str, float], reported: dict[str, float]) -> Scores:
    """Infinity, where pictures are identical, is stored as NULL and a flag."""
    if math.isnan(found.get("protected_psnr_db", 0.0)):  # an edit of everything protects nothing
        found = {name: value for name, value in found.items() if not name.startswith("protected_")}
    values = _finite(found | reported)
    return Scores(
        values=values,
        notes=_notes(found),
        identical=found.get("psnr_db") == math.inf,
        product_identical=found.get("product_psnr_db") == math.inf,
        protected_identical=found.get("protected_psnr_db") == math.inf,
        unproven="mask_agreement" in values and not _is_proven(values),
    )


def _finite(found: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in found.items()}


def _notes(found: Mapping[str, float]) -> dict[str, str]:
    """Why there is no number, where no flag of the result's says it."""
    notes = {"ssim": "too_small"} if math.isnan(found.get("ssim", 0.0)) else {}
    if found.get("backproj_psnr_db") == math.inf:
        notes["backproj_psnr_db"] = IDENTICAL
    return notes


def _is_proven(values: Mapping[str, float | None]) -> bool:
    agreement, share, unsure = (
        values[name] for name in ("mask_agreement", "lost_share", "mask_uncertainty")
    )
    return (
        agreement is not None
        and agreement >= agreed.LIMIT
        and (share is None or share <= lost.LIMIT)
        and (unsure is None or unsure <= uncertainty.LIMIT)
    )


def _size(image: Tensor) -> str:
    return f"{image.shape[-1]}×{image.shape[-2]}"
