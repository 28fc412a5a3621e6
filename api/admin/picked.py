"""Pictures somebody picks for a dataset: a tick, or a line for each.

A line is `id, category, product, consent`; the last is that very word, or nothing.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from api.errors import wrong
from db.pointers import pointer

_COLUMNS: Final = ("picture", "category", "product", "consent")
_CONSENT: Final = "consent"
_TICK: Final = "result "


def named(text: str) -> Iterator[dict[str, str | bool]]:
    """What each line names; empty lines name nothing, and what is missing the API misses.

    Raises:
        Problem: a line has more than four parts, a fourth that is another word, or a quote that
            nothing ends.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        parts = _parts(line)
        if parts is None or parts[len(_COLUMNS) - 1 :] not in ([], [""], [_CONSENT]):
            detail = f"write a line as: id, category, product, consent; not {line[:80]!r}"
            raise wrong(pointer("pictures", number), "line", detail)
        said = {name: part for name, part in zip(_COLUMNS, parts, strict=False) if part}
        yield {name: part if name != _CONSENT else True for name, part in said.items()}


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
        said = ["" if product in (None, entry["picture"]) else product]
        said += [_CONSENT] if entry.get(_CONSENT) else []
        lines.writerow([entry["picture"], entry["category"], *(said if any(said) else [])])
    return text.getvalue()


def _parts(line: str) -> list[str] | None:
    try:
        (parts,) = csv.reader([line], skipinitialspace=True, strict=True)
    except (csv.Error, ValueError):
        return None
    return [part.strip() for part in parts]
