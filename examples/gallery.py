"""`make gallery`: a contact sheet for each operation that makes pictures, and the page around them.

`python -m examples.gallery` makes docs/gallery, `python -m examples.gallery shadow place` these
two sheets and their parts of the page. Everything is made from the committed samples with fixed
seeds.
"""

import argparse
import io
import json
import logging
import tempfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import structlog
from PIL import Image

from benchmarks import settings
from db import engine, migrate
from db.operations.union import OPERATIONS
from examples.gallery_captions import asked, everything, measured
from examples.gallery_entries import ENTRIES, Entry, as_ordered, missing
from examples.gallery_pictures import picture
from examples.gallery_sheet import Cell, Strip, draw
from examples.gallery_studio import Shot, Shown, Studio, opened

SHEET_MOST_BYTES = 150_000
MOST_LARGE = 3
QUALITIES = (90, 84, 78, 70, 60, 50)
FOLDER = Path("docs/gallery")


def main() -> int:
    """Make the gallery and give the exit code: 1 if an operation has no entry."""
    given = _arguments()
    given.out.mkdir(parents=True, exist_ok=True)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as home:
        settings.enter({"DB_HOME": home})
        migrate.upgrade()
        with opened() as studio:
            parts = [made(studio, op, given.out) for op in given.operations or operations()]
        engine.dispose()
    file = given.out / "README.md"
    before = file.read_text(encoding="utf-8") if given.operations and file.exists() else ""
    file.write_text(page(parts, before=before), encoding="utf-8")
    for line in missing():
        print(f"No entry in examples/gallery_entries.py; add {line}")
    return 1 if missing() else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m examples.gallery", description=__doc__)
    parser.add_argument("operations", nargs="*", choices=[[], *operations()], metavar="OPERATION")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder for what it writes")
    return parser.parse_args()


def operations() -> list[str]:
    """Those that have a sheet, in the order of the list."""
    return list(dict.fromkeys(entry.op for entry in ENTRIES))


def made(studio: Studio, op: str, folder: Path) -> list[Shown]:
    """Do an operation's entries and write their sheet."""
    shown = [studio.show(entry) for entry in ENTRIES if entry.op == op]
    data = file_of(draw(op, said_of(op).replace("`", ""), list(strips(shown))))
    (folder / f"{op}.webp").write_bytes(data)
    print(f"{op}: {sum(len(one.results) for one in shown)} pictures, {len(data) / 1000:.0f} kB")
    return shown


def file_of(sheet: Image.Image) -> bytes:
    """As WebP of the best quality that is no more than a page may weigh.

    Raises:
        ValueError: there is none: the operation has too many entries.
    """
    for quality in QUALITIES:
        buffer = io.BytesIO()
        sheet.save(buffer, "WEBP", quality=quality, method=6)
        if buffer.tell() <= SHEET_MOST_BYTES:
            return buffer.getvalue()
    raise ValueError(
        f"a sheet of {sheet.width} × {sheet.height} is beyond {SHEET_MOST_BYTES} bytes"
    )


def strips(shown: Sequence[Shown]) -> Iterator[Strip]:
    """Of jobs on one picture this once, and then what came of each."""
    for _, group in groupby(shown, key=_together):
        same = list(group)
        if same[0].entry.is_explained:
            yield from (Strip((*_sources(one.entry), *_cells(one), *_stages(one))) for one in same)
        elif _is_many(same[0]):
            yield from map(_small, same)
        else:
            yield Strip(tuple(_told(same)))


def _together(one: Shown) -> tuple[str, bool, bool]:
    return one.entry.picture, _is_many(one), one.entry.is_explained


def _is_many(one: Shown) -> bool:
    return len(one.results) > MOST_LARGE


def _small(one: Shown) -> Strip:
    """A line of its own; between two pictures these are the ends of what is shown."""
    of = _of(one.entry)
    sources = () if len(one.entry.pictures) > 1 else _sources(one.entry)
    return Strip((*sources, *_cells(one)), " · ".join(filter(None, [of, asked(one)])))


def _of(entry: Entry) -> str:
    """What it began with: from one picture to another, or a list by its name."""
    given = as_ordered(entry.pictures)
    lists = (f"{name}: {', '.join(one)}" for name, one in given.items() if isinstance(one, list))
    return " · ".join(lists) or " to ".join(entry.pictures.values())


def _told(same: Sequence[Shown]) -> Iterator[Cell]:
    """Each source before the first result that it was needed for."""
    seen: set[str] = set()
    for one in same:
        for cell in _sources(one.entry):
            if cell.name not in seen:
                yield cell
            seen.add(cell.name)
        yield from _cells(one)


def _sources(entry: Entry) -> list[Cell]:
    return [
        Cell(
            picture(name),
            name if role == "picture" else f"{role}: {name}",
            is_source=True,
            in_detail=entry.in_detail,
        )
        for role, name in entry.pictures.items()
    ]


def _cells(one: Shown) -> list[Cell]:
    return [
        Cell(result.picture, name, tuple(measured(one, result)), in_detail=one.entry.in_detail)
        for name, result in zip(_names(one), one.results, strict=True)
    ]


def _stages(one: Shown) -> list[Cell]:
    """How it came about; under a heat map what its darkest and its lightest colour mean."""
    return [Cell(shot.picture, shot.name, _range(shot)) for shot in one.stages]


def _range(shot: Shot) -> tuple[str, ...]:
    if shot.scale is None:
        return ()
    dark, low, high = (shot.scale[name] for name in ("dark", "min", "max"))
    return (f"{dark:g} dark to {high if dark == low else low:g} light",)


def _names(one: Shown) -> list[str]:
    """A pipeline's pictures by the steps that made them; one of many by what is above them all."""
    if len(one.results) == 1:
        return [asked(one)]
    steps = one.entry.parameters.get("steps")
    if isinstance(steps, tuple) and len(steps) == len(one.results):
        return [f"{number}. {step['op']}" for number, step in enumerate(steps, start=1)]
    return [""] * len(one.results)


def said_of(op: str) -> str:
    """What the operation's class says of itself, its first paragraph."""
    return " ".join((OPERATIONS[op].__doc__ or "").strip().split("\n\n")[0].split())


def page(parts: Sequence[Sequence[Shown]], *, before: str = "") -> str:
    """The page with all sheets, each with its orders and every score.

    Args:
        parts: an operation's entries each.
        before: a page of which those of other operations are kept.
    """
    sections = {one.partition("\n")[0]: one.strip() for one in before.split("\n## ")[1:]}
    sections |= {part[0].entry.op: _part(part) for part in parts}
    shown = [op for op in operations() if op in sections]
    head = [
        "# Gallery",
        "What each operation makes. `make gallery` draws this page anew: each picture is the file "
        "that a worker delivered, and each number from the row of that result or its job. In "
        "orders names stand for the ids of pictures. Where a number is missing there was nothing "
        "to compare with; `unproven` says that the mask which a product's scores rest on may be "
        "wrong. The pictures are those that ship, with their "
        "[credits](../../THIRD_PARTY_NOTICES.md).",
        " · ".join(f"[{op}](#{op})" for op in shown),
    ]
    return "\n\n".join([*head, *(f"## {sections[op]}" for op in shown)]) + "\n"


def _part(shown: Sequence[Shown]) -> str:
    """What stands on the page of an operation, its name first."""
    op = shown[0].entry.op
    said = [
        op,
        said_of(op),
        f"![{op}: sources beside results, with their scores]({op}.webp)",
        "\n".join(line for one in shown for line in _lines(one)),
    ]
    return "\n\n".join(said)


def _lines(one: Shown) -> list[str]:
    """The order as a point of a list, under it each result's numbers."""
    results = [f"  - {everything(one, result)}" for result in one.results]
    return [f"- `{json.dumps(one.order, ensure_ascii=False)}`", *results]


if __name__ == "__main__":
    raise SystemExit(main())
