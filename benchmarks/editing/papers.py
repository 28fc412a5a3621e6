"""What was published of the standard sets, to stand beside what we measure on the same pictures.

PSNR of brightness without a rim of as many pixels as the scale (upscale), of all channels with
unclipped noise (denoise); each figure is of the table named in its comment.
"""

from collections.abc import Iterable
from typing import Final

from benchmarks.editing_rows import PAPER, Row

# https://github.com/Zheng222/IMDN, its table of ×2: Set5, Set14.
_TWICE: Final = {
    "bicubic": (33.66, 30.24),
    "SRCNN": (36.66, 32.45),
    "FSRCNN, 13 K": (37.00, 32.63),
    "VDSR, 666 K": (37.53, 33.03),
    "IMDN, 694 K": (38.00, 33.63),
    "EDSR-baseline, 1.4 M": (37.99, 33.57),
}
# ×4: SRCNN and FSRCNN on Set5 as https://github.com/yjn870 has them; the others https://github.com/cszn/DnCNN
# and https://github.com/Zheng222/IMDN.
_FOURFOLD: Final = {
    "SRCNN": (30.49, None),
    "FSRCNN": (30.55, None),
    "DnCNN-3": (31.40, 28.04),
    "IMDN_RTE, 276 K": (32.11, 28.63),
}
# https://github.com/cszn/DnCNN and https://github.com/cszn/DPIR, at σ 15, 25, 50.
_GREY: Final = {
    "BM3D": (31.07, 28.57, 25.62),
    "DnCNN-B, blind": (31.61, 29.16, 26.23),
    "DRUNet, 32.6 M": (31.91, 29.48, 26.59),
}
_COLOUR: Final = {
    "CBM3D": (33.52, 30.71, 27.38),
    "CDnCNN": (33.90, 31.24, 27.95),
    "FFDNet": (33.87, 31.21, 27.96),
    "DRUNet, 32.6 M": (34.30, 31.69, 28.51),
}
_SIGMAS: Final = (15, 25, 50)


def rows(sets: Iterable[str]) -> list[Row]:
    """The figures of these sets, named as trials name them."""
    wanted = set(sets)
    return [row for row in (*_enlarging(), *_cleaning()) if row.set in wanted]


def _enlarging() -> Iterable[Row]:
    # Their SSIM is of brightness, as MATLAB has it, and not what ours is: it is left out.
    for by, (set5, set14) in _TWICE.items():
        yield Row("upscale", PAPER, "Set5 ×2", "y_psnr_db", set5, by=by)
        yield Row("upscale", PAPER, "Set14 ×2", "y_psnr_db", set14, by=by)
    for by, values in _FOURFOLD.items():
        for name, value in zip(("Set5 ×4", "Set14 ×4"), values, strict=True):
            if value is not None:
                yield Row("upscale", PAPER, name, "y_psnr_db", value, by=by)


def _cleaning() -> Iterable[Row]:
    for name, table in (("BSD68", _GREY), ("CBSD68", _COLOUR)):
        for by, values in table.items():
            for sigma, value in zip(_SIGMAS, values, strict=True):
                yield Row("denoise", PAPER, f"{name} σ {sigma}", "psnr_db", value, by=by)
