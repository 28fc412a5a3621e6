"""What a classifier that knows the categories says of pictures that were drawn by category.

Which classifier: the newest that serves of the tenant's own and knows every category of the version
that drew; else the newest that ships and does; else none, and the report says so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any

import torch

from db import versions
from db.engine import reading
from db.operations.generation import Personalize, Sample, Vary
from models import images
from models.made import Made
from models.networks.classifier import side_px_of
from models.recognition.agree import Told, told_of
from models.weights import Card
from workers.deliver import Proven
from workers.served import Served
from workers.warm import Warm

Drawn = Sample | Vary | Personalize
"""What draws pictures of one category each."""


def agreed(
    made: Made, proven: Sequence[Proven], *, drawn_by: Served, classifier: Served | None
) -> tuple[list[Proven], dict[str, Any]]:
    """The same pictures with what is said of each, and the report of all of them together."""
    wanted = [drawn_by.card.categories[one["label"]] for one in made.details]
    if classifier is None:
        return _unjudged(proven, wanted, drawn_by)
    pairs = list(zip(wanted, _told(proven, wanted, classifier), strict=True))
    details = [{"category": name, **asdict(told), "by": classifier.label} for name, told in pairs]
    agree = [_same(name) == _same(told.found_category) for name, told in pairs]
    share = round(sum(agree) / len(agree), 4)
    report = {"class_agreement": share, "class_agreement_by": classifier.label}
    return _with(proven, details), report


def classifier_for(
    tenant: str, drawn_by: Served, warm: Warm, *, may_go_on: Callable[[], None]
) -> Served | None:
    """The classifier that judges what this version drew; None: none knows its categories."""
    with reading() as session:
        asked = versions.own_then_shipped(session, tenant, "classifier")
        wanted = frozenset(map(_same, drawn_by.card.categories))
        found = next((one.id for one in asked if wanted <= _known(one.card)), None)
    if found is None:
        return None
    return warm.networks({"classifier": found}, may_go_on=may_go_on)("classifier")


def _unjudged(
    proven: Sequence[Proven], wanted: Sequence[str], drawn_by: Served
) -> tuple[list[Proven], dict[str, Any]]:
    why = (
        "no classifier of yours that serves, and none that ships, knows every category of "
        f"{drawn_by.label}"
    )
    nothing = {"category_probability": None, "found_category": None, "by": None, "why": why}
    report = {"class_agreement": None, "class_agreement_by": None, "class_agreement_why": why}
    return _with(proven, [{"category": name, **nothing} for name in wanted]), report


def _told(proven: Sequence[Proven], wanted: Sequence[str], classifier: Served) -> list[Told]:
    card = classifier.card
    names = {_same(one): one for one in card.categories}
    # What was written is decoded again: it is the file that is judged, not what was drawn.
    return told_of(
        torch.cat([images.read(one.data).image for one in proven]),
        [names[_same(one)] for one in wanted],
        categories=card.categories,
        classify=classifier.doors["classify"],
        size=side_px_of(card.recipe),
        channels=int(card.config["channels"]),
    )


def _with(proven: Sequence[Proven], told: Sequence[Mapping[str, Any]]) -> list[Proven]:
    return [
        replace(one, details={**one.details, "agreement": of})
        for one, of in zip(proven, told, strict=True)
    ]


@lru_cache(maxsize=256)
def _known(card: str) -> frozenset[str]:
    return frozenset(map(_same, Card.from_json(card).categories))


def _same(category: str) -> str:
    """Names that differ in case alone are one, as `label_of` has it."""
    return category.lower()
