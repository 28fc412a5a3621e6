"""What an invisible mark survives: `python -m benchmarks.watermark [FOLDER …]`.

Products before photographs, of the samples that ship and of the folders that are named, and before
even grounds, marked and saved as a shop would save them. Then how often a mark is read that is not
there: wrong keys on marked pictures, and any key on pictures without a mark.
"""

import argparse
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from benchmarks.shots import Levels, cutout
from models.data import samples
from models.watermarking import embed, find, payload
from models.watermarking.find import Folded

Attack = Callable[[Levels], Levels]

_KEY = "the key of a benchmark, which is no secret"
_ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
_EVEN = {"white": 255, "grey": 128, "light grey": 220}


@dataclass(frozen=True, slots=True)
class Row:
    """One attack on all pictures of a ground.

    Attributes:
        sign_errors: the mean share of the 280 signs that were read wrongly; a half where no mark
            was found.
        read: the share of pictures of which the whole payload was read.
    """

    ground: str
    side_px: int
    attack: str
    pictures: int
    sign_errors: float
    read: float


@dataclass(frozen=True, slots=True)
class Marked:
    """A picture before and after."""

    ground: str
    told: int
    before: Levels
    after: Levels
    psnr_db: float


def main() -> None:
    arguments = _arguments()
    torch.set_num_threads(1)
    rows: list[Row] = []
    marked: list[Marked] = []
    for side in arguments.side:
        made = list(_marked(side, arguments.folders, arguments.most))
        rows += [row for ground in ("photograph", *_EVEN) for row in _rows(made, ground, side)]
        marked += made
    tries, wrong = false_positives(marked, arguments.tries)
    print(_table(rows))
    print(f"PSNR of what was marked: least {min(one.psnr_db for one in marked):.2f} dB, ", end="")
    print(f"mean {mean(one.psnr_db for one in marked):.2f} dB of {len(marked)}")
    print(f"false positives: {wrong} of {tries} tries")
    if arguments.json:
        found = {"rows": [asdict(row) for row in rows], "tries": tries, "false_positives": wrong}
        arguments.json.write_text(json.dumps(found, indent=2), "utf-8")


def attacks() -> dict[str, Attack]:
    return {
        "none": lambda levels: levels,
        "JPEG 75": lambda levels: _saved(levels, "JPEG"),
        "WebP 75": lambda levels: _saved(levels, "WEBP"),
        "half the size": _halved,
        "10 % cut off": _cut,
        "10 % cut off, JPEG 75": lambda levels: _saved(_cut(levels), "JPEG"),
        "half the size, JPEG 75": lambda levels: _saved(_halved(levels), "JPEG"),
    }


def false_positives(marked: Sequence[Marked], tries: int) -> tuple[int, int]:
    """How many keys were tried on pictures that have no mark of theirs, and how many found one."""
    folded: list[tuple[Folded, ...]] = []
    for one in marked:
        folded += [find.folds(_image(one.after)), find.folds(_image(one.before))]
    each = -(-tries // len(folded))
    keys = [f"a key that marked nothing, number {number}" for number in range(each)]
    found = sum(find.read(one, key=key) is not None for key in keys for one in folded)
    return each * len(folded), found


def _marked(side: int, folders: Sequence[Path], most: int) -> Iterator[Marked]:
    product = cutout(side)
    alpha = product[..., 3:].astype(np.float32) / 255
    free = torch.from_numpy((alpha[..., 0] == 0).astype(np.float32))[None, None]
    draw = np.random.default_rng(0)
    for ground, behind in _grounds(side, folders, most):
        blended = product[..., :3] * alpha + behind * (1 - alpha)
        before = blended.round().astype(np.uint8)
        told = int(draw.integers(0, 1 << payload.BITS))
        made = embed.embed(_image(before), free, key=_KEY, told=told)
        if made is not None:
            after = (made.image[0].permute(1, 2, 0) * 255).round().byte().numpy()
            yield Marked(ground, told, before, after, made.psnr_db)


def _grounds(side: int, folders: Sequence[Path], most: int) -> Iterator[tuple[str, Levels]]:
    for name, level in _EVEN.items():
        yield name, np.full((side, side, 3), level, np.uint8)
    for one in samples.photographs():
        yield "photograph", _filled(one.pixels, side)
    files = [p for folder in folders for p in sorted(folder.rglob("*")) if p.suffix in _ENDINGS]
    for path in files[:most]:
        yield "photograph", _filled(np.array(Image.open(path).convert("RGB")), side)


def _filled(levels: Levels, side: int) -> Levels:
    """At its own sharpness, mirrored as often as it takes."""
    height, width = levels.shape[:2]
    pad = ((0, max(0, side - height)), (0, max(0, side - width)), (0, 0))
    return np.ascontiguousarray(np.pad(levels, pad, mode="symmetric")[:side, :side])


def _rows(marked: Sequence[Marked], ground: str, side: int) -> Iterator[Row]:
    mine = [one for one in marked if one.ground == ground]
    for name, attack in attacks().items():
        errors, read = [], 0
        for one in mine:
            found = find.find(_image(attack(one.after)), key=_KEY)
            is_read = found is not None and found.told == one.told
            read += is_read
            errors.append(found.wrong if found is not None and is_read else 0.5)
        if mine:
            yield Row(ground, side, name, len(mine), round(mean(errors), 4), read / len(mine))


def _saved(levels: Levels, kind: str) -> Levels:
    file = io.BytesIO()
    Image.fromarray(levels).save(file, kind, quality=75)
    return np.array(Image.open(file).convert("RGB"))


def _halved(levels: Levels) -> Levels:
    height, width = levels.shape[:2]
    half = Image.fromarray(levels).resize((width // 2, height // 2), Image.Resampling.BICUBIC)
    return np.array(half)


def _cut(levels: Levels) -> Levels:
    """A tenth of each side, most of it from one end."""
    height, width = levels.shape[:2]
    return levels[height // 14 : height - height // 36, width // 36 : width - width // 14]


def _image(levels: Levels) -> Tensor:
    return torch.from_numpy(levels.copy()).permute(2, 0, 1)[None].float() / 255


def _table(rows: Sequence[Row]) -> str:
    lines = [
        f"{'ground':12} {'side':>5} {'attack':24} {'pictures':>8} {'signs wrong':>11} {'read':>6}"
    ]
    lines += [
        f"{row.ground:12} {row.side_px:5} {row.attack:24} {row.pictures:8} "
        f"{row.sign_errors:11.1%} {row.read:6.1%}"
        for row in rows
    ]
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.watermark", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, help="of photographs, as CBSD68")
    parser.add_argument("--side", type=int, nargs="+", default=[1000], help="in pixels")
    parser.add_argument("--most", type=int, default=70, help="photographs of the folders")
    parser.add_argument("--tries", type=int, default=10_000, help="for false positives")
    parser.add_argument("--json", type=Path, metavar="FILE", help="for machines")
    return parser.parse_args()


if __name__ == "__main__":
    main()
