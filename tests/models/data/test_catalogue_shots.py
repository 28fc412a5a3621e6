"""The shots of a model: drawn by seed, in the ranges of a shop's photographer."""

from dataclasses import replace

import pytest

from models.data.catalogue import Library
from models.data.catalogue_shots import FILL, SHIFT, SHOTS_A_LIGHT, Recipe, sittings


@pytest.fixture
def entries(sh3f):
    with Library(sh3f) as library:
        return library.entries


@pytest.fixture
def lamp(entries):
    return replace(entries[1], category="lighting")


def shots(entry, recipe):
    return [shot for sitting in sittings(entry, recipe) for shot in sitting.shots]


def test_the_same_seed_gives_the_same_shots_and_another_seed_others(lamp):
    recipe = Recipe()

    again, other = sittings(lamp, recipe), sittings(lamp, replace(recipe, seed=1))

    assert sittings(lamp, recipe) == again
    assert sittings(lamp, recipe) != other


def test_each_model_has_shots_of_its_own(lamp):
    other = replace(lamp, identity="another lamp")

    assert sittings(lamp, Recipe()) != sittings(other, Recipe())


@pytest.mark.parametrize("views", [1, 4, 24])
def test_there_are_as_many_shots_as_asked_for_in_a_few_lights(lamp, views):
    found = sittings(lamp, Recipe(views=views))

    assert sum(len(sitting.shots) for sitting in found) == views
    assert max(len(sitting.shots) for sitting in found) <= SHOTS_A_LIGHT


def test_shots_go_around_the_product_and_never_cut_it_off(lamp):
    views = [shot.view for shot in shots(lamp, Recipe())]

    azimuths = [view.azimuth_deg for view in views]
    assert azimuths == sorted(azimuths)
    assert azimuths[0] < -55
    assert azimuths[-1] > 55
    assert max(view.fill + max(map(abs, view.shift)) for view in views) <= FILL[1] + SHIFT < 1


def test_flat_clothes_are_seen_from_above(entries):
    box = entries[0]

    assert box.lies_flat
    assert min(shot.view.elevation_deg for shot in shots(box, Recipe())) >= 70


def test_dyes_are_colours(lamp):
    dyes = [value for shot in shots(lamp, Recipe()) for dye in shot.dyes for value in dye]

    assert 0 <= min(dyes) < 0.2
    assert 0.8 < max(dyes) <= 1


def test_a_digest_follows_recipe_and_meshes():
    recipe = Recipe()

    assert recipe.digest(["a", "b"]) == recipe.digest(["b", "a"])
    assert recipe.digest(["a", "b"]) != recipe.digest(["a", "c"])
    assert recipe.digest(["a"]) != replace(recipe, seed=1).digest(["a"])
