"""docs/styles.webp: the styles that ship, each on one product by both methods.

`python -m examples.style_sheet` makes it anew; every picture is what a worker delivered.
"""

import logging
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import structlog
from PIL import Image

from benchmarks import settings
from db import engine, migrate
from examples.gallery_captions import measured
from examples.gallery_entries import Entry
from examples.gallery_sheet import Cell, Strip, draw
from examples.gallery_studio import Studio, opened
from models.data import style_pictures

FILE: Final = Path("docs/styles.webp")
QUALITY: Final = 60
"""Dots and joints weigh much."""
PRODUCT: Final = "wooden box"
_ASIDE: Final = (
    "The style, and what it makes of the ground and of all; the product is protected once."
)


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as home:
        settings.enter({"DB_HOME": home})
        migrate.upgrade()
        with opened() as studio:
            strips = [strip(studio, name) for name in style_pictures.NAMES]
        engine.dispose()
    draw("Styles that ship", _ASIDE, strips).save(FILE, "WEBP", quality=QUALITY, method=6)


def strip(studio: Studio, style: str) -> Strip:
    """The style itself, then three orders that name it."""
    asked = (
        {"method": "adain", "protect_product": False},
        {"method": "adain"},
        {"method": "color"},
    )
    cells = [Cell(_drawn(style), style, is_source=True)]
    for given in asked:
        shown = studio.show(Entry("stylize", PRODUCT, {"style": style, **given}))
        words = " · ".join([str(given["method"]), *(["protected"] if len(given) == 1 else [])])
        cells.append(
            Cell(shown.results[0].picture, words, tuple(measured(shown, shown.results[0])))
        )
    return Strip(tuple(cells))


def _drawn(style: str) -> Image.Image:
    pixels = style_pictures.drawn(style)[0].permute(1, 2, 0).numpy()
    return Image.fromarray((pixels * 255).round().astype(np.uint8))


if __name__ == "__main__":
    main()
