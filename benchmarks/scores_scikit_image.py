"""The scores as somebody writes them with scikit-image, as quickly as its functions allow."""

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from skimage.morphology import erosion, footprint_rectangle

Levels = NDArray[np.uint8]
Inside = NDArray[np.bool_]

WINDOW = 11


def eroded(mask: Inside, pixels: int) -> Inside:
    side = 2 * pixels + 1
    square = footprint_rectangle((side, side))  # type: ignore[no-untyped-call]
    return np.asarray(erosion(mask, square))


def psnr_db(a: Levels, b: Levels) -> tuple[float, ...]:
    return (float(peak_signal_noise_ratio(a, b, data_range=255)),)  # type: ignore[no-untyped-call]


def ssim(a: Levels, b: Levels, inside: Inside) -> tuple[float, ...]:
    """Of the picture, and of the windows that lie wholly inside, from one map."""
    whole, found = structural_similarity(  # type: ignore[no-untyped-call]
        a,
        b,
        channel_axis=-1,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )
    return float(whole), float(found[eroded(inside, WINDOW // 2)].mean())


def product_psnr_db(a: Levels, b: Levels, inside: Inside) -> tuple[float, ...]:
    apart = a[inside].astype(np.float64) - b[inside]
    return (float(10 * np.log10(255**2 / np.mean(apart**2))),)


def product_delta_e(a: Levels, b: Levels, inside: Inside) -> tuple[float, ...]:
    """Mean and 95th percentile; only the colours inside are looked at."""
    colours = rgb2lab(a[inside]), rgb2lab(b[inside])
    apart = deltaE_ciede2000(*colours)  # type: ignore[no-untyped-call]
    rank = max(1, int(np.ceil(0.95 * len(apart)))) - 1
    return float(apart.mean()), float(np.partition(apart, rank)[rank])
