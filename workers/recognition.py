"""Where `classify`, `embed` and `search` meet their functions in models/recognition."""

from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from db.operations.recognition import Classify, Embed, Search
from models.made import Made
from models.networks.classifier import side_px_of
from models.recognition.alike import most_alike
from models.recognition.classify import classify
from models.recognition.embed import embed
from workers.edit import Given
from workers.served import Served

Report = dict[str, float | int | str | None]


def classified(operation: Classify, given: Given) -> Made:
    """The likeliest categories, and how far the version's probabilities are off by its card."""
    served = given.networks("classifier")
    found = classify(
        given.image(),
        categories=served.card.categories,
        top_k=operation.top_k,
        classify=served.doors["classify"],
        size=side_px_of(served.card.recipe),
        channels=int(served.card.config["channels"]),
    )
    report: Report = {
        "version": served.label,
        "category": found[0].category,
        "probability": found[0].probability,
        "calibration_error": served.card.scores.get("test_calibration_error"),
        "balanced_accuracy": served.card.scores.get("test_balanced_accuracy"),
    }
    details = {"categories": [asdict(one) for one in found]}
    return Made((given.image(),), report=report, details=(details,))


def embedded(operation: Embed, given: Given) -> Made:
    """The picture's vector, kept; the report tells of which version and how long it is."""
    served = given.networks("classifier")
    vector = _vector(served, given.image())
    given.index.keep(operation.picture, vector)
    report: Report = {"version": served.label, "space": given.index.space, "dimension": len(vector)}
    return Made((given.image(),), report=report)


def searched(operation: Search, given: Given) -> Made:
    """What is most like the picture or its mirror image, without the picture itself."""
    served = given.networks("classifier")
    image = given.image()
    # A mirrored copy is built the other way round: structure alone would call it another picture.
    vectors = torch.stack([_vector(served, one) for one in (image, image.flip(-1))])
    known = given.index.likely(vectors, k=operation.k + 1)
    found = most_alike(vectors, known.vectors, k=operation.k + 1)
    pairs = [
        (known.ids[row], similarity)
        for row, similarity in zip(found.rows, found.similarities, strict=True)
        if known.ids[row] != operation.picture
    ][: operation.k]
    report: Report = {
        "version": served.label,
        "space": given.index.space,
        "compared": given.index.others(operation.picture),
    }
    return Made((given.image(),), report=report, details=({"found": _found(pairs, given)},))


def _found(pairs: list[tuple[str, float]], given: Given) -> list[dict[str, Any]]:
    kinds = given.index.kinds([one for one, _ in pairs])
    return [
        {"id": one, "kind": kinds[one], "similarity": round(similarity, 4)}
        for one, similarity in pairs
    ]


def _vector(served: Served, image: Tensor) -> Tensor:
    return embed(
        image,
        features=served.doors["features"],
        size=side_px_of(served.card.recipe),
        channels=int(served.card.config["channels"]),
    )
