"""How a result came about, as pictures: what `explain` in an order keeps beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from torch import Tensor

from db import blobs
from db.operations.order import Order
from db.operations.scoring import Score
from db.tables.jobs import Job
from db.tables.results import Result
from db.tables.stages import Stage as Row
from models import images, labels
from models.explaining import difference
from models.explaining.difference import Map
from models.explaining.stage import DELTA_E, SSIM, Scale, Stage, heat, shown
from models.made import Made
from models.metrics.bare import bare, dressed
from workers.deliver import Proven, compared, kind_of
from workers.scoring import Compared, reference_of, rgb
from workers.sources import Read


@dataclass(frozen=True, slots=True)
class _Pair:
    """What a delivered file is compared with by some of its scores, whose names begin so.

    Attributes:
        region: [1, 1, H, W], where; None: everywhere.
    """

    name: str
    other: Tensor
    region: Tensor | None = None


def of(order: Order, made: Made, read: Read, proven: Sequence[Proven]) -> list[Stage]:
    """What the operation had in hand, and heat maps of the last file as it was delivered.

    None of what is told in words.
    """
    is_score = isinstance(order.operation, Score)
    if order.operation.outcome == "report" and not is_score:
        return []
    delivered = made.images[0] if is_score else images.read(proven[-1].data).image
    given = Compared(mask=read.masks.get("mask")) if is_score else compared(read)
    stages = [shown(name, image) for name, image in _in_hand(made, is_score=is_score).items()]
    for pair in _pairs(order, made, delivered, given):
        stages += _heat(pair, delivered)
    return stages


def keep(
    job: Job, order: Order, made: Made, read: Read, stages: Sequence[Stage], rows: Sequence[Result]
) -> list[Row]:
    """Their rows, of the job's last result; their bytes, labelled as it is, are stored."""
    kind, result_id = kind_of(order, read, made), rows[-1].id if rows else None
    kept = []
    for ordinal, stage in enumerate(stages):
        data = labels.write(
            images.encode(stage.image, format="png"),
            format="png",
            source_kind=kind,
            job_id=job.id,
            source_mark=read.mark,
        )
        height, width = stage.image.shape[2:]
        kept.append(
            Row(
                job_id=job.id,
                name=stage.name,
                ordinal=ordinal,
                tenant=job.tenant,
                result_id=result_id,
                picture_key=blobs.put(job.tenant, data),
                width=width,
                height=height,
                scale=None if stage.scale is None else asdict(stage.scale),
            )
        )
    return kept


def _in_hand(made: Made, *, is_score: bool) -> Mapping[str, Tensor]:
    """Masks and grounds by name; `score` has two pictures, which its caller has too."""
    if is_score:
        return {}
    found = {
        "matte": made.matte,
        "second_opinion": made.independent_mask,
        "product_mask": made.product_mask,
        "edit_mask": made.edit_mask,
        "carried_source": None if made.placement is None else made.expected_product,
        "expected": made.expected,
        # As it was before a file of the wanted format was made of it.
        "composite": None if made.product_mask is None else made.images[-1],
    }
    return {name: image for name, image in found.items() if image is not None} | made.stages


def _pairs(order: Order, made: Made, image: Tensor, given: Compared) -> Iterator[_Pair]:
    """As `scoring` compares them; what differs in size is not compared there either."""
    reference = reference_of(order.operation, made, given)
    if reference is not None:
        yield _Pair("", rgb(reference))
    if made.product_mask is not None and made.expected_product is not None:
        yield _Pair("product_", made.expected_product, made.product_mask)
    source = given.source
    if made.edit_mask is not None and source is not None and source.shape == image.shape:
        outside = dressed(bare(made.edit_mask) <= 0).float()
        yield _Pair("protected_", source, outside)


def _heat(pair: _Pair, image: Tensor) -> Iterator[Stage]:
    """Of structure and of colour; none where nothing of either could be compared."""
    a, b, region = rgb(image), pair.other, pair.region
    found: tuple[tuple[Map | None, Scale], ...] = (
        (difference.structure(a, b, region=region), SSIM),
        (difference.colour(a, b, region=region), DELTA_E),
    )
    for one, scale in found:
        if one is not None and bool(one.known.any()):
            yield heat(f"{pair.name}{scale.name}", one, scale)
