"""The sheet and the JSON of examples/spin-viewer, as a worker delivers them.

`python -m examples.spin_page` makes both anew from the views that ship.
"""

import json
import logging
import tempfile
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import select

from benchmarks import settings
from db import blobs, engine, migrate
from db.engine import reading
from db.tables.results import Result
from examples.gallery_entries import Entry, listed
from examples.gallery_studio import opened

FOLDER: Final = Path("examples/spin-viewer")
VIEWS: Final = tuple(f"biplane, turned {angle}" for angle in range(0, 360, 15))
ENTRY: Final = Entry(
    "spin",
    roles=listed("views", VIEWS),
    parameters={"frame_width": 320, "frame_height": 240},
    envelope={"output": {"format": "webp", "quality": 85}},
)


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as home:
        settings.enter({"DB_HOME": home})
        migrate.upgrade()
        with opened() as studio:
            studio.show(ENTRY)
        with reading() as session:
            result = session.scalars(select(Result)).one()
        (FOLDER / "biplane.webp").write_bytes(blobs.get(result.tenant, result.blob_key))
        told = json.dumps(_public(result.scores["details"]["spin"]), indent=1)
        (FOLDER / "biplane.json").write_text(f"{told}\n", encoding="utf-8")
        engine.dispose()


def _public(spin: dict[str, object]) -> dict[str, object]:
    """Without the ids of pictures, which differ each time and nobody else can open."""
    frames = spin["frames"]
    if not isinstance(frames, list):
        raise TypeError("a spin has frames")
    kept = [{name: value for name, value in one.items() if name != "view"} for one in frames]
    return {**spin, "frames": kept}


if __name__ == "__main__":
    main()
