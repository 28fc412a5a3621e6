"""Debian's furniture libraries (.sh3f zips) read as a shop's catalogue of 3D products."""

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.data.product_classes import product_class
from models.data.wavefront import Part, parse_mtl, parse_obj

FURNITURE = "usr/share/sweethome3d/furniture"
LIBRARIES = ("BlendSwap-CC-0", "BlendSwap-CC-BY", "Scopia")
"""What we read: KatorLegaz stays out, and Reallusion's people are no products."""

LICENCE_MARKS = {
    "creativecommons.org/choose/zero": "CC0-1.0",
    "creativecommons.org/licenses/by/3.0/us": "CC-BY-3.0-US",
    "creativecommons.org/licenses/by/3.0/": "CC-BY-3.0",
}
NO_ROTATION = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
RGBA = NDArray[np.uint8]


class CatalogueError(ValueError):
    """A library that is not what we think it is."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One model as its library describes it; `category` is None for what is no product."""

    library: str
    identity: str
    name: str
    category: str | None
    author: str
    licence: str
    model: str
    icon: str
    size_cm: tuple[float, float, float]
    rotation: tuple[float, ...]
    tags: tuple[str, ...]

    @property
    def lies_flat(self) -> bool:
        """Flat clothes must be seen from above, or they are paper edges."""
        width, height, depth = self.size_cm
        return "Clothes" in self.tags and height < 0.12 * min(width, depth)


@dataclass(frozen=True, slots=True)
class Model:
    """What the renderer needs of one entry, read into memory."""

    parts: tuple[Part, ...]
    textures: dict[str, RGBA]
    rotation: tuple[float, ...] = NO_ROTATION


class Library:
    """An open .sh3f file; close it, or use it in a `with` block."""

    def __init__(self, path: Path) -> None:
        """Opens the zip and reads its properties and licence."""
        self.name = path.stem
        self._zip = zipfile.ZipFile(path)
        self._files = {name.lower(): name for name in self._zip.namelist()}
        self.licence = licence_of(self._text("LICENSE.TXT"))
        self.entries = tuple(self._entries(self._text("PluginFurnitureCatalog.properties")))

    def __enter__(self) -> "Library":
        """The library itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Closes the zip."""
        self._zip.close()

    def products(self) -> tuple[Entry, ...]:
        """The entries that look like something a shop sells, in one of the twelve classes."""
        return tuple(entry for entry in self.entries if entry.category)

    def icon(self, entry: Entry) -> RGBA:
        """The library's own 128x128 picture of the entry: uint8 [H, W, 4]."""
        return _rgba(self._zip.read(self._files[entry.icon.lower()]))

    def fingerprint(self, entry: Entry) -> str:
        """Names the entry's mesh: another one in the same place has another fingerprint."""
        crc = self._zip.getinfo(self._files[entry.model.lower()]).CRC
        return f"{entry.library}/{entry.identity}/{crc:08x}"

    def model(self, entry: Entry) -> Model:
        """The entry's triangles and textures, in memory."""
        folder = PurePosixPath(entry.model).parent
        obj = self._text(entry.model)
        wanted = re.findall(r"^mtllib\s+(.+?)\s*$", obj, re.MULTILINE)
        materials = {
            name: material
            for file in wanted
            if self._has(path := str(folder / file))
            for name, material in parse_mtl(self._text(path)).items()
        }
        parts = parse_obj(obj, materials)
        return Model(parts, self._textures(folder, parts), entry.rotation)

    def _textures(self, folder: PurePosixPath, parts: tuple[Part, ...]) -> dict[str, RGBA]:
        names = {part.material.texture for part in parts if part.material.texture}
        paths = {name: str(folder / name) for name in sorted(names)}
        return {
            name: _rgba(self._zip.read(self._files[path.lower()]))
            for name, path in paths.items()
            if self._has(path)  # some point at a disk that is not here: the plain colour serves
        }

    def _entries(self, properties: str) -> list[Entry]:
        fields = _numbered(properties)
        return [self._entry(row) for _, row in sorted(fields.items()) if "model" in row]

    def _entry(self, row: dict[str, str]) -> Entry:
        tags = tuple(tag.strip() for tag in row.get("tags", "").split(",") if tag.strip())
        width, height, depth = (float(row[key]) for key in ("width", "height", "depth"))
        rotation = tuple(float(x) for x in row.get("modelRotation", "").split()) or NO_ROTATION
        name, identity = row.get("name", ""), row["id"].rpartition("#")[2]
        return Entry(
            library=self.name,
            identity=identity,
            name=name,
            category=product_class(
                name, identity=identity, tags=tags, room=row.get("category", "")
            ),
            author=row.get("creator", ""),
            licence=self.licence,
            model=row["model"].lstrip("/"),
            icon=row["icon"].lstrip("/"),
            size_cm=(width, height, depth),
            rotation=rotation,
            tags=tags,
        )

    def _has(self, name: str) -> bool:
        return name.lower() in self._files

    def _text(self, name: str) -> str:
        return self._zip.read(self._files[name.lower()]).decode("latin-1")


def licence_of(text: str) -> str:
    """The SPDX name of the licence a library's LICENSE.TXT links to."""
    for mark, name in LICENCE_MARKS.items():
        if mark in text:
            return name
    raise CatalogueError("the library's LICENSE.TXT names no licence we know")


def _numbered(properties: str) -> dict[int, dict[str, str]]:
    rows: dict[int, dict[str, str]] = {}
    for key, number, value in re.findall(r"^(\w+)#(\d+)=(.*?)\s*$", properties, re.MULTILINE):
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), value)
        rows.setdefault(int(number), {})[key] = text
    return rows


def _rgba(data: bytes) -> RGBA:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGBA"))
