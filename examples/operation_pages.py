"""A page for each operation and one of all, from their classes and the gallery: `make docs`.

`python -m examples.operation_pages` writes docs/operations anew.
"""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from db.operations.base import Operation
from db.operations.order import Order
from db.operations.scores import SCORES
from db.operations.union import OPERATIONS
from examples.gallery_entries import ENTRIES, Entry, as_ordered
from examples.parameter_table import COLUMNS, rows, table

FOLDER = Path("docs/operations")
GALLERY = Path("docs/gallery/README.md")

_HEAD = """\
# Operations

What can be asked for, a page for each. They are made from the classes in `db/operations/` and from
[the gallery](../gallery/README.md) by `make docs`; a test fails when they are not what these say.
`GET /v1/operations` gives the same as JSON Schema, and `packshot submit NAME --help` as options of
the command line.

A parameter that is left out has the default of its row; a name that is not there is refused.
`psnr_db` and `ssim` compare with the `reference` that the caller sends. Without one they are NULL,
unless the operation has a reference of its own, which its page then says. A delivered file is
labelled with what its source was, or with what the operation makes of it if that is more; a
pipeline with the most that any of its steps makes of it.
"""
_AROUND = """\
## Around every operation

The body of `POST /v1/jobs` is `{"operation": {"op": …, …}, …}`. Beside the operation it may hold:
"""


def main() -> None:
    """Write every page, and take away those of operations that are no more."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.md"):
        old.unlink()
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Each page's text, by the name of its file."""
    shown = examples(GALLERY.read_text(encoding="utf-8"))
    return {
        "README.md": index(),
        **{f"{op}.md": page(op, kind, shown.get(op, "")) for op, kind in OPERATIONS.items()},
    }


def examples(gallery: str) -> dict[str, str]:
    """What the gallery says of each operation: its orders, with every number that came of them."""
    parts = re.split(r"^## (\w+)$", gallery, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def index() -> str:
    """The page about all of them, and about what stands around an operation."""
    every = table(
        ("operation", "what it does", "queue", "labelled"),
        (
            (f"[{op}]({op}.md)", _first(kind), f"`{kind.queue}`", _label(kind))
            for op, kind in OPERATIONS.items()
        ),
    )
    schema = Order.model_json_schema()
    del schema["properties"]["operation"]
    return "\n".join([_HEAD, every, _AROUND, table(COLUMNS, rows(schema, schema))])


def page(op: str, kind: type[Operation], example: str) -> str:
    """One operation: what it is, what it takes, what it made of a picture, what was measured."""
    schema = kind.model_json_schema()
    del schema["properties"]["op"]
    parts = [
        f"# {op}",
        schema["description"],
        _facts(kind),
        "## Parameters",
        table(COLUMNS, rows(schema, schema)).rstrip(),
        *(_example(op, example) if example else ()),
        "Beside them stands what [every operation has](README.md#around-every-operation).",
    ]
    return "\n\n".join(parts) + "\n"


def _first(kind: type[Operation]) -> str:
    """The class's first paragraph."""
    return " ".join((kind.__doc__ or "").strip().split("\n\n")[0].split())


def _label(kind: type[Operation]) -> str:
    return "as its source" if kind.source_kind == "original" else kind.source_kind


def _facts(kind: type[Operation]) -> str:
    facts = [f"Queue `{kind.queue}`, time-out {kind.timeout_s:g} s."]
    if kind.reference == "own":
        facts.append("Has a reference of its own.")
    if kind.source_kind != "original":
        facts.append(f"Labelled `{kind.source_kind}`.")
    return " ".join(facts)


def _example(op: str, example: str) -> Iterator[str]:
    orders = re.search(r"^- .*", example, re.MULTILINE | re.DOTALL)
    measured = orders.group().strip() if orders else ""
    yield "## Examples"
    yield f"![{op}: sources beside results, with their scores](../gallery/{op}.webp)"
    yield f"```sh\n{command(next(one for one in ENTRIES if one.op == op))}\n```"
    yield "Each order of the picture above, and what was measured of the files that came of it:"
    yield measured
    yield "## Scores"
    told = [name for name in SCORES if re.search(rf"\b{name}\b|\b{_flag(name)}\b", measured)]
    columns = ("score", "what is compared", "unit", "better")
    lines = ((f"`{one}`", SCORES[one].says, SCORES[one].unit, SCORES[one].better) for one in told)
    yield table(columns, lines).rstrip()


def _flag(name: str) -> str:
    """What is said where all of a region's pixels are the same, and no number is needed."""
    return f"{name.removesuffix('_psnr_db')} identical"


def command(entry: Entry) -> str:
    """The entry's order as a shell line."""
    pictures = as_ordered(entry.pictures)
    # The list that an operation cannot do without is what `packshot submit` takes files for.
    fields = OPERATIONS[entry.op].model_fields
    needed = {role for role, field in fields.items() if field.is_required()}
    files: list[str] = []
    said: dict[str, Any] = {}
    for role, names in pictures.items():
        if isinstance(names, str):
            files.append(_file(names))
        elif role in needed:
            files += map(_file, names)
        else:
            said[role] = [f"@{name}.png" for name in names]
    said |= entry.parameters
    given = (f"-p {shlex.quote(f'{name}={_spelt(value)}')}" for name, value in said.items())
    reference = [f"--reference {_file(entry.reference)}"] if entry.reference else []
    return " ".join(["packshot submit", entry.op, *files, *given, *reference, "--wait --out ."])


def _file(name: str) -> str:
    return f"{shlex.quote(name)}.png" if " " not in name else shlex.quote(f"{name}.png")


def _spelt(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


if __name__ == "__main__":
    main()
