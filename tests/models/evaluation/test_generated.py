"""The panel tells an honest generator from one that collapsed, and from one that copies."""

import pytest
import torch

from models.data.image_set import Part
from models.evaluation import judge as module
from models.evaluation.generated import Panel, panel
from tests.shelf import CATEGORIES, JUDGE, drawn

EACH = 120


@pytest.fixture(scope="module")
def training() -> Part:
    return drawn(2 * EACH, seed=0)


@pytest.fixture(scope="module")
def held_out() -> Part:
    return drawn(EACH, seed=1)


@pytest.fixture
def measure(training, held_out):
    def measure(samples: Part, **asked) -> Panel:
        return panel(training, held_out, samples, judge=JUDGE, categories=CATEGORIES, **asked)

    return measure


def test_an_honest_generator_stands_at_the_floor(measure):
    found = measure(drawn(EACH, seed=2))

    assert found.collapse is None
    assert not found.is_copying
    assert found.judge == "shelf"
    for one in (found.pooled, *found.categories):
        assert one.samples.pictures == one.floor.pictures
        assert one.samples.agreement > 0.9
        assert one.samples.frechet == pytest.approx(one.floor.frechet, abs=0.002)
        assert one.samples.prdc.coverage == pytest.approx(one.floor.prdc.coverage, abs=0.15)
        assert one.samples.prdc.recall == pytest.approx(one.floor.prdc.recall, abs=0.15)
        assert one.samples.spread == pytest.approx(one.floor.spread, abs=0.15)
        assert one.samples.two_sample_accuracy == pytest.approx(0.5, abs=0.15)
        assert one.memorisation == pytest.approx(1, abs=0.3)


def test_held_out_pictures_are_their_own_floor(measure, held_out):
    found = measure(held_out)

    assert found.collapse is None
    assert found.pooled.samples.prdc == found.pooled.floor.prdc
    assert found.pooled.samples.frechet == pytest.approx(found.pooled.floor.frechet)
    assert found.pooled.samples.agreement == found.pooled.floor.agreement
    assert found.pooled.memorisation == 1


def test_a_generator_that_draws_one_picture_has_collapsed(measure, held_out):
    one = held_out.images[:1].expand(len(held_out), -1, -1, -1)

    found = measure(Part(one, held_out.labels))

    assert found.pooled.samples.agreement == pytest.approx(1 / 3)
    assert [each.samples.spread for each in found.categories] == [0, 0, 0]
    for word in ("coverage", "recall", "spread", "the judge"):
        assert word in found.collapse


def test_one_picture_for_each_category_is_a_collapse_that_agreement_does_not_see(measure, held_out):
    firsts = held_out.images[::EACH].repeat_interleave(EACH, 0)

    found = measure(Part(firsts, held_out.labels))

    assert found.pooled.samples.agreement == 1
    assert "spread 0.000 of category" in found.collapse
    assert "the judge" not in found.collapse


def test_one_category_for_every_label_is_a_collapse(measure, held_out):
    shirts = drawn(3 * EACH, seed=2).images[: len(held_out)]

    found = measure(Part(shirts, held_out.labels))

    assert found.categories[0].samples.agreement > 0.9
    assert found.categories[2].samples.agreement == 0
    assert "the judge finds the category asked for in 0.33" in found.collapse


def test_one_collapsed_category_among_good_ones_is_named(measure):
    samples = drawn(EACH, seed=2)
    samples.images[2 * EACH :] = samples.images[-1].clone()

    found = measure(samples)

    assert "spread 0.000 of category 2 is below 0.5" in found.collapse
    assert found.categories[1].samples.prdc.coverage > 0.8


def test_pictures_too_much_alike_are_a_collapse_before_they_are_equal(measure):
    found = measure(drawn(EACH, seed=2, variety=4))

    assert found.pooled.samples.prdc.precision > 0.9
    assert "spread 0.3" in found.collapse


def test_copies_are_no_collapse_and_are_shown_beside_what_they_were_copied_from(measure, training):
    rows = torch.randperm(len(training), generator=torch.Generator().manual_seed(0))
    samples = Part(training.images[rows], training.labels[rows])

    found = measure(samples)

    assert found.is_copying
    assert found.collapse is None
    shown = samples.images[found.closest.samples]
    assert torch.equal(shown, training.images[found.closest.training])
    assert len(shown) == found.pooled.samples.pictures
    assert found.closest.distances.eq(0).all()


def test_the_closest_come_first(measure, training):
    samples = drawn(EACH, seed=2)
    samples.images[7] = training.images[5]

    found = measure(samples)

    assert (found.closest.samples[0], found.closest.training[0]) == (7, 5)
    assert found.closest.distances.diff().ge(0).all()


def test_of_each_category_as_many_count_as_every_set_has(measure):
    samples = drawn(EACH, seed=2)
    fewer = Part(samples.images[100:], samples.labels[100:])

    found = measure(fewer)

    counts = [one.samples.pictures for one in found.categories]
    assert counts == [one.floor.pictures for one in found.categories] == [20, EACH, EACH]
    assert found.pooled.samples.pictures == found.pooled.floor.pictures == sum(counts)


@pytest.mark.parametrize(
    ("left", "missing"),
    [
        (0, {"frechet", "kernel", "prdc", "two_sample_accuracy", "spread", "agreement"}),
        (1, {"frechet", "kernel", "prdc", "two_sample_accuracy", "spread"}),
        (2, {"kernel", "prdc"}),
        (5, {"prdc"}),
        (6, set()),
    ],
)
def test_a_category_with_too_few_pictures_has_no_number_and_stops_no_other(measure, left, missing):
    samples = drawn(EACH, seed=2)
    kept = Part(samples.images[EACH - left :], samples.labels[EACH - left :])

    few, many, _ = measure(kept).categories

    names = ("frechet", "kernel", "prdc", "two_sample_accuracy", "spread", "agreement")
    assert {name for name in names if getattr(few.samples, name) is None} == missing
    assert {name for name in names if getattr(few.floor, name) is None} == missing
    assert (few.memorisation is None) == (left == 0)
    assert many.samples.prdc.coverage > 0.8


def test_what_a_run_has_reached_may_be_asked_of_it(measure):
    samples = drawn(EACH, seed=2)
    reached = measure(samples).pooled.samples.prdc.coverage

    kept, lost = (measure(samples, best_coverage=share * reached) for share in (1.9, 2.1))

    assert kept.collapse is None
    assert lost.collapse.startswith(f"coverage {reached:.3f} is below 0.5 of ")


def test_the_same_seed_measures_the_same(measure):
    samples = drawn(EACH, seed=2)

    one, same = measure(samples, seed=3), measure(samples, seed=3)

    assert (one.pooled, one.categories) == (same.pooled, same.categories)


def test_pictures_are_shown_to_the_judge_a_piece_at_a_time(measure, monkeypatch):
    whole = measure(drawn(EACH, seed=2))

    monkeypatch.setattr(module, "PIECE", 7)
    found = measure(drawn(EACH, seed=2))

    assert found.pooled.samples.prdc == whole.pooled.samples.prdc


def test_sets_without_a_common_category_cannot_be_compared(measure):
    samples = drawn(EACH, seed=2)

    with pytest.raises(ValueError, match="a category that all three sets have"):
        measure(Part(samples.images[:0], samples.labels[:0]))


@pytest.mark.parametrize("wrong", [-1, CATEGORIES])
def test_a_label_that_is_none_is_refused(measure, wrong):
    samples = drawn(EACH, seed=2)
    samples.labels[4] = wrong

    with pytest.raises(ValueError, match="labels from 0 and below 3"):
        measure(samples)
