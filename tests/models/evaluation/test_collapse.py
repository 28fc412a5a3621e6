"""Each rule of collapse breaks at its limit and says so."""

from dataclasses import replace

import pytest

from models.evaluation.collapse import collapse
from models.evaluation.compared import Compared
from models.evaluation.measures import Measures
from models.metrics.kernel_distance import KernelDistance
from models.metrics.prdc import Prdc

GOOD = Measures(
    pictures=100,
    frechet=0.1,
    kernel=KernelDistance(0.0, 0.1),
    prdc=Prdc(0.9, 0.5, 1.0, 0.8),
    two_sample_accuracy=0.6,
    spread=0.9,
    agreement=0.9,
)


def beside_real(samples: Measures) -> Compared:
    return Compared(samples, floor=GOOD, memorisation=1.0)


def test_a_good_generator_breaks_none():
    assert collapse(beside_real(GOOD), [beside_real(GOOD)] * 3) is None


@pytest.mark.parametrize(
    ("coverage", "said"), [(0.4, None), (0.399, "coverage 0.399 is below 0.5 of 0.800")]
)
def test_half_of_what_real_pictures_cover_is_the_least(coverage, said):
    samples = replace(GOOD, prdc=Prdc(0.9, 0.5, 1.0, coverage))

    assert collapse(beside_real(samples), [beside_real(GOOD)]) == said


def test_a_run_is_asked_for_half_of_its_own_best():
    samples = replace(GOOD, prdc=Prdc(0.9, 0.5, 1.0, 0.25))

    assert collapse(beside_real(samples), [], best_coverage=0.4) is None
    assert collapse(beside_real(samples), [], best_coverage=0.6) is not None


@pytest.mark.parametrize(
    ("worse", "said"),
    [
        ({"prdc": Prdc(0.9, 0.05, 1.0, 0.8)}, None),
        (
            {"prdc": Prdc(0.9, 0.049, 1.0, 0.8)},
            "recall 0.049 of category 1 is below 0.05",
        ),
        ({"spread": 0.5}, None),
        ({"spread": 0.499}, "spread 0.499 of category 1 is below 0.5"),
        ({"prdc": None, "spread": None}, None),
    ],
)
def test_one_category_is_enough(worse, said):
    categories = [GOOD, replace(GOOD, **worse), GOOD]

    assert collapse(beside_real(GOOD), [beside_real(one) for one in categories]) == said


@pytest.mark.parametrize(
    ("agreement", "said"),
    [
        (0.675, None),
        (0.674, "the judge finds the category asked for in 0.674, below 0.75 of 0.900"),
    ],
)
def test_what_is_asked_for_is_what_is_drawn(agreement, said):
    samples = replace(GOOD, agreement=agreement)

    # A category that the judge itself confuses is no collapse.
    assert collapse(beside_real(samples), [beside_real(replace(GOOD, agreement=0.1))]) == said


def test_what_real_pictures_do_not_reach_is_asked_of_no_sample():
    hard = replace(GOOD, agreement=0.5, prdc=Prdc(0.9, 0.0, 1.0, 0.8))
    samples = replace(GOOD, agreement=0.4, prdc=Prdc(0.9, 0.0, 1.0, 0.8))

    found = Compared(samples, floor=hard, memorisation=1.0)

    assert collapse(found, [found]) is None


def test_all_rules_that_are_broken_are_named_and_the_worst_category_of_each():
    spreads = [beside_real(replace(GOOD, spread=spread)) for spread in (0.4, 0.2, 0.3)]

    found = collapse(beside_real(replace(GOOD, agreement=0.1)), spreads)

    assert found == (
        "spread 0.200 of category 1 is below 0.5; "
        "the judge finds the category asked for in 0.100, below 0.75 of 0.900"
    )
