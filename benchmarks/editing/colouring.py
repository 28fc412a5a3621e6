"""Trials of what changes colours: relight, match_color, recolor, stylize."""

from collections.abc import Callable, Iterator
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from skimage import exposure
from torch import Tensor

from benchmarks import styles
from benchmarks.editing import measures
from benchmarks.editing.mending import ALL_OVER, UNTOUCHED, Named
from benchmarks.editing.pictures import Pictures, pixels, tensor
from benchmarks.editing.products import grabcut
from benchmarks.editing.scenes import PAPER, scenes
from benchmarks.editing.served import Served
from benchmarks.editing.trials import Case, Make, System, Trial, baseline, ours
from models.colour.sampling import colours_of
from models.editing.match_color import match_color
from models.editing.recolor import recolor
from models.editing.relight import relight
from models.images import Loaded
from models.metrics.colour_distance import colour_distance
from models.metrics.delta_e import colour_difference
from models.metrics.mask import erode
from models.metrics.texture_distance import texture_distance

Plane = NDArray[np.float32]

_LAMP: Final = (0.42, 0.34, 0.20)
"""Weak and yellow: what is left of each channel's light."""
_GAMMA: Final = 2.2
TO_RGB: Final = (44, 93, 143)
_LEAST_STYLED: Final = 64
_WORST: Final = (1, 99)


def trials(pictures: Pictures, clean: Named, by: Served, *, side: int) -> Iterator[Trial]:
    """Every trial of colours.

    Args:
        pictures: for what needs a product.
        clean: pictures of any kind, [1, 3, H, W].
        by: networks.
        side: of the scenes with a product.
    """
    name = pictures.name
    cases = [Case(title, _badly_lit(one), one, other=_nearer(one)) for title, one in clean]
    told = ALL_OVER | {"delta_e": measures.colour}
    yield Trial("relight", f"{name}, badly lit", cases, _lighters(), told)
    yield Trial("match_color", f"{name}, badly lit", cases, _matchers(), told)
    if pictures.products:
        shots = scenes(pictures, PAPER, side=side)
        cases = [Case(one.name, one.seen, where=one.alpha) for one in shots]
        told = {"delta_e_to_target": _to_target, "off_outside": measures.off_outside}
        yield Trial("recolor", f"{name} on paper", cases, _dyers(), told)
    yield from _styling(name, clean, by)


def _badly_lit(image: Tensor) -> Tensor:
    lamp = image.new_tensor(_LAMP).view(1, 3, 1, 1)
    return ((image**_GAMMA * lamp) ** (1 / _GAMMA) * 255).round() / 255


def _nearer(image: Tensor) -> Tensor:
    """The middle two thirds, as another shot of the same thing would show it."""
    y, x = (side // 6 for side in image.shape[2:])
    return image[..., y:-y, x:-x]


def _lighters() -> list[System]:
    def mine(case: Case) -> Tensor:
        return relight(
            Loaded(case.given, None),
            auto=True,
            exposure_ev=0.0,
            warmth=0.0,
            contrast=0.0,
            target=None,
        ).images[0]

    return [
        UNTOUCHED,
        ours("one curve a channel", mine),
        baseline("scikit-image, percentiles a channel", _stretched),
        System("OpenCV", "CLAHE of the lightness", _clahe),
    ]


def _stretched(case: Case) -> Tensor:
    stretch: Callable[..., Plane] = exposure.rescale_intensity
    planes = [
        stretch(plane, in_range=tuple(np.percentile(plane, _WORST)), out_range=(0.0, 1.0))
        for plane in case.given[0].numpy()
    ]
    return torch.from_numpy(np.stack(planes)).float()[None]


def _clahe(case: Case) -> Tensor:
    lab = cv2.cvtColor(pixels(case.given), cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(2.0, (8, 8)).apply(lab[..., 0])
    return tensor(np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), dtype=np.uint8))


def _matchers() -> list[System]:
    def mine(case: Case) -> Tensor:
        return match_color(
            Loaded(case.given, None),
            target=Loaded(_other(case), None),
            strength=1.0,
            region="whole",
            target_region="whole",
            mask=None,
        ).images[0]

    return [
        UNTOUCHED,
        ours("mean and spread", mine),
        baseline("scikit-image match_histograms", _histograms),
        System("OpenCV", "Reinhard's means and deviations in CIELAB", _reinhard),
    ]


def _histograms(case: Case) -> Tensor:
    seen, wanted = pixels(case.given), pixels(_other(case))
    return tensor(np.asarray(exposure.match_histograms(seen, wanted, channel_axis=-1), np.uint8))


def _reinhard(case: Case) -> Tensor:
    seen, wanted = (
        cv2.cvtColor(image[0].permute(1, 2, 0).contiguous().numpy(), cv2.COLOR_RGB2LAB)
        for image in (case.given, _other(case))
    )
    (mean, spread), (to_mean, to_spread) = (
        (one.mean(axis=(0, 1)), one.std(axis=(0, 1))) for one in (seen, wanted)
    )
    moved = (seen - mean) * (to_spread / np.maximum(spread, 1e-3)) + to_mean
    made = cv2.cvtColor(moved.astype(np.float32), cv2.COLOR_LAB2RGB)
    return torch.from_numpy(np.asarray(made)).permute(2, 0, 1)[None]


def _dyers() -> list[System]:
    def mine(case: Case) -> Tensor:
        return recolor(
            case.given,
            to_rgb=TO_RGB,
            from_rgb=None,
            mask=None,
            keep_luminance=False,
            strength=1.0,
        ).images[0]

    return [
        UNTOUCHED,
        ours("classical", mine),
        baseline("OpenCV GrabCut, hue and saturation set", _hued),
    ]


def _hued(case: Case) -> Tensor:
    mask = grabcut(case.given)
    hsv = cv2.cvtColor(pixels(case.given), cv2.COLOR_RGB2HSV)
    wanted = np.array([[TO_RGB]], dtype=np.uint8)
    hue, saturation, _ = cv2.cvtColor(wanted, cv2.COLOR_RGB2HSV)[0, 0]
    hsv[..., 0], hsv[..., 1] = hue, saturation
    dyed = tensor(np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), dtype=np.uint8))
    return torch.where(mask > 0.5, dyed, case.given)


def _to_target(made: Tensor, case: Case) -> float | None:
    """CIEDE2000 between the wanted colour and the product's median one."""
    if case.where is None:
        raise ValueError("nobody says where the product is")
    inside = erode(case.where, measures.RIM_PX)[0, 0] > 0.5
    typical = made[0][:, inside].median(dim=1).values[:, None]
    return float(colour_difference(typical, made.new_tensor(TO_RGB)[:, None] / 255))


def _styling(name: str, clean: Named, by: Served) -> Iterator[Trial]:
    """At one content SSIM, as `benchmarks/styles.py` has it; strengths are found beforehand."""
    large = [one for one in clean if min(one[1].shape[2:]) >= _LEAST_STYLED]
    if len(large) < 2:
        return
    styled = [
        Case(title, image, other=style)
        for (title, image), (_, style) in zip(large, large[1:] + large[:1], strict=True)
    ]
    systems = [ours("by colours", _at_equal(styles.by_colour))]
    if by.restyler is not None:
        systems.append(ours("by the network", _at_equal(styles.restyled_by(by.restyler))))
    systems.append(baseline("OpenCV stylization", _at_equal(styles.by_opencv)))
    told = {
        "style_distance": _style_distance,
        "texture_distance": lambda made, case: float(texture_distance(made, _other(case))),
        "content_ssim": lambda made, case: styles.content(made, case.given),
    }
    title = f"{name} at content SSIM {styles.EQUAL_SSIM}"
    yield Trial("stylize", title, styled, systems, told)


def _at_equal(method: styles.Method) -> Make:
    """Timed with the search for the strength, which is the same work for all."""

    def make(case: Case) -> Tensor:
        made_by = method(case.given, _other(case))
        return made_by(styles.strength(made_by, case.given))

    return make


def _style_distance(made: Tensor, case: Case) -> float | None:
    return float(colour_distance(colours_of(made), colours_of(_other(case))))


def _other(case: Case) -> Tensor:
    if case.other is None:
        raise ValueError(f"{case.name} has no picture beside it")
    return case.other
