"""`check` as a job: what is measured of a picture, each rule's answer, and what mends it."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from db.operations import presets
from db.operations.checking import Check
from models import marks
from models.checking.border import border_px
from models.checking.framing import framing
from models.checking.lettering import lettering
from models.checking.whiteness import whiteness
from models.checking.written import written
from models.editing.cutout import product
from models.failures import CannotDo
from models.images import Loaded
from models.labels import SourceKind
from models.made import Made
from models.marks import Marks
from models.matting.matte import Matte
from models.metrics.agreement import iou
from workers.compliance import Facts, judge, scores
from workers.edit import Given
from workers.sources import File
from workers.verdict import Verdict

_NONE_FOUND = {"no_product_found", "mask_empty"}


@dataclass(frozen=True, slots=True)
class Looked:
    """The facts of a picture, and the matte that they rest on."""

    facts: Facts
    matte: Matte | None


def check(operation: Check, given: Given) -> Made:
    """The picture as it was seen, with each rule's answer."""
    loaded = given.pictures["picture"]
    looked = look(given.files["picture"], loaded, coverage=given.product_mask())
    verdict, matte = judge(presets.settled(operation.preset), looked.facts), looked.matte
    return Made(
        (loaded.image,),
        matte=None if matte is None else matte.alpha,
        independent_mask=None if matte is None else matte.independent,
        report={**scores(looked.facts), **summary(verdict)},
        details=({"check": verdict.told()},),
    )


def look(file: File, loaded: Loaded, *, coverage: Tensor | None) -> Looked:
    """Everything that rules ask, of a file as it lies in the store.

    Args:
        file: with the name under which it was sent, if it is known.
        loaded: the same, decoded.
        coverage: [1, 1, H, W], where the product is known to be; None: it is sought.
    """
    matte = _found(loaded.image, coverage)
    alpha, said = loaded.alpha, marks.read(file.data)
    facts = Facts(
        file=written(file.data),
        name=file.name,
        width=loaded.image.shape[3],
        height=loaded.image.shape[2],
        labelled=None if said.label is None else said.label.source_kind,
        said=_said(said),
        framing=None if matte is None else framing(matte.alpha),
        whiteness=None if matte is None else whiteness(loaded.image, matte.alpha),
        agreement=None if matte is None or coverage is not None else _agreement(matte),
        transparent_share=0.0 if alpha is None else float((alpha < 1).float().mean()),
        border_px=border_px(loaded.image),
        lines=lettering(loaded.image),
    )
    return Looked(facts, matte)


def summary(verdict: Verdict) -> dict[str, Any]:
    """For the job's report, which holds plain values."""
    failed, unseen = verdict.of("fail"), verdict.of("not_checked")
    return {
        "preset": verdict.preset,
        "status": verdict.status,
        "failed": ", ".join(failed),
        "not_checked": ", ".join(unseen),
    }


def _said(said: Marks) -> SourceKind | None:
    return None if said.label is None and said.source_kind == "original" else said.source_kind


def _found(image: Tensor, coverage: Tensor | None) -> Matte | None:
    """None where there is no product, which is an answer and no fault."""
    try:
        return product(image, mask=coverage)
    except CannotDo as error:
        if error.code not in _NONE_FOUND:
            raise
        return None


def _agreement(matte: Matte) -> float:
    return float(iou(matte.alpha, matte.independent))
