"""Which score compares what with what; always on the decoded delivered file."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from db.operations.base import Operation
from db.operations.restoration import Upscale
from models.images import Loaded
from models.made import Made
from models.metrics import agreement as agreed
from models.metrics import lost_share as lost
from models.metrics import mask_uncertainty as uncertainty
from models.metrics.back_projection import backproj_psnr_db
from models.metrics.blockiness import blockiness
from models.metrics.delta_e import ciede2000
from models.metrics.edge_band import edge_band_diff
from models.metrics.mask import erode
from models.metrics.noise import noise_sigma
from models.metrics.psnr import psnr_db
from models.metrics.sharpness import sharpness
from models.metrics.ssim import TooSmall, region_ssim, ssim
from workers.failures import Permanent
from workers.scores import Scores

METRIC_VERSION = 1
_ERODED_PX = 2
_AT_A_TIME = 1 << 20


@dataclass(frozen=True, slots=True)
class Compared:
    """What a result may be compared with: the source, and what the caller sent along."""

    source: Tensor | None = None
    reference: Tensor | None = None
    mask: Tensor | None = None


def score(operation: Operation, made: Made, output: Loaded, given: Compared) -> Scores:
    """Every score that this operation's output has.

    Raises:
        Permanent: `reference_size` or `mask_size_mismatch`; nothing is resized silently.
    """
    image = output.image
    scores = Scores(values={**_of_itself(image), **_numbers(made.report)})
    own = made.expected if operation.reference == "own" else None
    reference = own if given.reference is None else given.reference
    if reference is not None:
        scores = _whole(scores, image, _rgb(reference), given.mask)
    if made.product_mask is not None and made.expected_product is not None:
        scores = _product(scores, image, made.product_mask, made.expected_product)
        if own is None and made.expected is not None:
            edge = edge_band_diff(image, _rgb(made.expected), made.product_mask)
            scores = _with(scores, edge_band_diff=_finite(edge))
    if made.matte is not None and made.independent_mask is not None and given.source is not None:
        scores = _trust(scores, made.matte, made.independent_mask, given.source)
    if made.edit_mask is not None and given.source is not None:
        scores = _protected(scores, image, given.source, made.edit_mask)
    if isinstance(operation, Upscale) and given.source is not None:
        value = backproj_psnr_db(image, given.source, scale=operation.scale)
        scores = _with(scores, backproj_psnr_db=_finite(value))
    return scores


def _of_itself(image: Tensor) -> dict[str, float | None]:
    return {
        "noise_sigma": _finite(noise_sigma(image)),
        "sharpness": _finite(sharpness(image)),
        "blockiness": _finite(blockiness(image)),
    }


def _numbers(report: Mapping[str, float | int | str | None]) -> dict[str, float | None]:
    return {
        name: float(value)
        for name, value in report.items()
        if isinstance(value, int | float) and name in {"diversity", "content_ssim"}
    }


def _whole(scores: Scores, image: Tensor, reference: Tensor, mask: Tensor | None) -> Scores:
    if reference.shape != image.shape:
        raise Permanent(
            "reference_size",
            f"the reference is {_size(reference)}, the output {_size(image)}",
        )
    psnr, identical = _psnr(image, reference)
    structure, notes = _ssim(image, reference)
    scores = _with(scores, psnr_db=psnr, ssim=structure)
    scores = replace(scores, identical=identical, notes={**scores.notes, **notes})
    if mask is None:
        return scores
    if mask.shape[-2:] != image.shape[-2:]:
        raise Permanent(
            "mask_size_mismatch", f"the mask is {_size(mask)}, the output {_size(image)}"
        )
    inside = (mask > 0.5).float()
    masked, _ = _psnr(image, reference, mask=inside)
    return _with(scores, masked_psnr_db=masked, masked_ssim=_region(image, reference, inside))


def _product(scores: Scores, image: Tensor, mask: Tensor, expected: Tensor) -> Scores:
    inside = erode(mask, _ERODED_PX)
    psnr, identical = _psnr(image, expected, mask=inside)
    mean, p95 = _delta_e(image, expected, inside)
    scores = replace(scores, product_identical=identical)
    return _with(
        scores,
        product_psnr_db=psnr,
        product_ssim=_region(image, expected, inside),
        product_delta_e_mean=mean,
        product_delta_e_p95=p95,
    )


def _trust(scores: Scores, matte: Tensor, independent: Tensor, source: Tensor) -> Scores:
    """How far the mask can be trusted that the product's scores rest on."""
    agreement = _finite(agreed.iou(matte, independent))
    share = _finite(lost.lost_share(source, matte))
    unsure = _finite(uncertainty.mask_uncertainty(matte))
    unproven = (
        agreement is None
        or agreement < agreed.LIMIT
        or (share is not None and share > lost.LIMIT)
        or (unsure is not None and unsure > uncertainty.LIMIT)
    )
    return replace(
        _with(scores, mask_agreement=agreement, lost_share=share, mask_uncertainty=unsure),
        unproven=unproven,
    )


def _protected(scores: Scores, image: Tensor, source: Tensor, edit_mask: Tensor) -> Scores:
    if source.shape != image.shape:
        return scores
    outside = (edit_mask <= 0).float()
    if not outside.any():
        return scores
    psnr, identical = _psnr(image, source, mask=outside)
    largest = ((image - source).abs() * outside).max() * 255
    scores = replace(scores, protected_identical=identical)
    return _with(
        scores,
        protected_psnr_db=psnr,
        protected_ssim=_region(image, source, outside),
        protected_max_abs=_finite(largest.view(1)),
    )


def _psnr(a: Tensor, b: Tensor, *, mask: Tensor | None = None) -> tuple[float | None, bool]:
    """The value, and whether the pictures are identical: infinity is stored as NULL and a flag."""
    value = float(psnr_db(a, b, mask=mask))
    return (None, True) if value == math.inf else (_finite(torch.tensor([value])), False)


def _ssim(a: Tensor, b: Tensor) -> tuple[float | None, dict[str, str]]:
    try:
        return _finite(ssim(a, b)), {}
    except TooSmall:
        return None, {"ssim": "too_small"}


def _region(a: Tensor, b: Tensor, mask: Tensor) -> float | None:
    try:
        return _finite(region_ssim(a, b, mask=mask))
    except TooSmall:
        return None


def _delta_e(a: Tensor, b: Tensor, mask: Tensor) -> tuple[float | None, float | None]:
    """Mean and 95th percentile over the mask, a million pixels at a time."""
    where = mask[0, 0] > 0.5
    if not where.any():
        return None, None
    columns = zip(
        torch.split(a[:, :, where], _AT_A_TIME, 2),
        torch.split(b[:, :, where], _AT_A_TIME, 2),
        strict=True,
    )
    differences = torch.cat([ciede2000(x[..., None], y[..., None])[0, :, 0] for x, y in columns])
    p95 = differences.kthvalue(max(1, math.ceil(0.95 * len(differences)))).values
    return float(differences.double().mean()), float(p95)


def _finite(value: Tensor) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


def _with(scores: Scores, **values: float | None) -> Scores:
    return replace(scores, values={**scores.values, **values})


def _rgb(image: Tensor) -> Tensor:
    return image[:, :3] if image.shape[1] >= 3 else image.expand(-1, 3, -1, -1)


def _size(image: Tensor) -> str:
    return f"{image.shape[-1]}×{image.shape[-2]}"
