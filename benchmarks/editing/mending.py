"""Trials of what mends a picture: noise, JPEG's blocks, a blur, too few pixels."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from torch import Generator, Tensor

from benchmarks import denoising, restoring, upscaling
from benchmarks.editing import measures, served
from benchmarks.editing.peers import Peer
from benchmarks.editing.pictures import pixels, tensor
from benchmarks.editing.served import Served
from benchmarks.editing.trials import Case, Make, System, Trial, baseline, ours
from models.data.degradations import lowered, noisy
from models.editing.deblock import deblock
from models.editing.deblur import deblur
from models.editing.denoise import denoise
from models.editing.mending import Mender
from models.editing.upscale import upscale
from models.metrics.quantised import quantised

Named = Sequence[tuple[str, Tensor]]

SIGMA: Final = 25.0
SCALES: Final = (2, 4)
ALL_OVER: Final = {"psnr_db": measures.psnr, "ssim": measures.similarity}
_OPENCV_A_SIGMA: Final = 0.7  # by trial on four pictures: the best of 0.3 to 1
UNTOUCHED: Final = System("input", "untouched", lambda case: case.given)


def trials(name: str, clean: Named, by: Served, peers: Sequence[Peer]) -> Iterator[Trial]:
    """Of pictures of any kind, none of which says how it was spoiled."""
    noised = [Case(title, _noised(image, seed), image) for seed, (title, image) in enumerate(clean)]
    systems = _denoisers(by.denoiser, None)
    yield Trial("denoise", f"{name}, σ {SIGMA:g}", noised, systems, ALL_OVER)
    menders = {"deblock": by.deblocker, "deblur": by.deblurrer}
    for operation, mender in menders.items():
        for kind in restoring.KINDS[operation]:
            cases = [
                Case(title, restoring.spoilt_by(operation, image, kind), image)
                for title, image in clean
            ]
            systems = _menders(operation, mender, kind)
            yield Trial(operation, f"{name}, {kind.name}", cases, systems, ALL_OVER)
    for scale in SCALES:
        small = [Case(title, lowered(image, scale=scale), image) for title, image in clean]
        systems = _enlargers(scale, by, peers)
        yield Trial("upscale", f"{name} ×{scale}", small, systems, ALL_OVER)


def standard(folder: Path, by: Served, peers: Sequence[Peer], *, every: int) -> Iterator[Trial]:
    """Of the sets that papers measure on, as papers do; a set that is away has no trial."""
    for name in denoising.SETS:
        files = sorted((folder / name).glob("*.png"))[::every]
        for sigma in denoising.SIGMAS if files else ():
            pairs = [denoising.pair(file, sigma, seed) for seed, file in enumerate(files)]
            cases = [
                Case(file.stem, spoilt, clean)
                for file, (clean, spoilt) in zip(files, pairs, strict=True)
            ]
            systems = [_as_truth(one) for one in _denoisers(by.denoiser, float(sigma))]
            yield Trial("denoise", f"{name} σ {sigma}", cases, systems, ALL_OVER)
    for name in upscaling.SETS:
        for scale in SCALES:
            cases = [
                Case(f"{name} {number}", small, large)
                for number, (small, large) in enumerate(upscaling.pairs(folder / name, scale))
            ][::every]
            told = {"y_psnr_db": measures.brightness(scale), "ssim": measures.similarity}
            if cases:
                systems = _enlargers(scale, by, peers)
                yield Trial("upscale", f"{name} ×{scale}", cases, systems, told)


def _noised(image: Tensor, seed: int) -> Tensor:
    spoilt = noisy(image, torch.tensor([SIGMA]), Generator().manual_seed(seed))
    return quantised(spoilt.clamp(0, 1))


def _denoisers(mender: Mender | None, told: float | None) -> list[System]:
    """Ours are told the strength in papers' trials only, the others always."""

    def mine(case: Case) -> Tensor:
        return denoise(case.given, sigma=told, strength=1.0, mender=mender).images[0]

    sigma = SIGMA if told is None else told
    return [
        UNTOUCHED,
        ours(served.said(mender), mine),
        baseline(
            "scikit-image non-local means",
            lambda case: denoising.non_local_means(case.given.clamp(0, 1), sigma),
        ),
        System("OpenCV", "fastNlMeansDenoisingColored", _opencv_denoiser(sigma)),
    ]


def _opencv_denoiser(sigma: float) -> Make:
    strength = _OPENCV_A_SIGMA * sigma

    def make(case: Case) -> Tensor:
        seen = pixels(case.given)
        return tensor(np.asarray(cv2.fastNlMeansDenoisingColored(seen, None, strength, strength)))

    return make


def _as_truth(system: System) -> System:
    """Its answer as grey as the truth is."""

    def make(case: Case) -> Tensor:
        made = system.make(case)
        is_grey = case.truth is not None and case.truth.shape[1] == 1
        return made.mean(1, keepdim=True) if is_grey else made

    return System(system.name, system.by, make)


def _menders(operation: str, mender: Mender | None, kind: restoring.Kind) -> list[System]:
    def mine(case: Case) -> Tensor:
        if operation == "deblock":
            return deblock(case.given, quality=None, strength=1.0, mender=mender).images[0]
        made = deblur(case.given, radius_px=None, noise=None, strength=1.0, mender=mender)
        return made.images[0]

    (usual, mend), *more = restoring.others(operation, kind).items()
    return [
        UNTOUCHED,
        ours(served.said(mender), mine),
        baseline(usual, lambda case: mend(case.given)),
        *(_other(by, other) for by, other in more),
    ]


def _other(by: str, mend: restoring.Mend) -> System:
    library, _, way = by.partition(" ")
    return System(library, way, lambda case: mend(case.given))


def _enlargers(scale: int, by: Served, peers: Sequence[Peer]) -> list[System]:
    enlarger = next((one for one in by.enlargers[::-1] if scale % one.scale == 0), None)
    bicubic = upscaling.bicubic(scale)
    return [
        ours(
            served.said(enlarger),
            lambda case: upscale(case.given, scale=scale, enlarger=enlarger).images[0],
        ),
        baseline("bicubic, as Pillow has it", lambda case: bicubic(case.given)),
        *(_peer(peer) for peer in peers if peer.scale == scale),
    ]


def _peer(peer: Peer) -> System:
    return System(peer.name, peer.by, lambda case: peer.enlarge(case.given))
