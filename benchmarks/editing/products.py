"""Trials of what finds a product and moves it: cutout, background, place, shadow."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

import cv2
import numpy as np
import torch
from torch import Tensor

from benchmarks import mattes
from benchmarks.editing import measures
from benchmarks.editing.pictures import Pictures, pixels, tensor
from benchmarks.editing.scenes import PAPER, scenes
from benchmarks.editing.served import Served
from benchmarks.editing.trials import Case, System, Trial, baseline, ours
from models.editing.background import background
from models.editing.cutout import cutout
from models.editing.place import place
from models.editing.shadow import shadow
from models.matting.matte import Finder
from models.plates.plate import plain

WHITE: Final = (255, 255, 255)
FILL: Final = 0.85
KEPT: Final = {
    "product_psnr_db": measures.product,
    "product_identical": measures.product_identical,
}
_DARK, _FALL, _SOFT = 0.35, 0.03, 0.02


def trials(pictures: Pictures, by: Served, *, side: int) -> Iterator[Trial]:
    """Every trial that has a product; none where the set has none."""
    if not pictures.products:
        return
    told = {"iou": measures.iou, "mae": measures.mae}
    for ground in mattes.grounds(8):
        cases = _cases(pictures, ground, side)
        yield Trial("cutout", f"{pictures.name} on {ground}", cases, _cutters(by), told)
    cases = _cases(pictures, PAPER, side)
    all_over = {"psnr_db": measures.psnr, "ssim": measures.similarity}
    told = all_over | {"edge_psnr_db": measures.band} | KEPT
    yield Trial("background", f"{pictures.name}, paper to white", cases, _grounders(by), told)
    name = f"{pictures.name}, {FILL:.0%} of white"
    placed = [replace(case, truth=_placed(case)) for case in cases]
    yield Trial("place", name, placed, _placers(by), all_over)
    cases = _cases(pictures, "white", side)
    yield Trial("shadow", f"{pictures.name} on white", cases, _shaders(by), KEPT)


def grabcut(image: Tensor) -> Tensor:
    """OpenCV's GrabCut of all but the picture's rim: [1, 1, H, W] of 0 and 1."""
    seen = pixels(image)
    found = mattes.grabcut(seen, np.zeros(seen.shape[:2], np.float32))
    return torch.from_numpy(found)[None, None]


def _cases(pictures: Pictures, ground: str, side: int) -> list[Case]:
    return [
        Case(one.name, one.seen, one.on((1.0, 1.0, 1.0)), one.alpha)
        for one in scenes(pictures, ground, side=side)
    ]


def _cutters(by: Served) -> list[System]:
    def mine(case: Case, find: Finder) -> Tensor:
        made = cutout(
            case.given,
            threshold=0.5,
            feather_px=1,
            box=None,
            decontaminate=True,
            find=find,
        )
        return made.images[0][:, 3:]

    return [
        *_each(by, mine),
        baseline("OpenCV GrabCut", lambda case: grabcut(case.given)),
        System("pymatting", "closed form, told all but the band", _closed_form),
    ]


def _closed_form(case: Case) -> Tensor:
    if case.where is None:
        raise ValueError("closed form wants to be told the answer but for a band")
    found = mattes.closed_form(pixels(case.given), case.where[0, 0].numpy())
    return torch.from_numpy(found)[None, None]


def _each(by: Served, make: Callable[..., Tensor]) -> list[System]:
    """What an operation delivers by each engine that finds products."""
    return [ours(name, partial(make, find=find)) for name, find in by.finders.items()]


def _grounders(by: Served) -> list[System]:
    def mine(case: Case, find: Finder) -> Tensor:
        return background(case.given, plates=[plain(WHITE)], mask=None, find=find).images[0]

    def pasted(case: Case) -> Tensor:
        return torch.where(grabcut(case.given) > 0.5, case.given, 1.0)

    return [
        *_each(by, mine),
        baseline("OpenCV GrabCut, pasted", pasted),
    ]


def _placers(by: Served) -> list[System]:
    def mine(case: Case, find: Finder) -> Tensor:
        height, width = case.given.shape[2:]
        return place(
            case.given,
            width=width,
            height=height,
            fill_long_side=FILL,
            anchor="center",
            margin_px=0,
            rgb=WHITE,
            find=find,
        ).images[0]

    return [
        *_each(by, mine),
        baseline("OpenCV GrabCut's box, resized", _boxed),
    ]


def _boxed(case: Case) -> Tensor:
    """What lies in the box around GrabCut's product, brought to the share and pasted on white."""
    mask = grabcut(case.given)
    if not bool(mask.any()):
        return torch.ones_like(case.given)
    seen = pixels(torch.where(mask > 0.5, case.given, 1.0))
    left, top, wide, high = cv2.boundingRect(mask[0, 0].byte().numpy())
    height, width = seen.shape[:2]
    scale = min(FILL * width / wide, FILL * height / high)
    size = round(wide * scale), round(high * scale)
    crop = cv2.resize(seen[top : top + high, left : left + wide], size)
    canvas = np.full_like(seen, 255)
    x, y = (width - size[0]) // 2, (height - size[1]) // 2
    canvas[y : y + size[1], x : x + size[0]] = crop
    return tensor(canvas)


def _placed(case: Case) -> Tensor:
    """The exact product brought to the share by OpenCV, its box in the middle of the canvas."""
    if case.where is None or case.truth is None:
        raise ValueError("the exact product is wanted")
    box = cv2.boundingRect((case.where[0, 0] > 0.5).byte().numpy())
    height, width = case.where.shape[2:]
    scale = min(FILL * width / box[2], FILL * height / box[3])
    middle = box[0] + box[2] / 2 - 0.5, box[1] + box[3] / 2 - 0.5
    shift = (width - 1) / 2 - scale * middle[0], (height - 1) / 2 - scale * middle[1]
    move = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    seen = case.truth[0].permute(1, 2, 0).contiguous().numpy()
    made = cv2.warpAffine(
        seen, move, (width, height), flags=cv2.INTER_CUBIC, borderValue=(1.0, 1.0, 1.0)
    )
    return torch.from_numpy(np.asarray(made)).permute(2, 0, 1)[None].clamp(0, 1)


def _shaders(by: Served) -> list[System]:
    def mine(case: Case, find: Finder) -> Tensor:
        made = shadow(
            case.given,
            kind="drop",
            angle_deg=45.0,
            length=None,
            blur_px=None,
            opacity=None,
            mask=None,
            alpha=None,
            find=find,
        )
        return made.images[0]

    return [
        *_each(by, mine),
        baseline("OpenCV GrabCut, blurred and moved", _dropped),
    ]


def _dropped(case: Case) -> Tensor:
    mask = grabcut(case.given)
    side = max(mask.shape[2:])
    move = np.array([[1, 0, _FALL * side], [0, 1, _FALL * side]], np.float32)
    plane = cv2.warpAffine(mask[0, 0].numpy(), move, mask.shape[:1:-1])
    soft = torch.from_numpy(cv2.GaussianBlur(plane, (0, 0), _SOFT * side))[None, None]
    return torch.where(mask > 0.5, case.given, case.given * (1 - _DARK * soft))
