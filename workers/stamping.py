"""An invisible mark for a result: put into its ground before encoding, found again after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from torch import Tensor
from torch.nn import functional as F

from models.made import Made
from models.watermarking import embed, find, payload
from workers import settings
from workers.failures import Permanent

_PREFIX_DIGITS: Final = payload.BITS // 4
_RIM_PX: Final = 4


@dataclass(frozen=True, slots=True)
class Stamp:
    """An image on its way to a file, and what its result tells of its mark.

    Attributes:
        told: 48 bits that are to be found in the file; None where nothing was put in.
        details: for the result; empty where no mark was asked for.
    """

    image: Tensor
    told: int | None
    details: Mapping[str, Any]

    def is_in(self, delivered: Tensor) -> bool:
        """Whether the decoded file says what it should; also where that is nothing."""
        if self.told is None:
            return True
        found = find.find(delivered, key=secrets()[0])
        return found is not None and found.told == self.told


def stamped(image: Tensor, made: Made, *, result_id: str) -> Stamp:
    """The image with the beginning of its result's id in the ground, where there is ground enough.

    Raises:
        Permanent: `watermark_key_missing`.
    """
    if not secrets():
        detail = "a watermark was asked for, and WORKER_WATERMARK_KEY is not set"
        raise Permanent("watermark_key_missing", detail)
    if made.product_mask is None:
        return without(image, "no_product")
    marked = embed.embed(image, free(made), key=secrets()[0], told=beginning(result_id))
    if marked is None:
        return without(image, "too_little_ground")
    psnr_db = round(marked.psnr_db, 2)
    details = {"state": "marked", "psnr_db": psnr_db, "area_px": marked.area_px}
    return Stamp(marked.image, beginning(result_id), {"watermark": details})


def without(image: Tensor, why: str) -> Stamp:
    """The image as it is, and why it has no mark."""
    return Stamp(image, None, {"watermark": {"state": "not_marked", "why": why}})


def free(made: Made) -> Tensor:
    """[1, 1, H, W], 1 where neither the product, nor its rim, nor what is protected lies."""
    kept = (made.product_mask if made.product_mask is not None else made.images[-1][:, :1]).float()
    for name in ("coverage", "matte"):
        coverage = made.stages.get(name)
        if coverage is not None and coverage.shape == kept.shape:
            kept = kept.maximum(coverage)
    around = F.max_pool2d((kept > 0).float(), 2 * _RIM_PX + 1, stride=1, padding=_RIM_PX)
    allowed = 1 - around
    if made.edit_mask is not None and made.edit_mask.shape == allowed.shape:
        allowed = allowed * (made.edit_mask > 0)
    return allowed


def secrets() -> tuple[str, ...]:
    """The first marks; all are looked for."""
    given = settings.get().watermark_key.get_secret_value()
    return tuple(key for one in given.split(",") if (key := one.strip()))


def beginning(result_id: str) -> int:
    """The first 48 bits of an id: its time in milliseconds."""
    return int(result_id.replace("-", "")[:_PREFIX_DIGITS], 16)


def prefix(told: int) -> str:
    """How an id begins that begins with these bits: `01a219d4-5167`."""
    digits = f"{told:0{_PREFIX_DIGITS}x}"
    return f"{digits[:8]}-{digits[8:]}"
