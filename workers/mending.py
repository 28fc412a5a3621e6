"""`check` with `fix`: what the picture was, and the picture that the channel takes."""

from dataclasses import replace

from db.operations.checking import Check
from db.operations.pipeline import Pipeline
from models.made import Made
from workers.checking import check
from workers.edit import Given
from workers.pipeline import pipeline


def mend(operation: Check, given: Given) -> Made:
    """Made as its preset says; the answers beside it are of the picture as it came."""
    before = check(operation, given)
    steps = Pipeline(picture=operation.picture, preset=operation.preset)
    masks = {f"steps.0.{role}": mask for role, mask in given.masks.items()}
    made = pipeline(steps, replace(given, masks=masks))
    report = {**made.report, "status_before": before.report["status"]}
    return replace(made, report=report, details=before.details)
