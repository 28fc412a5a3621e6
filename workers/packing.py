"""`python -m workers.packing FOLDER`: what our networks learn from, packed to be carried.

To a machine with a GPU, say, that has no network: `python -m benchmarks.leg` reads it there.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from models.data import catalogue_set, cutouts, fashion_mnist, packed, photographs
from models.data.image_set import ImageSet
from models.failures import CannotDo
from workers import rendered

JPEG_QUALITY = 90
"""46 dB: far below the noise that is added to photographs. To the bit they would take 90 MiB."""


def cover() -> ImageSet:
    """How far the product covers each pixel of the catalogue's pictures, in grey."""
    found = cutouts.catalogue(
        rendered.folder(), cutouts.photographed(), furniture=rendered.furniture()
    )
    return ImageSet(
        name=f"{found.name}, cover",
        images=found.images[:, -1:],
        labels=found.labels,
        categories=found.categories,
        validation=found.validation,
        licence=found.licence,
        source=found.source,
    )


SETS: dict[str, tuple[Callable[[], ImageSet], int | None]] = {
    "fashion-mnist": (fashion_mnist.read, None),
    "catalogue": (
        lambda: catalogue_set.read(rendered.folder(), furniture=rendered.furniture(), twins=True),
        None,
    ),
    "catalogue-cover": (cover, None),
    "photographs": (photographs.read, JPEG_QUALITY),
}
"""By the folder they get: who reads them, and the quality they may lose pictures to."""


def main(words: Sequence[str] | None = None) -> int:
    """Runs the command line and gives its exit code."""
    parser = argparse.ArgumentParser(prog="python -m workers.packing", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(".pack"))
    parser.add_argument("--json", action="store_true", help="the last line alone, as JSON")
    given = parser.parse_args(words)
    folder = given.folder
    try:
        size_bytes = pack(folder, say=_nothing if given.json else _say)
    except (CannotDo, OSError) as error:
        _say(f"nothing is packed: {error}")
        return 1
    told = json.dumps({"folder": str(folder), "bytes": size_bytes})
    _say(told if given.json else f"{size_bytes / 2**20:.1f} MiB in {folder}")
    return 0


def pack(folder: Path, *, say: Callable[[str], object]) -> int:
    """Writes every set into a folder of its own and tells the bytes of all.

    Raises:
        CannotDo: `pack_exists` where something lies there: sheets of two packs would mix.
    """
    _refuse_taken(folder)
    total = 0
    for name, (read, quality) in SETS.items():
        size_bytes = packed.write(read(), folder / name, quality=quality)
        say(f"{name:16} {size_bytes / 2**20:.1f} MiB")
        total += size_bytes
    return total


def _refuse_taken(folder: Path) -> None:
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise CannotDo("pack_exists", f"{folder} is there already; remove it, or name another")


def _nothing(_line: str) -> None:
    pass


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
