"""Whether letters beside a product are found: `python -m benchmarks.lettering [--fonts FOLDER]`.

Rendered products on white, 768 pixels large: without a word, and with one line in a font of each
script that a folder or the system has, three to ten per cent high, above or below the product.
"""

import argparse
import json
import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from models.advertising.fonts import SHIPPED, SYSTEM, Face, face_for
from models.checking.lettering import lettering
from models.data.catalogue import Library
from models.data.catalogue_models import FOLDER, listed
from models.data.catalogue_set import RECIPE
from models.data.catalogue_shoot import shoot
from models.data.catalogue_shots import sittings
from models.data.renderer import Studio
from models.failures import CannotDo

SIDE: Final = 768
SAYINGS: Final = {
    "Latin": ("SALE -20%", "FREE SHIPPING", "New arrival", "Only today: 29.99 €"),
    "Chinese": ("限时特价", "包邮", "全场五折优惠", "新品上市"),
    "Arabic": ("تخفيضات كبيرة", "شحن مجاني"),
    "Devanagari": ("मुफ़्त डिलीवरी", "विशेष छूट"),
}
COLOURS: Final = ((0, 0, 0), (200, 0, 0), (30, 60, 160), (90, 90, 90))
_HIGH: Final = (0.03, 0.1)


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--fonts", type=Path, nargs="*", default=[])
    given.add_argument("--every", type=int, default=2, help="each so manieth model")
    told = given.parse_args()
    cv2.setNumThreads(1)
    pictures = list(products(told.every))
    print(json.dumps(_alone(pictures)), flush=True)
    for script, sayings in SAYINGS.items():
        try:
            face = face_for(" ".join(sayings), [SHIPPED, *told.fonts, *SYSTEM])
        except CannotDo as error:
            print(json.dumps({"script": script, "missing": str(error)}))
            continue
        print(json.dumps(_written(script, face, sayings, pictures)), flush=True)


def products(every: int) -> Iterator[Image.Image]:
    """A view of each of these models, on white."""
    recipe = replace(RECIPE, views=1)
    with ExitStack() as stack:
        studio = stack.enter_context(Studio())
        libraries: dict[str, Library] = {}
        for one in listed()[::every]:
            name = one.entry.library
            if name not in libraries:
                libraries[name] = stack.enter_context(Library(FOLDER / f"{name}.sh3f"))
            model = libraries[name].model(one.entry)
            turns = sittings(one.entry, recipe)
            layers = shoot(studio, model, turns, side_px=SIDE, detail=recipe.detail)
            yield Image.fromarray(layers.images[0].transpose(1, 2, 0))


def _alone(pictures: list[Image.Image]) -> dict[str, object]:
    found = [lettering(_tensor(one)) or () for one in pictures]
    return {
        "pictures": len(pictures),
        "warned of without letters": round(sum(map(bool, found)) / len(found), 3),
        "failed without letters": round(
            sum(any(line.beside for line in one) for one in found) / len(found), 3
        ),
    }


def _written(
    script: str, face: Face, sayings: tuple[str, ...], pictures: list[Image.Image]
) -> dict[str, object]:
    draw = random.Random(0)  # noqa: S311 — the same lines again
    seen = beside = 0
    for picture in pictures:
        shown, (top, bottom) = _with_a_line(picture, draw.choice(sayings), face, draw)
        here = [
            line
            for line in lettering(_tensor(shown)) or ()
            if line.box[1] < bottom and top < line.box[3]
        ]
        seen += bool(here)
        beside += any(line.beside for line in here)
    return {
        "script": script,
        "font": face.family,
        "pictures": len(pictures),
        "found": round(seen / len(pictures), 3),
        "found beside the product": round(beside / len(pictures), 3),
    }


def _with_a_line(
    picture: Image.Image, text: str, face: Face, draw: random.Random
) -> tuple[Image.Image, tuple[int, int]]:
    """The picture with the text, and from where to where it reaches down."""
    shown, high = picture.copy(), round(SIDE * draw.uniform(*_HIGH))
    pen = ImageDraw.Draw(shown)
    while True:
        font = face.at(high)
        left, top, right, bottom = pen.textbbox((0, 0), text, font=font)
        if right - left < SIDE - 20:
            break
        high = round(0.8 * high)
    x = draw.randint(4, SIDE - 12 - round(right - left))
    y = draw.choice([8, SIDE - 12 - round(bottom - top)])
    pen.text((x - left, y - top), text, font=font, fill=draw.choice(COLOURS))
    return shown, (y, y + round(bottom - top))


def _tensor(picture: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 255


if __name__ == "__main__":
    main()
