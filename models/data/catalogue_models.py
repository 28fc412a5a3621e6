"""The models of the catalogue, and which of them nothing may learn from, by a hash of each."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.data.catalogue import FURNITURE, LIBRARIES, Entry, Library
from models.data.product_classes import CLASSES
from models.failures import CannotDo

FOLDER = Path("/", FURNITURE)
PACKAGE = "sweethome3d-furniture"
TRAIN, VALIDATION, TEST = "train", "validation", "test"
SHARE: Final = 0.1
"""Of the models of a class, one at least: for validation, and as many for tests."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A model of the catalogue.

    Attributes:
        entry: as its library describes it.
        label: its class, an index into `CLASSES`.
        split: whether it is learnt from, chosen by, or tested on; all of its views are.
        fingerprint: of its mesh.
    """

    entry: Entry
    label: int
    split: str
    fingerprint: str

    @property
    def name(self) -> str:
        """Unique in the catalogue."""
        return f"{self.entry.library}/{self.entry.identity}"


def listed(furniture: Path = FOLDER) -> tuple[Listed, ...]:
    """All products of the libraries in a folder, always in the same order.

    Raises:
        CannotDo: `dataset_missing` where a library is not there.
    """
    paths = [furniture / f"{name}.sh3f" for name in LIBRARIES]
    if missing := [path.stem for path in paths if not path.is_file()]:
        raise CannotDo(
            "dataset_missing",
            f"the furniture libraries {', '.join(missing)} are not on this machine (Debian "
            f"{PACKAGE}); run `packshot data fetch`",
        )
    with ExitStack() as stack:
        libraries = [stack.enter_context(Library(path)) for path in paths]
        found = [
            (one, library.fingerprint(one)) for library in libraries for one in library.products()
        ]
    found.sort(key=lambda pair: pair[1])
    splits = split([entry for entry, _ in found])
    return tuple(
        Listed(entry, CLASSES.index(entry.category or ""), where, fingerprint)
        for (entry, fingerprint), where in zip(found, splits, strict=True)
    )


def licences(models: Sequence[Listed]) -> str:
    """Which licence each library has, in a line."""
    by_library = {one.entry.library: one.entry.licence for one in models}
    return ", ".join(f"{library} {licence}" for library, licence in sorted(by_library.items()))


def split(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Of each class the tenth with the lowest hashes is tested on, the next one chosen by."""
    classes: dict[str | None, list[int]] = defaultdict(list)
    for place in sorted(range(len(entries)), key=lambda place: _rank(entries[place])):
        classes[entries[place].category].append(place)
    found = [TRAIN] * len(entries)
    for places in classes.values():
        held_out = max(1, round(SHARE * len(places)))
        for order, place in enumerate(places[: 2 * held_out]):
            found[place] = TEST if order < held_out else VALIDATION
    return tuple(found)


def _rank(entry: Entry) -> str:
    return hashlib.sha256(f"{entry.library}/{entry.identity}".encode()).hexdigest()
