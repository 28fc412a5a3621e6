"""Makes the committed sample set again: `python -m models.data.sample_studio`.

Twelve public-domain models photographed, 200 pictures of Fashion-MNIST on one sheet and one
public-domain photograph in two crops. Needs the Debian packages and EGL.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from models.data.camera import View
from models.data.catalogue import FURNITURE, NO_ROTATION, Entry, Library
from models.data.fashion_mnist import CATEGORIES, read_test
from models.data.renderer import Studio
from models.data.samples import FOLDER, SIDE_PX
from models.data.scene import Detail
from models.data.studio_light import Light

SIZE_PX, PER_CATEGORY = 512, 20
VIEWS, TURNED_PX = 24, 320
PHOTOGRAPH = Path("/usr/share/backgrounds/seeding_by_Clements_Engelhardt.jpg")
PHOTOGRAPH_CREDIT = "“seeding” by Clemens Engelhardt, 2018, CC0-1.0"
CROPS = {"meadow": (0, 0, 5312, 2988, 640), "dandelion": (560, 90, 2640, 1650, 640)}


@dataclass(frozen=True, slots=True)
class Shot:
    """Which model, from where it looks its best; `standing` as modelled, not as catalogued."""

    identity: str
    name: str
    azimuth_deg: float
    elevation_deg: float
    standing: bool = False


SHOTS = (
    Shot("deckChair", "deck chair", 30, 14),
    Shot("cupcake", "cup cake", 20, 15),
    Shot("ammoBox", "wooden box", 35, 22),
    Shot("tableWithTablecloth", "table with tablecloth", 15, 14),
    Shot("cissors_swap", "scissors", 20, 60),
    Shot("riggedFan", "fan", 25, 10),
    Shot("towel3", "towel rack", 25, 12),
    Shot("headphones", "headphones", -60, 25, standing=True),
    Shot("bootie", "booties", -50, 18),
    Shot("desklamp", "desk lamp", 30, 12),
    Shot("cartoon_biplane", "biplane", 40, 18),
    Shot("bed3", "bed", 38, 22),
)


TURNED = Shot("cartoon_biplane", "biplane", 40, 12)
"""What is photographed from all around."""


def make(furniture: Path, folder: Path = FOLDER) -> None:
    """Writes the whole sample set under `folder`."""
    products, photographs, turned = (
        folder / kind for kind in ("products", "photographs", "turned")
    )
    for place in (products, photographs, turned):
        place.mkdir(parents=True, exist_ok=True)
    with Library(furniture / "BlendSwap-CC-0.sh3f") as library, Studio() as studio:
        entries = {entry.identity: entry for entry in library.products()}
        rows = [_product(studio, library, entries[shot.identity], shot, products) for shot in SHOTS]
        around = [_turned(studio, library, entries[TURNED.identity], TURNED, turned)]
    _write(products / "index.json", rows)
    _write(turned / "index.json", around)
    _write(photographs / "index.json", [_photograph(name, photographs) for name in CROPS])
    _garments(folder)


def _turned(
    studio: Studio, library: Library, entry: Entry, shot: Shot, folder: Path
) -> dict[str, str]:
    """One model from all around at one scale, the views one below the other."""
    stage = studio.stage(library.model(entry))
    stage.light(Light(azimuth_deg=shot.azimuth_deg), Detail(supersample=4, lamps=64))
    views = []
    for step in range(VIEWS):
        azimuth = shot.azimuth_deg + 360 * step / VIEWS
        stage.aim(View(azimuth, shot.elevation_deg, fill=0.96, turns=True))
        views.append(stage.expose(TURNED_PX)[0])
    file = f"{shot.name.replace(' ', '_')}.webp"
    strip = Image.fromarray(np.concatenate(views))
    strip.save(folder / file, quality=90, alpha_quality=100, method=6)
    credit = f"“{entry.name}” ({entry.identity}) by {entry.author}, {entry.licence}"
    category = str(entry.category)
    return {"file": file, "name": shot.name, "category": category, "mode": "RGBA", "credit": credit}


def _product(
    studio: Studio, library: Library, entry: Entry, shot: Shot, folder: Path
) -> dict[str, str]:
    model = library.model(entry)
    if shot.standing:
        model = replace(model, rotation=NO_ROTATION)
    view = View(shot.azimuth_deg, shot.elevation_deg)
    pixels = studio.render(model, size=SIZE_PX, view=view, detail=Detail(supersample=4, lamps=64))
    file = f"{shot.name.replace(' ', '_')}.webp"
    Image.fromarray(pixels).save(folder / file, lossless=True, quality=100, method=6)
    credit = f"“{entry.name}” ({entry.identity}) by {entry.author}, {entry.licence}"
    category = str(entry.category)
    return {"file": file, "name": shot.name, "category": category, "mode": "RGBA", "credit": credit}


def _photograph(name: str, folder: Path) -> dict[str, str]:
    left, top, right, bottom, width = CROPS[name]
    size = (width, round(width * (bottom - top) / (right - left)))
    with Image.open(PHOTOGRAPH) as opened:
        cut = opened.convert("RGB").resize(
            size, Image.Resampling.LANCZOS, box=(left, top, right, bottom), reducing_gap=3.0
        )
    cut.save(folder / f"{name}.webp", quality=92, method=6)
    return {
        "file": f"{name}.webp",
        "name": name,
        "category": "photograph",
        "mode": "RGB",
        "credit": PHOTOGRAPH_CREDIT,
    }


def _garments(folder: Path) -> None:
    """The first twenty test rows of each category, one category to a line of the sheet."""
    images, labels = (tensor.numpy() for tensor in read_test())
    rows = [np.flatnonzero(labels == label)[:PER_CATEGORY] for label in range(len(CATEGORIES))]
    lines = [np.concatenate(list(images[of_one, 0]), axis=1) for of_one in rows]
    Image.fromarray(np.concatenate(lines)).save(folder / "garments.png", optimize=True)
    index = np.concatenate(rows)
    card = {
        "credit": "Fashion-MNIST, MIT, © 2017 Zalando SE",
        "split": "t10k",
        "side_px": SIDE_PX,
        "categories": CATEGORIES,
        "labels": labels[index].tolist(),
        "rows": index.tolist(),
    }
    (folder / "garments.json").write_text(json.dumps(card, ensure_ascii=False) + "\n", "utf-8")


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    make(Path("/", FURNITURE))
