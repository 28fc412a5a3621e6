"""From a dataset's row to what a network learns from."""

from pathlib import Path

import pytest
import torch

from db import blobs
from db.tables.versions import Dataset
from models.failures import CannotDo
from tests.factories import png
from tests.furniture import libraries
from workers import rendered
from workers.lessons import CATALOGUE, SMALL_FASHION_MNIST, read


def small() -> Dataset:
    return Dataset(name=SMALL_FASHION_MNIST, kind=SMALL_FASHION_MNIST, manifest=[], categories=[])


def own(count: int) -> Dataset:
    rows = [
        {"picture": str(number), "sha256": blobs.put("shop", png(30, 20, hue=number)),
         "category": "even" if number % 2 == 0 else "odd"}
        for number in range(count)
    ]  # fmt: skip
    return Dataset(
        tenant="shop", name="own", kind="pictures", manifest=rows, categories=["even", "odd"]
    )


def test_the_committed_garments_are_split_within_each_category() -> None:
    learning, held_out = read(small(), image_size=32, most=None).split()

    assert (len(learning), len(held_out)) == (180, 20)
    assert held_out.labels.bincount().tolist() == [2] * 10


def test_a_part_of_a_dataset_leaves_no_category_out() -> None:
    part = read(small(), image_size=32, most=40)

    assert part.labels.bincount().tolist() == [4] * 10
    assert len(part.split()[1]) >= 1


def test_a_shops_pictures_are_brought_to_one_size_in_colour(home: Path) -> None:
    images = read(own(12), image_size=64, most=None)

    assert images.images.shape == (12, 3, 64, 64)
    assert images.images.dtype == torch.uint8
    assert images.labels.tolist() == [0, 1] * 6
    assert set(images.split()[1].labels.tolist()) == {0, 1}


def split(*splits: str) -> Dataset:
    """A dataset whose registration decided who is held out."""
    dataset = own(len(splits))
    for row, of in zip(dataset.manifest, splits, strict=True):
        row.update(split=of, side_px=40)
    return dataset


def test_who_is_held_out_was_decided_when_the_dataset_was_registered(home: Path) -> None:
    splits = ["train", "train", "validation", "train", "validation", "train"]

    images = read(split(*splits), image_size=32, most=None)

    learning, held_out = images.split()
    assert torch.equal(learning.images, images.images[[0, 1, 3, 5]])
    assert torch.equal(held_out.images, images.images[[2, 4]])


def test_a_part_of_a_dataset_holds_out_only_what_the_whole_does(home: Path) -> None:
    dataset = split(*["train"] * 11, "validation")

    part = read(dataset, image_size=32, most=8)

    whole = read(dataset, image_size=32, most=None)
    assert len(part) == 8
    assert torch.equal(part.split()[1].images, whole.images[[11]])


def test_a_dataset_of_one_product_holds_nothing_out(home: Path) -> None:
    learning, held_out = read(split(*["train"] * 9), image_size=32, most=None).split()

    assert (len(learning), len(held_out)) == (9, 0)


def test_more_than_there_is_is_all_there_is(home: Path) -> None:
    assert len(read(own(10), image_size=32, most=500)) == 10


def test_pictures_that_are_gone_stop_the_training(home: Path) -> None:
    dataset = own(8)
    dataset.manifest[3]["sha256"] = "0" * 64

    with pytest.raises(blobs.NotStored):
        read(dataset, image_size=32, most=None)


@pytest.mark.usefixtures("graphics")
def test_the_catalogue_is_rendered_once_into_the_archive_s_cache(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    furniture = libraries(tmp_path / "furniture", models=1)
    monkeypatch.setattr(rendered, "furniture", lambda: furniture)
    dataset = Dataset(name=CATALOGUE, kind=CATALOGUE, manifest=[], categories=[])
    told: list[int] = []

    for _ in range(2):
        images = read(
            dataset, image_size=64, most=None, on_progress=lambda done, _total: told.append(done)
        )

    learning, held_out = images.split()
    assert (len(learning), len(held_out)) == (24, 24)
    assert told == [0, 1, 2, 3, 3]
    assert list(home.glob("cache/catalogue-*/*.npz"))


def test_without_its_models_a_catalogue_cannot_be_read(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendered, "furniture", lambda: tmp_path / "nowhere")
    dataset = Dataset(name=CATALOGUE, kind=CATALOGUE, manifest=[], categories=[])

    with pytest.raises(CannotDo) as error:
        read(dataset, image_size=64, most=None)

    assert error.value.code == "dataset_missing"
