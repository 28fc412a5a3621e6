"""What a card keeps of a panel: names that say the judge, the worst category, valid JSON."""

import json
from dataclasses import replace

import pytest

from models.evaluation.generated import panel
from models.evaluation.scores import scores
from tests.shelf import CATEGORIES, JUDGE, drawn


@pytest.fixture(scope="module")
def measured():
    samples = drawn(60, seed=2)
    samples.images[samples.labels == 1] = samples.images[60].clone()
    sets = drawn(120, seed=0), drawn(60, seed=1), samples
    return panel(*sets, judge=JUDGE, categories=CATEGORIES)


def test_each_number_is_there_beside_its_floor(measured):
    found, real = scores(measured)

    assert found["fd@shelf"] == measured.pooled.samples.frechet
    assert real["fd@shelf_real"] == measured.pooled.floor.frechet
    assert found["coverage"] == measured.pooled.samples.prdc.coverage
    assert found["memorisation"] == measured.pooled.memorisation
    assert set(real) == {f"{name}_real" for name in found} - {"memorisation_real"}


def test_the_worst_category_is_not_hidden_by_the_others(measured):
    found, real = scores(measured)

    assert found["spread_worst_category"] == measured.categories[1].samples.spread == 0
    assert found["recall_worst_category"] == measured.categories[1].samples.prdc.recall
    assert real["spread_worst_category_real"] > 0.8


def test_what_could_not_be_measured_is_none_and_never_infinite(measured):
    nothing = replace(measured.pooled.samples, kernel=None, prdc=None, frechet=None)
    pooled = replace(measured.pooled, samples=nothing, memorisation=float("inf"))

    found, _ = scores(replace(measured, pooled=pooled))

    missing = {"fd@shelf", "kd@shelf", "precision", "coverage", "memorisation"}
    assert {name for name in missing if found[name] is None} == missing
    json.dumps(found, allow_nan=False)
