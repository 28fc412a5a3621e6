"""A sheet of the rendered catalogue: `python -m examples.catalogue docs/catalogue.webp`.

Of each class two public-domain models: the picture, the same on its shadow, its recoloured twin.
"""

import sys
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from models.data import catalogue_set
from models.data.catalogue_set import Views
from models.data.product_classes import CLASSES
from workers import rendered

FREE = "CC0-1.0"
MODELS, TURN = 2, 7
CLASSES_A_LINE = 2


def main(target: Path) -> None:
    """Writes the sheet, and says whose models are on it."""
    views = catalogue_set.views(rendered.folder(), furniture=rendered.furniture())
    cells, makers = [], []
    for label in range(len(CLASSES)):
        models = _free(views, label)
        rows = [_row(views, model) for model in models]
        cells.append(torch.cat([layer for row in rows for layer in row], dim=2))
        makers += [
            f"{views.listed[model].name}, {views.listed[model].entry.author}" for model in models
        ]
    lines = [torch.cat(list(line), dim=2) for line in _lines(cells)]
    sheet = torch.cat(lines, dim=1).permute(1, 2, 0).numpy()
    Image.fromarray(sheet).save(target, quality=90, method=6)
    print("; ".join(makers))


def _free(views: Views, label: int) -> list[int]:
    """The first public-domain models of a class."""
    free = [
        number
        for number, one in enumerate(views.listed)
        if one.label == label and one.entry.licence == FREE
    ]
    return free[:: max(1, len(free) // MODELS)][:MODELS]


def _row(views: Views, model: int) -> tuple[Tensor, Tensor, Tensor]:
    row = int((views.models == model).nonzero()[TURN + model % 10])
    picture = views.images[row]
    return picture, (picture.int() - views.shadow[row]).clamp_min(0).byte(), views.recoloured[row]


def _lines(cells: list[Tensor]) -> list[list[Tensor]]:
    return [cells[i : i + CLASSES_A_LINE] for i in range(0, len(cells), CLASSES_A_LINE)]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
