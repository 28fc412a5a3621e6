"""The pictures and masks that a job names, from their ids to images."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from torch import Tensor

from db import blobs, pictures
from db.engine import reading
from db.operations.base import SOURCE_KINDS, SourceKind
from db.operations.order import Order
from db.pictures import Source
from db.together import Together
from models import images, marks
from models.aigc import Mark
from models.images import Loaded
from workers.failures import Permanent

MOST_AT_ONCE: Final = 100
"""Jobs whose pictures are asked for with one question."""

VIEWS: Final = "views."
"""What the roles of many pictures begin with; each is opened when its turn has come."""

_Asked = tuple[str, frozenset[str]]
"""A tenant, and the ids that one of its jobs names."""


@dataclass(frozen=True, slots=True)
class Read:
    """A job's pictures and masks by role, their keys, and how far the pictures are photographs.

    Attributes:
        mark: China's mark of the first picture that has one.
        files: as they lie in the store.
    """

    pictures: dict[str, Loaded]
    masks: dict[str, Tensor]
    keys: dict[str, str]
    source_kind: SourceKind
    mark: Mark | None = None
    files: Mapping[str, "File"] = field(default_factory=dict)

    def image(self, role: str) -> Tensor | None:
        loaded = self.pictures.get(role)
        return None if loaded is None else loaded.image

    def shown(self) -> Iterator[tuple[str, tuple[Callable[[], Loaded], "File"]]]:
        """Each picture by its role: how it is opened, and its file. Masks show nothing."""
        for role, file in self.files.items():
            if role in self.pictures:
                yield role, (partial(self.pictures.__getitem__, role), file)
            elif role.startswith(VIEWS):
                yield role, (partial(images.read, file.data), file)


@dataclass(frozen=True, slots=True)
class File:
    """A picture that a job names, as it lies in the store under its key.

    Attributes:
        name: of the file as it was sent; a result has none.
    """

    key: str
    data: bytes
    name: str | None = None


def fetch(tenant: str, order: Order) -> dict[str, File]:
    """The bytes of each named picture, by role.

    Raises:
        Permanent: `picture_not_found`; it was there when the job was taken in.
    """
    named = order.pictures()
    if not named:
        return {}
    found = _together.ask((tenant, frozenset(named.values())))
    for role, key in named.items():
        if key not in found:
            raise Permanent("picture_not_found", f"there is no picture {key} for {role!r}")
    sources = {role: found[key] for role, key in named.items()}
    return {
        role: File(one.key, blobs.get(tenant, one.key), one.name) for role, one in sources.items()
    }


def read(files: Mapping[str, File]) -> Read:
    """Decode them; what a picture says of its making is kept in mind."""
    loaded: dict[str, Loaded] = {}
    masks: dict[str, Tensor] = {}
    kinds: list[SourceKind] = ["original"]
    mark: Mark | None = None
    for role, file in files.items():
        if role.endswith("mask"):
            masks[role] = images.read_mask(file.data)
            continue
        if not role.startswith(VIEWS):
            loaded[role] = images.read(file.data)
        said = marks.read(file.data)
        if kind := _lent(role, said.source_kind):
            kinds.append(kind)
            mark = mark or said.aigc
    keys = {role: file.key for role, file in files.items()}
    return Read(loaded, masks, keys, max(kinds, key=SOURCE_KINDS.index), mark, files)


def _resolved(asked: Sequence[_Asked]) -> list[dict[str, Source]]:
    """What the ids of each name, with one question for each tenant."""
    of: defaultdict[str, set[str]] = defaultdict(set)
    for tenant, keys in asked:
        of[tenant] |= keys
    with reading() as session:
        found = {tenant: pictures.resolve_many(session, tenant, of[tenant]) for tenant in of}
    return [
        {key: found[tenant][key] for key in keys if key in found[tenant]} for tenant, keys in asked
    ]


_together: Together[_Asked, dict[str, Source]] = Together(
    _resolved, before=lambda: None, most=MOST_AT_ONCE
)
"""Hands begin together what was claimed together, and a question costs the same for all."""


def _lent(role: str, kind: SourceKind) -> SourceKind | None:
    """What a marked picture makes of a result in which it stands for this."""
    if role.startswith(("picture", VIEWS)) or role == "garment":
        return kind
    if role.rpartition(".")[2] == "plate":  # a real product before what a network drew
        return "composite" if kind == "generated" else kind
    return None
