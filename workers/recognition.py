"""Where what recognises pictures meets its functions in models/recognition."""

from dataclasses import asdict

from db.operations.recognition import Classify
from models.made import Made
from models.networks.classifier import side_px_of
from models.recognition.classify import classify
from workers.edit import Given


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
    report = {
        "version": served.label,
        "category": found[0].category,
        "probability": found[0].probability,
        "calibration_error": served.card.scores.get("test_calibration_error"),
        "balanced_accuracy": served.card.scores.get("test_balanced_accuracy"),
    }
    details = {"categories": [asdict(one) for one in found]}
    return Made((given.image(),), report=report, details=(details,))
