"""Which models are learnt from, chosen by and tested on."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from models.data.catalogue_models import (
    FOLDER,
    TEST,
    TRAIN,
    VALIDATION,
    licences,
    listed,
    split,
)
from models.data.product_classes import CLASSES
from models.failures import CannotDo
from tests.furniture import libraries


@pytest.fixture
def furniture(tmp_path: Path) -> Path:
    return libraries(tmp_path / "furniture")


def test_every_product_of_the_three_libraries_is_listed_once_under_its_class(furniture):
    models = listed(furniture)

    names = [one.name for one in models]
    assert len(names) == len(set(names)) == 12
    assert {CLASSES[one.label] for one in models} == {"seating", "lighting"}
    assert names == [one.name for one in listed(furniture)]


def test_each_library_keeps_its_licence(furniture):
    told = licences(listed(furniture))

    assert told == "BlendSwap-CC-0 CC0-1.0, BlendSwap-CC-BY CC-BY-3.0-US, Scopia CC-BY-3.0"


def test_of_each_class_a_model_is_tested_on_and_another_chosen_by(furniture):
    splits = {(one.label, one.split) for one in listed(furniture)}

    assert len(splits) == 2 * 3


def test_a_model_is_split_by_its_name_whatever_the_order(furniture):
    entries = [one.entry for one in listed(furniture)]

    forwards, backwards = split(entries), split(entries[::-1])

    assert forwards == backwards[::-1]


def test_another_mesh_in_the_same_place_has_another_fingerprint(furniture, tmp_path):
    other = libraries(tmp_path / "other", models=3)

    first, second = listed(furniture)[0], listed(other)[1]

    assert first.fingerprint.startswith(f"{first.name}/")
    assert first.fingerprint != replace(second, entry=first.entry).fingerprint


def test_a_missing_library_is_named_and_what_would_fetch_it(furniture):
    (furniture / "Scopia.sh3f").unlink()

    with pytest.raises(CannotDo, match=r"Scopia are not on this machine.*packshot data") as error:
        listed(furniture)

    assert error.value.code == "dataset_missing"


@pytest.mark.skipif(not FOLDER.exists(), reason="sweethome3d-furniture is not installed")
def test_a_tenth_of_the_packaged_models_is_tested_on_and_a_tenth_chosen_by():
    models = listed()

    shares = Counter(one.split for one in models)
    by_class = Counter((one.label, one.split) for one in models)
    assert len(models) == 492
    assert shares[TEST] == shares[VALIDATION] == 50
    assert min(by_class[label, where] for label in range(12) for where in (TEST, TRAIN)) >= 2
