"""The catalogue's pictures on disk, rendered when they are first asked for, in parts of 32 models.

A part appears whole or not at all, so that a kill costs one part at most; one that cannot be read
is rendered again. The folder's name holds a digest of recipe and meshes: other pictures, another
folder. Renders differ a little between graphics drivers, so a part is never compared with a hash.
"""

import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from models.data.catalogue import Library
from models.data.catalogue_models import Listed
from models.data.catalogue_shoot import Layers, Pixels, shoot
from models.data.catalogue_shots import Recipe, sittings
from models.data.renderer import NoGraphicsError, Studio
from models.failures import CannotDo

PART_MODELS = 32
LAYERS = tuple(field.name for field in fields(Layers))

Progress = Callable[[int, int], None]
"""Told how many models are done, of how many."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some models' views; `first` is the place of its first model."""

    first: int
    models: tuple[Listed, ...]
    path: Path


@dataclass(frozen=True, slots=True)
class Cache:
    """Where the pictures of these models lie, and what they are rendered from.

    Attributes:
        folder: given by the caller, shared by all recipes.
        furniture: folder of the libraries.
        models: all of the catalogue.
        recipe: what decides the pictures.
        on_progress: is told while pictures are rendered.
    """

    folder: Path
    furniture: Path
    models: tuple[Listed, ...]
    recipe: Recipe
    on_progress: Progress

    def parts(self) -> tuple[Part, ...]:
        digest = self.recipe.digest(one.fingerprint for one in self.models)
        place = self.folder / f"catalogue-{digest}"
        return tuple(
            Part(first, self.models[first : first + PART_MODELS], place / f"{first:04}.npz")
            for first in range(0, len(self.models), PART_MODELS)
        )

    def read(self, layers: Sequence[str]) -> Iterator[tuple[Part, dict[str, Pixels]]]:
        """Some layers of each part, in order; what is missing is rendered.

        Raises:
            CannotDo: `dataset_missing` where something must be rendered and cannot.
        """
        with ExitStack() as stack:
            studios: list[Studio] = []
            for part in self.parts():
                found = self._kept(part, layers)
                if found is None:
                    if not studios:
                        studios.append(stack.enter_context(_studio()))
                    self._render(part, studios[0])
                    found = self._kept(part, layers)
                if found is None:
                    raise OSError(f"{part.path.name} was written and cannot be read")
                self.on_progress(part.first + len(part.models), len(self.models))
                yield part, found

    def _kept(self, part: Part, layers: Sequence[str]) -> dict[str, Pixels] | None:
        """What was rendered before; None of a file that is missing, torn or another's."""
        count = len(part.models) * self.recipe.views
        try:
            # Opened by us: of a torn file numpy would leave it open.
            with part.path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                found: dict[str, Pixels] = {name: kept[name] for name in layers}
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error):
            return None
        return found if all(len(layer) == count for layer in found.values()) else None

    def _render(self, part: Part, studio: Studio) -> None:
        taken = []
        with ExitStack() as stack:
            names = sorted({one.entry.library for one in part.models})
            paths = {name: self.furniture / f"{name}.sh3f" for name in names}
            libraries = {n: stack.enter_context(Library(path)) for n, path in paths.items()}
            for place, one in enumerate(part.models):
                self.on_progress(part.first + place, len(self.models))
                model = libraries[one.entry.library].model(one.entry)
                turns = sittings(one.entry, self.recipe)
                side_px, detail = self.recipe.side_px, self.recipe.detail
                taken.append(shoot(studio, model, turns, side_px=side_px, detail=detail))
        _write(part.path, joined(taken))


def joined(taken: Sequence[Layers]) -> Layers:
    """Several models' layers, one after the other."""
    return Layers(*(np.concatenate([getattr(one, name) for one in taken]) for name in LAYERS))


def _studio() -> Studio:
    try:
        return Studio()
    except NoGraphicsError as error:
        raise CannotDo(
            "dataset_missing",
            "the catalogue is rendered at its first use, and this machine has no OpenGL (Debian "
            "libegl1, libegl-mesa0, libgl1, libgl1-mesa-dri)",
        ) from error


def _write(path: Path, layers: Layers) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    with draft.open("wb") as file:
        np.savez_compressed(file, **asdict(layers))
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileNotFoundError):  # another process has written the same, and tidied up
        draft.replace(path)
    for left in path.parent.glob(f"{path.stem}.*.draft"):
        left.unlink(missing_ok=True)
