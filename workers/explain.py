"""Where `explain` meets its functions in models/explaining: one `case` a method."""

from dataclasses import replace
from typing import Any, assert_never

from db.operations.explaining import Explain
from models.explaining.latent import Walk, through_gan, through_vae
from models.explaining.neighbours import neighbours
from models.explaining.occlusion import occlusion
from models.generation.latent import place_of
from models.made import Made
from models.networks.classifier import side_px_of
from workers.categories import label_of
from workers.edit import Given
from workers.served import Served


def explain(operation: Explain, given: Given) -> Made:
    """What a network does, as a picture, with its numbers and the version they are of."""
    network = next(iter(operation.needs()))
    served = given.networks(network)
    match operation.method:
        case "occlusion":
            made = _occlusion(operation, given, served)
        case "latent" if network == "gan":
            made = _through_gan(operation, given, served)
        case "latent":
            made = _through_vae(operation, given, served)
        case "neighbours":
            made = _neighbours(operation, given, served)
        case _:
            assert_never(operation.method)
    told = {"method": operation.method, "network": network, "version": served.label}
    details = tuple({**told, **one} for one in made.details)
    return replace(made, report={**told, **made.report}, details=details)


def _occlusion(operation: Explain, given: Given, served: Served) -> Made:
    return occlusion(
        given.image(),
        label=label_of(served, operation.category),
        categories=served.card.categories,
        patch_share=operation.patch_share,
        stride_share=operation.stride_share,
        classify=served.doors["classify"],
        size=side_px_of(served.card.recipe),
        channels=int(served.card.config["channels"]),
    )


def _through_gan(operation: Explain, given: Given, served: Served) -> Made:
    label = label_of(served, operation.category) or 0
    made = through_gan(
        _walk(operation),
        label=label,
        z_dim=int(served.card.config["z_dim"]),
        seed=given.seed,
        generate=served.doors["generate"],
        respond=served.doors["respond"],
    )
    return _of(made, {"category": served.card.categories[label]})


def _through_vae(operation: Explain, given: Given, served: Served) -> Made:
    label = label_of(served, operation.category)
    start = None
    if operation.picture is not None:
        place = place_of(
            given.image(),
            label=label,
            categories=len(served.card.categories),
            encode=served.doors["encode"],
            decode=served.doors["decode"],
            size=int(served.card.config["image_size"]),
            channels=int(served.card.config["channels"]),
        )
        start, label = place.z, int(place.label)
    made = through_vae(
        _walk(operation),
        label=label or 0,
        start=start,
        attribute=label_of(served, operation.attribute),
        z_dim=int(served.card.config["z_dim"]),
        seed=given.seed,
        decode=served.doors["decode"],
        prior=served.doors["prior"],
    )
    towards = {} if operation.attribute is None else {"attribute": operation.attribute}
    return _of(made, {"category": served.card.categories[label or 0], **towards})


def _neighbours(operation: Explain, given: Given, served: Served) -> Made:
    shelf = given.shelf(
        operation.dataset or "",
        most=operation.max_images,
        size=side_px_of(served.card.recipe),
        channels=int(served.card.config["channels"]),
    )
    made = neighbours(
        given.image(),
        shelf.images,
        k=operation.k,
        features=served.doors["features"],
        shown=shelf.shown,
    )
    rows = made.details[0]["rows"]
    given.shelf.used(shelf, rows)
    pairs = zip(shelf.told(rows), made.details[0]["distances"], strict=True)
    found = [{**one, "distance": distance} for one, distance in pairs]
    told = {"dataset": shelf.label, "compared": made.details[0]["compared"], "neighbours": found}
    report = {"dataset": shelf.label, **made.report}
    return replace(made, details=(told,), report=report, source_kind=shelf.source_kind(rows))


def _walk(operation: Explain) -> Walk:
    return Walk(operation.rows, operation.steps, operation.span_sd)


def _of(made: Made, told: dict[str, Any]) -> Made:
    details = tuple({**told, **one} for one in made.details)
    return replace(made, report={**told, **made.report}, details=details)
