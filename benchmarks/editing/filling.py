"""Trials of what draws what is not there: inpaint, outpaint."""

from collections.abc import Iterator
from typing import Final, Literal

import cv2
import numpy as np
import torch
from skimage.restoration import inpaint_biharmonic
from torch import Tensor
from torch.nn import functional

from benchmarks import inpainting
from benchmarks.editing import measures
from benchmarks.editing.mending import Named
from benchmarks.editing.pictures import pixels, tensor
from benchmarks.editing.trials import Case, System, Trial, baseline, ours
from models.editing.inpaint import inpaint
from models.editing.outpaint import outpaint

SHARE: Final = 0.05
PART: Final = 8
"""Of a side, what is cut from each end."""
TOLD: Final = {"hole_psnr_db": measures.inside, "hole_mae": measures.inside_error}


def trials(name: str, clean: Named) -> Iterator[Trial]:
    """Of pictures that lose strokes, and of such that lose their sides."""
    holes = [_pierced(title, image, seed) for seed, (title, image) in enumerate(clean)]
    yield Trial("inpaint", f"{name}, strokes of {SHARE:.0%}", holes, _fillers(), TOLD)
    cut = [_cut(title, image) for title, image in clean]
    yield Trial("outpaint", f"{name}, an eighth a side", cut, _drawers(), TOLD)


def _pierced(title: str, image: Tensor, seed: int) -> Case:
    shape = image.shape[2], image.shape[3]
    drawn = inpainting.strokes(shape, SHARE, np.random.default_rng(seed))
    hole = torch.from_numpy(drawn)[None, None].float()
    return Case(title, image * (1 - hole), image, hole)


def _fillers() -> list[System]:
    def mine(case: Case) -> Tensor:
        return inpaint(case.given, mask=_hole(case), dilate_px=0, feather_px=0).images[0]

    return [
        ours("smooth film", mine),
        baseline("OpenCV Telea", lambda case: _by(inpainting.telea, case)),
        System("OpenCV", "Navier-Stokes", lambda case: _by(inpainting.navier_stokes, case)),
        System("scikit-image", "biharmonic", _biharmonic),
    ]


def _by(fill: inpainting.Method, case: Case) -> Tensor:
    return tensor(fill(pixels(case.given), _hole(case)[0, 0].byte().numpy()))


def _biharmonic(case: Case) -> Tensor:
    seen = case.given[0].permute(1, 2, 0).numpy()
    hole = _hole(case)[0, 0].numpy() > 0.5
    made = inpaint_biharmonic(seen, hole, channel_axis=-1, split_into_regions=True)
    return torch.from_numpy(np.asarray(made)).permute(2, 0, 1)[None].float()


def _cut(title: str, image: Tensor) -> Case:
    y, x = _sides(image)
    ring = torch.ones_like(image[:, :1])
    ring[..., y:-y, x:-x] = 0
    return Case(title, image[..., y:-y, x:-x], image, ring)


def _sides(image: Tensor) -> tuple[int, int]:
    return image.shape[2] // PART, image.shape[3] // PART


def _drawers() -> list[System]:
    def mine(case: Case, fill: Literal["smooth", "mirror"]) -> Tensor:
        y, x = _missing(case)
        return outpaint(case.given, left=x, right=x, top=y, bottom=y, fill=fill).images[0]

    return [
        ours("smooth", lambda case: mine(case, "smooth")),
        ours("mirror", lambda case: mine(case, "mirror")),
        baseline("OpenCV, the edge repeated", _repeated),
        System("OpenCV", "Telea", _telea_around),
    ]


def _missing(case: Case) -> tuple[int, int]:
    whole = _hole(case).shape
    return (whole[2] - case.given.shape[2]) // 2, (whole[3] - case.given.shape[3]) // 2


def _repeated(case: Case) -> Tensor:
    y, x = _missing(case)
    seen = pixels(case.given)
    return tensor(np.asarray(cv2.copyMakeBorder(seen, y, y, x, x, cv2.BORDER_REPLICATE)))


def _telea_around(case: Case) -> Tensor:
    y, x = _missing(case)
    framed = functional.pad(case.given, (x, x, y, y))
    return tensor(inpainting.telea(pixels(framed), _hole(case)[0, 0].byte().numpy()))


def _hole(case: Case) -> Tensor:
    if case.where is None:
        raise ValueError(f"nobody says where the hole is in {case.name}")
    return case.where
