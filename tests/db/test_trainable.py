"""Which networks a dataset can train, and why not others."""

from typing import Any, get_args

import pytest

from db import trainable
from db.operations.training import Train
from db.trainable import NEEDS, Need

ANY = Need("any", held_out=False)


def _manifest(train: int, validation: int = 0, **given: Any) -> list[dict[str, Any]]:
    splits = ["train"] * train + ["validation"] * validation
    entry = {"category": "shoe", "side_px": 128, "cut_out": True, **given}
    return [{**entry, "picture": str(n), "split": split} for n, split in enumerate(splits)]


def test_every_network_that_a_job_may_train_has_its_line():
    assert set(NEEDS) == set(get_args(Train.model_fields["network"].annotation))


@pytest.mark.parametrize("network", NEEDS)
def test_eight_pictures_to_learn_from_and_one_that_is_held_out_are_enough(network: str):
    manifest = _manifest(4, 1, side_px=128) + _manifest(4, category="boot", side_px=128)

    assert trainable.lacking(NEEDS[network], manifest) is None


@pytest.mark.parametrize("network", NEEDS)
def test_pictures_that_are_held_out_are_not_learned_from(network: str):
    manifest = _manifest(4, 5, side_px=128) + _manifest(3, category="boot", side_px=128)

    lacking = trainable.lacking(NEEDS[network], manifest)

    assert lacking is not None
    assert lacking.is_too_small
    assert lacking.detail.startswith("has 7 pictures ")
    assert lacking.detail.endswith(f"to learn from; {network} needs at least 8")


def test_what_is_measured_on_held_out_products_needs_one():
    lacking = trainable.lacking(NEEDS["vae"], _manifest(20))

    assert lacking is not None
    assert not lacking.is_too_small
    assert "no product that is held out" in lacking.detail
    assert trainable.lacking(NEEDS["gan"], _manifest(20)) is None


def test_a_network_may_need_several_categories():
    needs_two = Need("any", held_out=False, categories=2)

    lacking = trainable.lacking(needs_two, _manifest(20))

    assert lacking is not None
    assert lacking.detail == "has 1 of the 2 categories that any needs"
    both = _manifest(10) + _manifest(10, category="boot")
    assert trainable.lacking(needs_two, both) is None


def test_pictures_that_are_too_small_for_a_network_do_not_count():
    needs_large = Need("any", held_out=False, side_px=96)

    lacking = trainable.lacking(needs_large, _manifest(8, side_px=95) + _manifest(7, side_px=96))

    assert lacking is not None
    assert lacking.detail == "has 7 pictures of 96 px a side to learn from; any needs at least 8"
    assert trainable.lacking(needs_large, _manifest(8, side_px=96)) is None


def test_what_restores_learns_from_pictures_that_hold_a_window():
    assert trainable.lacking(NEEDS["denoiser"], _manifest(8, 1, side_px=127)) is not None
    assert trainable.lacking(NEEDS["denoiser"], _manifest(8, 1, side_px=128)) is None


def test_a_matte_learns_from_pictures_that_are_cut_out_and_no_others():
    lacking = trainable.lacking(NEEDS["matte"], _manifest(7, 1) + _manifest(9, 9, cut_out=False))

    assert lacking is not None
    assert lacking.is_too_small
    assert lacking.detail == (
        "has 7 pictures that are cut out to learn from; matte needs at least 8"
    )
    assert trainable.lacking(NEEDS["matte"], _manifest(8, 1)) is None


def test_a_matte_is_not_measured_on_pictures_with_a_ground():
    lacking = trainable.lacking(NEEDS["matte"], _manifest(8) + _manifest(0, 5, cut_out=False))

    assert lacking is not None
    assert "no product that is held out" in lacking.detail


@pytest.mark.parametrize("kind", ["fashion-mnist", "fashion-mnist-small"])
def test_of_what_ships_with_us_a_matte_learns_from_the_catalogue(kind: str):
    lacking = trainable.lacking_as_shipped(NEEDS["matte"], kind)

    assert lacking is not None
    assert lacking.detail == "has no pictures that are cut out, which matte learns from"
    assert trainable.lacking_as_shipped(NEEDS["vae"], kind) is None
    assert trainable.lacking_as_shipped(NEEDS["matte"], "catalogue") is None


def test_before_it_was_noted_a_picture_may_be_cut_out():
    old = [{key: one[key] for key in one if key != "cut_out"} for one in _manifest(8, 1)]

    assert trainable.lacking(NEEDS["matte"], old) is None


def test_before_splits_were_kept_every_tenth_picture_of_a_category_was_held_out():
    old = [{"sha256": str(n), "category": "odd" if n % 2 else "even"} for n in range(24)]

    found = trainable.with_splits(old)

    assert [n for n, one in enumerate(found) if one["split"] == "validation"] == [0, 1, 20, 21]
    assert trainable.lacking(NEEDS["vae"], old) is None
    assert trainable.lacking(ANY, old[:8]) is not None
