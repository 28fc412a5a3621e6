"""Pictures somebody picks for a dataset: a line for each, `id, category, product`, or a tick."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from api.errors import wrong
from db.pointers import pointer

_COLUMNS: Final = ("picture", "category", "product")
_TICK: Final = "result "


def named(text: str) -> Iterator[dict[str, str]]:
    """What each line names; empty lines name nothing, and what is missing the API misses.

    Raises:
        Problem: a line has more than three parts, or a quote that nothing ends.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        parts = _parts(line)
        if parts is None or len(parts) > len(_COLUMNS):
            detail = f"write a line as: id, category, product; not {line[:80]!r}"
            raise wrong(pointer("pictures", number), "line", detail)
        yield {name: part for name, part in zip(_COLUMNS, parts, strict=False) if part}


def ticked(sent: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The results that were ticked, all in the category that was written beside them."""
    category = sent.get("category", "").strip()
    for field in sent:
        if field.startswith(_TICK):
            yield {"picture": field.removeprefix(_TICK), "category": category}


def written(manifest: Iterable[Mapping[str, Any]]) -> str:
    """The pictures of a dataset as somebody would have named them."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    for entry in manifest:
        product = entry.get("product")
        # Where nobody said so, each picture is a product of its own.
        said = [] if product in (None, entry["picture"]) else [product]
        lines.writerow([entry["picture"], entry["category"], *said])
    return text.getvalue()


def _parts(line: str) -> list[str] | None:
    try:
        (parts,) = csv.reader([line], skipinitialspace=True, strict=True)
    except (csv.Error, ValueError):
        return None
    return [part.strip() for part in parts]
