"""A drawn person and drawn shirts to try `try_on` with: no photograph of anybody.

`python -m examples.try_on_pictures FOLDER` writes them there: person.png, shirt.png, clothes.png
(where the person's shirt is) and points.json (where the landmarks are in both).
"""

import io
import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

import torch
from PIL import Image

from models import images
from models.data.figures import FLAT, Cloth, Cut, flat, landmarks, person

SIZE: Final = 512
POSE: Final = Cut(
    top=0.28, hem=0.62, half=0.14, flare=0.95, sleeve=0.17, cuff=0.037, angle_deg=40.0
)
_OLD: Final = Cloth((0.35, 0.5, 0.4), (0.37, 0.53, 0.42), badge=(0.33, 0.48, 0.38))
_NEW: Final = Cloth(stripes=7.0)
_LEANING: Final = Cloth(
    (0.1, 0.35, 0.6), (0.88, 0.9, 0.93), stripes=5.0, lean=0.4, badge=(0.9, 0.7, 0.1)
)


def _person() -> Image.Image:
    return _picture(person(_OLD, POSE, size=SIZE)[0])


def _clothes() -> Image.Image:
    """White where the person's shirt is."""
    return _picture(person(_OLD, POSE, size=SIZE)[1])


def _shirt(cloth: Cloth) -> Image.Image:
    """Cut out."""
    colours, covered = flat(cloth, size=SIZE)
    return _picture(torch.cat((colours, covered), dim=1))


def _picture(image: torch.Tensor) -> Image.Image:
    with Image.open(io.BytesIO(images.encode(image, format="png"))) as opened:
        opened.load()
        return opened


PICTURES: Final[Mapping[str, Callable[[], Image.Image]]] = MappingProxyType(
    {
        "drawn person": _person,
        "drawn person, clothes": _clothes,
        "drawn shirt": partial(_shirt, _NEW),
        "drawn shirt, leaning stripes": partial(_shirt, _LEANING),
    }
)


def main() -> None:
    """Write them into the folder that is named."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    _person().save(folder / "person.png")
    _clothes().save(folder / "clothes.png")
    _shirt(_NEW).save(folder / "shirt.png")
    points = {
        "body_points": landmarks(POSE, size=SIZE),
        "garment_points": landmarks(FLAT, size=SIZE),
    }
    (folder / "points.json").write_text(json.dumps(points, indent=2))


if __name__ == "__main__":
    main()
