"""The clothes on a person's upper body, found by outline and colour where nobody says where.

A head stands on shoulders that are wider: that is all that is known of a person. The clothes are
what looks like the chest (GrabCut, Rother et al. 2004) and not like the head.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.failures import CannotDo
from models.matting.matte import Finder
from models.metrics import agreement

Mask = NDArray[np.uint8]

_VIEW_SIDE = 384
_WIDER, _ROUNDS = 1.55, 5
_HEAD_SHAPES = (0.8, 2.6)
_HEAD_SHARE = (0.01, 0.35)
_CHEST_HALF, _CHEST_ROWS, _COLLAR, _LEAST_CHEST = 0.5, (0.25, 1.2), 0.25, 16
_COLOURS, _ALIKE = 4, 14.0


@dataclass(frozen=True, slots=True)
class Clothes:
    """Where they are: [1, 1, H, W] in [0, 1], and how well two ways to find the person agree."""

    mask: Tensor
    agreement: float


@dataclass(frozen=True, slots=True)
class _Head:
    """Rows and columns of a head, and the middle of it; `shoulder` is the row of the shoulders."""

    top: int
    shoulder: int
    middle: float
    width: float


def find(body: Tensor, alpha: Tensor | None, *, finder: Finder) -> Clothes:
    """The clothes of the person in a picture [1, 3, H, W] in [0, 1].

    Raises:
        CannotDo: `no_person_found`, or `pose_unclear` where the clothes cannot be told apart.
    """
    person, agreed = _person(body, alpha, finder)
    view, mask = _viewed(body, person)
    head = _head(mask)
    found = _chest_like(view, mask, head)
    large = cv2.resize(found.astype(np.float32), body.shape[3:1:-1], interpolation=cv2.INTER_LINEAR)
    return Clothes(torch.from_numpy(large)[None, None], agreed)


def _person(body: Tensor, alpha: Tensor | None, finder: Finder) -> tuple[Tensor, float]:
    if alpha is not None:
        return alpha, 1.0
    try:
        found = finder(body)
    except CannotDo as error:
        if error.code != "no_product_found":
            raise
        raise CannotDo("no_person_found", "Nobody stands out from the picture's border.") from error
    agreed = float(agreement.iou(found.alpha, found.independent))
    if agreed < agreement.LIMIT:
        raise CannotDo(
            "no_person_found",
            "Two ways to find the person disagree: send a picture before a plain ground, cut it "
            "out, or say where the clothes are.",
        )
    return found.alpha, agreed


def _viewed(body: Tensor, person: Tensor) -> tuple[Mask, Mask]:
    """The picture as [h, w, 3] and the person as 0 and 1, small."""
    height, width = body.shape[2:]
    shrink = min(1.0, _VIEW_SIDE / max(height, width))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    full = body[0].permute(1, 2, 0).contiguous().numpy()
    view = cv2.resize(full, size, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(person[0, 0].contiguous().numpy(), size, interpolation=cv2.INTER_AREA)
    levels = np.asarray((view * 255).round(), np.uint8)
    return np.ascontiguousarray(levels[:, :, ::-1]), (mask > 0.5).astype(np.uint8)


def _head(person: Mask) -> _Head:
    """From the top down to where it gets much wider."""
    rows = np.flatnonzero(person.any(1))
    if len(rows) < 32:
        raise CannotDo("no_person_found", "There is no head on shoulders in the picture.")
    top, height = int(rows[0]), int(rows[-1] - rows[0] + 1)
    widths = person[top : top + height].sum(1).astype(np.float64)
    widest = np.maximum.accumulate(widths)
    start = max(3, round(_HEAD_SHARE[0] * height))
    # The head is what is widest before the shoulders: of the rows above, two thirds.
    for row in range(start, min(height, round(_HEAD_SHARE[1] * height) + 1)):
        head = float(widest[max(1, (2 * row) // 3)])
        if widths[row] > _WIDER * head and _HEAD_SHAPES[0] < row / head < _HEAD_SHAPES[1]:
            columns = np.nonzero(person[top : top + max(1, (2 * row) // 3)])[1]
            return _Head(top, top + row, float(columns.mean()), head)
    raise CannotDo("no_person_found", "There is no head on shoulders in the picture.")


def _chest_like(view: Mask, person: Mask, head: _Head) -> Mask:
    """What looks like the chest, in one piece with it."""
    tall = head.shoulder - head.top
    left, right = (round(head.middle + side * _CHEST_HALF * head.width) for side in (-1, 1))
    top, bottom = (head.shoulder + round(share * tall) for share in _CHEST_ROWS)
    chest = np.zeros_like(person)
    chest[top:bottom, max(0, left) : right] = 1
    chest &= person
    if int(chest.sum()) < _LEAST_CHEST:
        raise CannotDo("pose_unclear", "There is no chest below the head.")
    labels = np.where(person > 0, cv2.GC_PR_BGD, cv2.GC_BGD).astype(np.uint8)
    labels[(_unlike(view, chest) < _ALIKE) & (person > 0)] = cv2.GC_PR_FGD
    labels[: head.shoulder - round(_COLLAR * tall)] = cv2.GC_BGD
    labels[chest > 0] = cv2.GC_FGD
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(view, labels, (0, 0, 1, 1), *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8) & person
    return _joined(found, chest)


def _unlike(view: Mask, chest: Mask) -> NDArray[np.float32]:
    """How far each pixel is in CIELAB from the nearest of the chest's main colours."""
    lab = cv2.cvtColor(view.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    colours = lab[chest > 0]
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_MAX_ITER + cv2.TERM_CRITERIA_EPS, 20, 0.5)
    count = min(_COLOURS, len(colours))
    nearest = np.zeros((len(colours), 1), np.int32)
    _, _, centres = cv2.kmeans(colours, count, nearest, stop, 1, cv2.KMEANS_PP_CENTERS)
    apart = np.linalg.norm(lab[:, :, None] - centres[None, None], axis=3)
    return np.asarray(apart.min(2))


def _joined(found: Mask, chest: Mask) -> Mask:
    """The pieces that the chest touches, without crumbs."""
    ball = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    smooth = cv2.morphologyEx(found, cv2.MORPH_OPEN, ball)
    _, labels = cv2.connectedComponents(smooth)
    kept = np.unique(labels[(chest > 0) & (smooth > 0)])
    joined = (np.isin(labels, kept) & (smooth > 0)).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(joined, cv2.MORPH_CLOSE, ball), np.uint8)
