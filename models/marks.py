"""What a file's bytes say of its making: its label, China's mark, a C2PA manifest."""

from dataclasses import dataclass
from typing import Final, get_args

from models import aigc, labels, manifests
from models.aigc import Mark
from models.labels import Label, SourceKind

# From a photograph to what has nothing of one.
_RISING: Final[tuple[SourceKind, ...]] = tuple(reversed(get_args(SourceKind)))
_MADE: Final = ("composite", "generated")


@dataclass(frozen=True, slots=True)
class Marks:
    """All that a file carries; what it says is not proven by its saying so.

    Attributes:
        has_manifest: whether there is a C2PA manifest; its signature is not checked here.
        source_kind: the most that any of them says; `original` where none says anything.
    """

    label: Label | None
    aigc: Mark | None
    has_manifest: bool
    source_kind: SourceKind


def read(data: bytes) -> Marks:
    """The marks of a JPEG, PNG, WebP or AVIF that decodes."""
    label, mark, store = labels.read(data), aigc.read(data), manifests.store_of(data)
    said = list(labels.kinds_in(store.decode("latin-1")))
    if label is not None:
        said.append(label.source_kind)
    kind: SourceKind = max(said, key=_RISING.index, default="original")
    if mark is not None and kind not in _MADE:
        kind = "generated"  # the mark knows no composites
    return Marks(label, mark, bool(store), kind)
