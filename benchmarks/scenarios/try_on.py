"""Garments on people who were drawn, or rendered, in them: how near it comes to what is true."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from statistics import median

import numpy as np
import torch
from torch import Tensor

from benchmarks.scenarios._try_on_people import pairs
from benchmarks.scenarios.row import Row
from models import weights
from models.data.figures import FLAT, Cloth, Cut, flat, landmarks, person
from models.editing.try_on import Said, try_on
from models.failures import CannotDo
from models.images import Loaded
from models.made import Made
from models.metrics.psnr import psnr_db
from models.metrics.ssim import region_ssim, ssim
from models.networks.warp import WarpNet
from models.warping.carried import carry
from models.warping.outline import NAMES, outline
from models.warping.pairing import Named
from models.warping.told import Teller
from models.warping.warp import Method, Warp

SCENARIO = "try_on"
SIZE = 384
OLD = Cloth((0.35, 0.5, 0.4), (0.38, 0.53, 0.43), badge=(0.33, 0.48, 0.38))
NEW = (
    Cloth((0.75, 0.2, 0.2), (0.9, 0.8, 0.6), stripes=2.0),
    Cloth((0.1, 0.35, 0.6), (0.85, 0.88, 0.9), stripes=3.0, lean=0.5, badge=(0.9, 0.7, 0.1)),
)
POSES = tuple(
    Cut(top=0.28, hem=0.62, half=half, flare=flare, sleeve=sleeve, cuff=0.035, angle_deg=angle)
    for angle in (15.0, 45.0)
    for half, flare, sleeve in ((0.12, 1.0, 0.18), (0.15, 0.9, 0.16))
)
ARMS_DOWN = Cut(top=0.28, hem=0.62, half=0.14, flare=0.95, sleeve=0.1, cuff=0.05, angle_deg=86.0)
TRUE_POINTS = 12
_NETWORK = "warp-garments"


@dataclass(frozen=True, slots=True)
class _Way:
    name: str
    method: Method | Teller
    said: Said


@dataclass(frozen=True, slots=True)
class _Case:
    """Two pictures, what should come out of them and where."""

    body: Loaded
    garment: Loaded
    worn: Tensor
    truth: Tensor


def rows(quick: bool) -> Iterator[Row]:  # noqa: FBT001 — as each scenario is asked
    """Of drawn people; of rendered ones too, where their library is installed and time is given."""
    yield from _drawn(POSES[:1] if quick else POSES, NEW[:1] if quick else NEW)
    yield from _landmarks()
    yield _refused()
    yield from _kept()
    if not quick:
        yield from _rendered()


def _drawn(poses: tuple[Cut, ...], cloths: tuple[Cloth, ...]) -> Iterator[Row]:
    measured: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    refused = 0
    for pose in poses:
        for cloth in cloths:
            case = _case(cloth, pose)
            measured["as they came"].append(_near(case.body.image, case))
            for way in _ways(case, landmarks(pose, size=SIZE), landmarks(FLAT, size=SIZE)):
                made = _tried(case, way)
                if made is None:
                    refused += 1
                else:
                    measured[way.name].append(_near(made.images[0], case))
    yield from _told("drawn", measured)
    yield Row(SCENARIO, "drawn: refused", refused, "jobs", "= 0")


def _ways(case: _Case, here: Named, there: Named) -> tuple[_Way, ...]:
    given = Said(clothes=case.worn, body_points=here, garment_points=there)
    return (
        _Way("affine, true landmarks", "affine", given),
        _Way("tps, true landmarks", "tps", given),
        _Way("tps, found in true masks", "tps", Said(clothes=case.worn)),
        _Way("affine, all found", "affine", Said()),
        _Way("tps, all found", "tps", Said()),
        _Way("network, true masks", _teller(), Said(clothes=case.worn)),
        _Way("network, all found", _teller(), Said()),
    )


@cache
def _teller() -> Teller:
    """The network that ships."""
    _, network = weights.load(weights.SHIPPED / _NETWORK)
    if not isinstance(network, WarpNet):
        raise TypeError(f"{_NETWORK} is a {type(network).__name__}")
    return Teller(network.warp)


def _case(cloth: Cloth, pose: Cut) -> _Case:
    body, worn = person(OLD, pose, size=SIZE)
    garment, covered = flat(cloth, size=SIZE)
    truth = person(cloth, pose, size=SIZE)[0]
    over_white = Loaded(garment, covered)
    return _Case(Loaded(body, None), over_white, worn, truth)


def _tried(case: _Case, way: _Way) -> Made | None:
    """None where it was refused."""
    try:
        return try_on(case.body, case.garment, method=way.method, shading=0.5, said=way.said)
    except CannotDo:
        return None


def _near(image: Tensor, case: _Case) -> tuple[float, ...]:
    """PSNR and SSIM where the clothes are, then of the whole picture."""
    inside = float(psnr_db(image, case.truth, mask=case.worn))
    alike = float(region_ssim(image, case.truth, mask=case.worn))
    return inside, alike, float(psnr_db(image, case.truth)), float(ssim(image, case.truth))


def _told(of: str, measured: dict[str, list[tuple[float, ...]]]) -> Iterator[Row]:
    units = (
        ("PSNR in the clothes", "dB"),
        ("SSIM in the clothes", ""),
        ("PSNR", "dB"),
        ("SSIM", ""),
    )
    for way, values in measured.items():
        for (what, unit), numbers in zip(units, zip(*values, strict=True), strict=True):
            claim = f"{of}, {way}: {what}, median of {len(values)}"
            yield Row(SCENARIO, claim, round(median(numbers), 3), unit, "")


def _landmarks() -> Iterator[Row]:
    """How far found landmarks are from the true ones, by the picture's side."""
    apart: dict[str, list[float]] = {"flat": [], "worn": []}
    masks = [("flat", flat(NEW[0], size=SIZE)[1], FLAT)]
    masks += [("worn", person(OLD, pose, size=SIZE)[1], pose) for pose in POSES]
    for what, mask, cut in masks:
        found = outline((mask[0, 0] > 0.5).numpy().astype(np.uint8)).named()
        true = landmarks(cut, size=SIZE)
        off = [float(np.hypot(*np.subtract(found[name], true[name]))) / SIZE for name in NAMES]
        apart[what].append(100 * sum(off) / len(off))
    for what, values in apart.items():
        claim = f"landmarks found in the mask of a shirt, {what}: mean error"
        yield Row(SCENARIO, claim, round(median(values), 3), "% of the side", "≤ 2")


def _refused() -> Row:
    """Of pictures that nothing can be told of, how many were refused."""
    worn = person(OLD, ARMS_DOWN, size=SIZE)[1]
    empty = Loaded(torch.full((1, 3, SIZE, SIZE), 0.9), None)
    noise = torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))
    case = _case(NEW[0], POSES[0])
    hung = case.garment.image * (alpha := flat(NEW[0], size=SIZE)[1]) + noise * (1 - alpha)
    hopeless = (
        (case.body, case.garment, Said(clothes=worn)),
        (empty, case.garment, Said()),
        (Loaded(noise, None), case.garment, Said()),
        (case.body, Loaded(hung, None), Said()),
        (case.body, Loaded(noise, None), Said()),
    )
    made = 0
    for body, garment, said in hopeless:
        one = _Case(body, garment, case.worn, case.truth)
        made += _tried(one, _Way("", "tps", said)) is not None
    return Row(SCENARIO, "hopeless pictures refused", 1 - made / len(hopeless), "share", "= 1")


def _kept() -> Iterator[Row]:
    """What is proven of one result, recomputed from its stored warp."""
    case = _case(NEW[0], POSES[0])
    made = try_on(case.body, case.garment, method="tps", shading=0.5, said=Said(clothes=case.worn))
    edited, mask, expected = made.edit_mask, made.product_mask, made.expected_product
    if edited is None or mask is None or expected is None:
        raise ValueError("a result of try_on has its proof")
    outside = (edited <= 0).expand(-1, 3, -1, -1)
    changed = float((made.images[0] - case.body.image)[outside].abs().max()) * 255
    yield Row(SCENARIO, "protected_max_abs", changed, "levels", "= 0")
    warp = Warp.of(made.details[0]["warp"])
    alpha = flat(NEW[0], size=SIZE)[1]
    again = carry(case.garment.image, alpha, warp, height=SIZE, width=SIZE).colours
    inside = (mask > 0).expand(-1, 3, -1, -1)
    off = float((again - expected)[inside].abs().max()) * 255
    yield Row(SCENARIO, "carried again by the stored warp: difference", off, "levels", "= 0")
    delta_e = made.report["garment_delta_e_median"]
    yield Row(SCENARIO, "garment, as delivered: ΔE2000, median", float(delta_e or 0), "", "≤ 3")


def _rendered() -> Iterator[Row]:
    measured: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    refused: dict[str, int] = defaultdict(int)
    for pair in pairs(azimuths=(0.0,)):
        case = _Case(pair.body.picture, pair.garment.picture, pair.body.clothes, pair.truth)
        measured["as they came"].append(_near(case.body.image, case))
        for way in _ways(case, *pair.landmarks(TRUE_POINTS)):
            made = _tried(case, way)
            if made is None:
                refused[way.name] += 1
            else:
                measured[way.name].append(_near(made.images[0], case))
    yield from _told("rendered", measured)
    for name, count in refused.items():
        yield Row(SCENARIO, f"rendered, {name}: refused", count, "jobs", "")
