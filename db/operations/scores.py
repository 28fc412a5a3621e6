"""Every score by its name: its unit, what it compares, and which way is better.

All are of the decoded delivered file, 8-bit sRGB (`metric_version` 1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

ScoreName = Literal[
    "psnr_db", "ssim", "product_psnr_db", "product_ssim", "product_delta_e_mean",
    "product_delta_e_p95", "protected_psnr_db", "protected_ssim", "protected_max_abs",
    "backproj_psnr_db", "edge_band_diff", "mask_agreement", "lost_share", "mask_uncertainty",
    "diversity", "masked_psnr_db", "masked_ssim", "content_ssim", "style_distance",
    "fill_long_side", "fill_bbox", "fill_area", "background_white_share", "text_contrast",
    "label_iou",
]  # fmt: skip
"""Those that a job may be gated by."""

Better = Literal["higher", "lower", "as wanted"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a number says.

    Attributes:
        unit: dB, ΔE, levels of 8 bits, a share of 0 to 1; "" where it has none.
    """

    says: str
    unit: str
    better: Better


_PRODUCT = "product beside the source's, through the stored placement, 2 px inside its mask"
_PROTECTED = "what no edit was to touch, beside the source"

SCORES: Final[Mapping[str, Meaning]] = {
    "psnr_db": Meaning("whole picture beside the reference", "dB", "higher"),
    "ssim": Meaning("whole picture beside the reference, by structure", "0 to 1", "higher"),
    "masked_psnr_db": Meaning("beside the reference, where the caller's mask is", "dB", "higher"),
    "masked_ssim": Meaning(
        "beside the reference, where the caller's mask is, by structure", "0 to 1", "higher"
    ),
    "product_psnr_db": Meaning(_PRODUCT, "dB", "higher"),
    "product_ssim": Meaning(f"{_PRODUCT}, by structure", "0 to 1", "higher"),
    "product_delta_e_mean": Meaning(f"{_PRODUCT}: mean difference of colour", "CIEDE2000", "lower"),
    "product_delta_e_p95": Meaning(
        f"{_PRODUCT}: difference of colour that 95 % of its pixels stay below",
        "CIEDE2000",
        "lower",
    ),
    "protected_psnr_db": Meaning(_PROTECTED, "dB", "higher"),
    "protected_ssim": Meaning(f"{_PROTECTED}, by structure", "0 to 1", "higher"),
    "protected_max_abs": Meaning(f"{_PROTECTED}: the largest difference", "8-bit levels", "lower"),
    "backproj_psnr_db": Meaning(
        "shrunk to the source's size, beside the source: falls when texture is invented",
        "dB",
        "higher",
    ),
    "edge_band_diff": Meaning(
        "3 px to both sides of the product's edge, beside the exact composite: halos",
        "8-bit levels",
        "lower",
    ),
    "mask_agreement": Meaning(
        "two ways to find the product, intersection over union", "0 to 1", "higher"
    ),
    "lost_share": Meaning(
        "pixels outside the mask that the ground does not explain (ΔE above 10)",
        "0 to 1",
        "lower",
    ),
    "mask_uncertainty": Meaning(
        "part of the mask's edge that is neither in nor out", "0 to 1", "lower"
    ),
    "noise_sigma": Meaning("noise, without a reference", "8-bit levels", "lower"),
    "sharpness": Meaning(
        "energy of fine detail, noise included", "squared 8-bit levels", "as wanted"
    ),
    "blockiness": Meaning(
        "how much larger steps across JPEG's blocks are than others", "8-bit levels", "lower"
    ),
    "content_ssim": Meaning("brightness beside the source's, by structure", "0 to 1", "higher"),
    "style_distance": Meaning("colours beside the style's", "CIELAB", "lower"),
    "diversity": Meaning("how different the samples of one job are", "0 to 1", "higher"),
    "fill_long_side": Meaning(
        "of width or height, the more that the product fills", "0 to 1", "as wanted"
    ),
    "fill_bbox": Meaning("the product's box in the picture", "0 to 1", "as wanted"),
    "fill_area": Meaning("the product in the picture", "0 to 1", "as wanted"),
    "text_contrast": Meaning(
        "the least contrast of any words to what is around them, as WCAG 2 counts it",
        "1 to 21",
        "higher",
    ),
    "label_iou": Meaning(
        "the product, as what differs from white, beside the region that a label map asks for, "
        "intersection over union",
        "0 to 1",
        "higher",
    ),
    "background_white_share": Meaning(
        "ground whose darkest channel is 250 or more, 8 px off the product", "0 to 1", "higher"
    ),
}
"""By name, those that nothing is gated by as well."""
