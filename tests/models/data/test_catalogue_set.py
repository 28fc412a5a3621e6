"""The rendered catalogue: what can be asked of it, and that it is rendered once."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from models.data import catalogue_cache, catalogue_set, cutouts, renderer
from models.data.catalogue_models import TEST, TRAIN, VALIDATION
from models.data.catalogue_shots import Recipe
from models.data.product_classes import CLASSES
from models.data.scene import Detail
from models.failures import CannotDo
from tests.cutouts import grounds
from tests.furniture import libraries

pytestmark = pytest.mark.usefixtures("graphics")

VIEWS, MODELS = 2, 12
RECIPE = Recipe(side_px=32, views=VIEWS, detail=Detail(supersample=2, lamps=8, shadow_px=64))


@pytest.fixture(scope="module")
def furniture(tmp_path_factory) -> Path:
    return libraries(tmp_path_factory.mktemp("package") / "furniture")


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(catalogue_cache, "PART_MODELS", 5)


@pytest.fixture(scope="module")
def cache(graphics, tmp_path_factory, furniture) -> Path:
    """Rendered once, for those who only read."""
    folder = tmp_path_factory.mktemp("rendered")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue_cache, "PART_MODELS", 5)
        catalogue_set.read(folder, furniture=furniture, recipe=RECIPE)
    return folder


def parts(cache: Path) -> list[Path]:
    return sorted(cache.glob("*/*.npz"))


def written(cache: Path) -> list[int]:
    return [path.stat().st_mtime_ns for path in parts(cache)]


def test_a_set_has_colour_pictures_of_two_classes_with_source_and_licences(cache, furniture):
    images = catalogue_set.read(cache, furniture=furniture, recipe=RECIPE)

    assert (images.name, images.categories) == ("catalogue", CLASSES)
    assert images.images.shape[1:] == (3, 32, 32)
    assert {CLASSES[label] for label in images.labels.tolist()} == {"seating", "lighting"}
    assert "sweethome3d-furniture" in images.source
    assert "BlendSwap-CC-BY CC-BY-3.0-US" in images.licence


def test_no_model_is_on_two_sides(cache, furniture):
    whole = catalogue_set.views(cache, furniture=furniture, recipe=RECIPE)
    images = catalogue_set.read(cache, furniture=furniture, recipe=RECIPE)
    test = catalogue_set.read_test(cache, furniture=furniture, recipe=RECIPE)

    of_split = {
        where: [one.split == where for one in whole.listed] for where in (TRAIN, VALIDATION, TEST)
    }
    learning, held_out = images.split()
    assert len(whole) == MODELS * VIEWS
    for part, where in ((learning, TRAIN), (held_out, VALIDATION), (test, TEST)):
        rows = torch.tensor(of_split[where])[whole.models]
        assert torch.equal(part.images, whole.images[rows])
        assert torch.equal(part.labels, whole.labels[rows])


def test_views_of_a_split_have_all_their_layers(cache, furniture):
    views = catalogue_set.views(cache, splits=(TEST,), furniture=furniture, recipe=RECIPE)

    assert len(views) == len(views.labels) == len(views.models) == len(views.dyes) > 0
    assert views.alpha.shape == views.shadow.shape == (len(views), 1, 32, 32)
    assert views.recoloured.shape == views.images.shape
    assert {views.listed[model].split for model in views.models.tolist()} == {TEST}


def test_twins_are_learnt_from_and_never_held_out(cache, furniture):
    plain = catalogue_set.read(cache, furniture=furniture, recipe=RECIPE)
    views = catalogue_set.views(cache, splits=(TRAIN,), furniture=furniture, recipe=RECIPE)

    learning, held_out = catalogue_set.read(
        cache, furniture=furniture, recipe=RECIPE, twins=True
    ).split()

    count = len(views)
    assert torch.equal(learning.images[:count], views.images)
    assert torch.equal(learning.images[count:], views.recoloured)
    assert learning.labels.tolist() == views.labels.tolist() * 2
    assert held_out.digest() == plain.split()[1].digest()


def test_what_was_rendered_is_read_and_not_rendered_again(cache, furniture, monkeypatch):
    before = written(cache)
    monkeypatch.setattr(catalogue_cache, "Studio", None)

    images = catalogue_set.read(cache, furniture=furniture, recipe=RECIPE)

    assert len(images)
    assert written(cache) == before


def test_a_torn_file_is_rendered_again_and_no_other(tmp_path, furniture):
    first = catalogue_set.read(tmp_path, furniture=furniture, recipe=RECIPE)
    before = written(tmp_path)
    torn = parts(tmp_path)[1]
    os.truncate(torn, torn.stat().st_size // 2)

    second = catalogue_set.read(tmp_path, furniture=furniture, recipe=RECIPE)

    kept = [old == new for old, new in zip(before, written(tmp_path), strict=True)]
    assert kept == [True, False, True]
    np.testing.assert_allclose(first.images.float(), second.images.float(), atol=2)


class Killed(Exception):
    """Somebody pulled the plug."""


def test_a_kill_half_way_leaves_what_was_done_and_nothing_broken(tmp_path, furniture):
    def until_the_eighth(done: int, _total: int) -> None:
        if done == 8:
            raise Killed

    with pytest.raises(Killed):
        catalogue_set.read(
            tmp_path, furniture=furniture, recipe=RECIPE, on_progress=until_the_eighth
        )
    half = written(tmp_path)
    images = catalogue_set.read(tmp_path, furniture=furniture, recipe=RECIPE)

    assert len(half) == 1
    assert written(tmp_path)[0] == half[0]
    assert len(images) == sum(one.split != TEST for one in catalogue_set.listed(furniture)) * VIEWS


def test_progress_goes_from_the_first_model_to_the_last(tmp_path, furniture):
    told: list[tuple[int, int]] = []

    catalogue_set.read(
        tmp_path,
        furniture=furniture,
        recipe=RECIPE,
        on_progress=lambda done, total: told.append((done, total)),
    )

    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert (told[0], told[-1]) == ((0, MODELS), (MODELS, MODELS))


def test_another_recipe_has_a_folder_of_its_own(cache, furniture, tmp_path):
    other = Recipe(side_px=32, views=1, seed=1, detail=RECIPE.detail)

    catalogue_set.read(tmp_path, furniture=furniture, recipe=other)

    assert {path.parent.name for path in parts(cache)}.isdisjoint(
        path.parent.name for path in parts(tmp_path)
    )


def test_a_machine_without_graphics_says_so(tmp_path, furniture, monkeypatch):
    monkeypatch.setattr(renderer, "LIBEGL", "libEGL.so.that.is.not.there")

    with pytest.raises(CannotDo, match="no OpenGL") as error:
        catalogue_set.read(tmp_path, furniture=furniture, recipe=RECIPE)

    assert error.value.code == "dataset_missing"


def test_a_machine_without_the_package_says_so(tmp_path):
    with pytest.raises(CannotDo, match="not on this machine") as error:
        catalogue_set.read(tmp_path, furniture=tmp_path)

    assert error.value.code == "dataset_missing"


def test_what_is_cut_out_has_the_alpha_of_its_view_and_the_split_of_its_model(cache, furniture):
    found = cutouts.catalogue(cache, grounds(), furniture=furniture, recipe=RECIPE)

    views = catalogue_set.views(
        cache, splits=(TRAIN, VALIDATION), furniture=furniture, recipe=RECIPE
    )
    plain = catalogue_set.read(cache, furniture=furniture, recipe=RECIPE)
    assert torch.equal(found.images[:, :3], plain.images)
    assert torch.equal(found.images[:, 3:], views.alpha)
    assert torch.equal(found.labels, plain.labels)
    assert torch.equal(found.validation, plain.validation)
    assert 0 < found.images[:, 3].float().mean() < 255
