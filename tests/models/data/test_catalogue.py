"""Furniture libraries as a shop's catalogue."""

from pathlib import Path

import pytest

from models.data.catalogue import FURNITURE, LIBRARIES, CatalogueError, Library, licence_of
from models.data.product_classes import CLASSES


def test_an_entry_tells_its_author_licence_class_and_size(sh3f):
    with Library(sh3f) as library:
        box, car = library.entries

    assert (box.library, box.identity, box.name, box.author) == ("Test", "box", "Box", "An author")
    assert (box.licence, box.category, box.size_cm) == ("CC0-1.0", "storage", (40.0, 2.0, 30.0))
    assert (car.name, car.category) == ("Café car", None)


def test_only_products_are_offered(sh3f):
    with Library(sh3f) as library:
        assert [entry.identity for entry in library.products()] == ["box"]


def test_flat_clothes_are_known(sh3f):
    with Library(sh3f) as library:
        assert [entry.lies_flat for entry in library.entries] == [True, False]


def test_a_model_comes_with_textures_found_by_their_bare_name(sh3f):
    with Library(sh3f) as library:
        model = library.model(library.entries[0])

    assert model.parts[0].corners.shape == (36, 8)
    assert model.textures["Skin.PNG"].shape == (4, 4, 4)
    assert model.rotation == (1, 0, 0, 0, 0, 1, 0, -1, 0)


def test_an_icon_is_rgba(sh3f):
    with Library(sh3f) as library:
        assert library.icon(library.entries[0]).shape == (128, 128, 4)


def test_a_licence_we_do_not_know_is_refused():
    with pytest.raises(CatalogueError):
        licence_of("All rights reserved.")


@pytest.mark.parametrize("name", LIBRARIES)
def test_the_packaged_libraries_are_read_whole(name):
    path = Path("/", FURNITURE, f"{name}.sh3f")
    if not path.exists():
        pytest.skip("sweethome3d-furniture is not installed")

    with Library(path) as library:
        products = library.products()

    assert len(products) > 100
    assert all(entry.category in CLASSES and entry.author for entry in products)
