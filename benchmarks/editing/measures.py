"""What is measured of a result, each as a function of the result and its case."""

import math

from torch import Tensor

from benchmarks.editing.trials import Case, Measure
from models.evaluation import cutting
from models.metrics.delta_e import ciede2000
from models.metrics.gaussian_window import WINDOW
from models.metrics.mask import edge_band, erode
from models.metrics.psnr import psnr_db
from models.metrics.ssim import ssim
from models.metrics.y_psnr import y_psnr_db

RIM_PX = 2
BAND_PX = 3


def psnr(made: Tensor, case: Case) -> float | None:
    """Of the whole picture, in dB; None where both are the same."""
    return _finite(psnr_db(made, _truth(case)))


def similarity(made: Tensor, case: Case) -> float | None:
    """SSIM of the whole picture; None of one that is smaller than its window."""
    small = min(made.shape[2:]) < WINDOW
    return None if small else float(ssim(made, _truth(case)))


def brightness(scale: int) -> Measure:
    """PSNR of brightness, without a rim of `scale` pixels, as papers on enlarging have it."""
    return lambda made, case: _finite(y_psnr_db(made, _truth(case), border=scale))


def colour(made: Tensor, case: Case) -> float | None:
    """Mean CIEDE2000."""
    return float(ciede2000(made, _truth(case)).mean())


def inside(made: Tensor, case: Case) -> float | None:
    """PSNR where the hole is, or what was added."""
    return _finite(psnr_db(made, _truth(case), mask=_where(case)))


def inside_error(made: Tensor, case: Case) -> float | None:
    """Mean absolute error there, of a range of one."""
    kept = _where(case).expand_as(made) > 0.5
    return float((made - _truth(case)).abs()[kept].mean())


def band(made: Tensor, case: Case) -> float | None:
    """PSNR around the product's edge: halos."""
    near = edge_band(_where(case), BAND_PX).float()
    return _finite(psnr_db(made, _truth(case), mask=near))


def product(made: Tensor, case: Case) -> float | None:
    """PSNR of the product, but for its rim, against the source; None where it is the same."""
    return _finite(psnr_db(made, case.given, mask=erode(_where(case), RIM_PX)))


def product_identical(made: Tensor, case: Case) -> float | None:
    """1 where every pixel of the product, but for its rim, is the source's."""
    found = float(psnr_db(made, case.given, mask=erode(_where(case), RIM_PX)))
    return float(math.isinf(found))


def off_outside(made: Tensor, case: Case) -> float | None:
    """The largest change, in steps of 1/255, where there is nothing of the product."""
    outside = erode((_where(case) <= 0).float(), RIM_PX).expand_as(made) > 0.5
    return round(255 * float((made - case.given).abs()[outside].max()))


def iou(made: Tensor, case: Case) -> float | None:
    """Of the matte, where more than half is covered."""
    return float(cutting.iou(made, _where(case)).mean())


def mae(made: Tensor, case: Case) -> float | None:
    """Mean absolute error of the matte."""
    return float((made - _where(case)).abs().mean())


def _finite(value: Tensor) -> float | None:
    return float(value) if math.isfinite(float(value)) else None


def _truth(case: Case) -> Tensor:
    if case.truth is None:
        raise ValueError(f"nobody knows what {case.name} should be")
    return case.truth


def _where(case: Case) -> Tensor:
    if case.where is None:
        raise ValueError(f"nobody says where something is in {case.name}")
    return case.where
