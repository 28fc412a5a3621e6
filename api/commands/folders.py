"""A folder with one folder of pictures for each category, read as a dataset."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from api.commands.parameters import BadArgument

ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".avif"})
_SEPARATORS = "_-"


class ProductBy(StrEnum):
    """What tells which product a picture shows."""

    FOLDER = "folder"
    """The folder in its category's folder."""
    NAME = "name"
    """The file's name, up to the first _ or -."""
    NONE = "none"
    """Nothing: each picture is a product of its own."""


@dataclass(frozen=True, slots=True)
class Found:
    """A picture file with what its place says of it."""

    path: Path
    category: str
    product: str | None


def pictures(folder: Path, by: ProductBy) -> list[Found]:
    """Every picture below a folder's folders, in order; what is hidden is none.

    Raises:
        BadArgument: there are none, or some lie where they have no category.
    """
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in ENDINGS and path.is_file() and not _is_hidden(path, folder)
    ]
    bare = [path.name for path in files if path.parent == folder]
    if bare:
        raise BadArgument(
            f"{len(bare)} pictures lie in {folder} itself and have no category, {bare[0]} first; "
            f"{_WANTED}"
        )
    if not files:
        raise BadArgument(f"{folder} holds no folders with pictures; {_WANTED}")
    return [_found(path, folder, by) for path in files]


_WANTED = "put each category's pictures in a folder of its own, named like the category"


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _found(path: Path, folder: Path, by: ProductBy) -> Found:
    return Found(path, path.relative_to(folder).parts[0], _PRODUCTS[by](path, folder))


def _by_folder(path: Path, folder: Path) -> str | None:
    _category, *products, _name = path.relative_to(folder).parts
    return products[0] if products else None


def _by_name(path: Path, _folder: Path) -> str | None:
    ends = [at for at in map(path.stem.find, _SEPARATORS) if at > 0]
    return path.stem[: min(ends)] if ends else path.stem


_PRODUCTS: dict[ProductBy, Callable[[Path, Path], str | None]] = {
    ProductBy.FOLDER: _by_folder,
    ProductBy.NAME: _by_name,
    ProductBy.NONE: lambda _path, _folder: None,
}
