"""From a dataset's row to what a network learns from."""

from pathlib import Path

import pytest
import torch
from PIL import Image, ImageDraw

from db import blobs
from db.tables.versions import Dataset
from models import images
from models.failures import CannotDo
from tests.factories import encoded, png, shot
from tests.furniture import libraries
from workers import rendered
from workers.failures import Permanent
from workers.lessons import CATALOGUE, SMALL_FASHION_MNIST, WINDOWS_EACH, kind_for, read


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
    found = read(own(12), image_size=64, most=None)

    assert found.images.shape == (12, 3, 64, 64)
    assert found.images.dtype == torch.uint8
    assert found.labels.tolist() == [0, 1] * 6
    assert set(found.split()[1].labels.tolist()) == {0, 1}


def split(*splits: str) -> Dataset:
    """A dataset whose registration decided who is held out."""
    dataset = own(len(splits))
    for row, of in zip(dataset.manifest, splits, strict=True):
        row.update(split=of, side_px=40)
    return dataset


def test_who_is_held_out_was_decided_when_the_dataset_was_registered(home: Path) -> None:
    splits = ["train", "train", "validation", "train", "validation", "train"]

    found = read(split(*splits), image_size=32, most=None)

    learning, held_out = found.split()
    assert torch.equal(learning.images, found.images[[0, 1, 3, 5]])
    assert torch.equal(held_out.images, found.images[[2, 4]])


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


def photographed(*sizes: tuple[int, int], held_out: int = 0) -> Dataset:
    """Pictures of these widths and heights, the first of which are held out."""
    manifest = []
    for number, (width, height) in enumerate(sizes):
        picture = shot(number, max(width, height)).crop((0, 0, width, height))
        manifest.append(
            {
                "sha256": blobs.put("shop", encoded(picture, "PNG")),
                "category": "odd" if number % 2 else "even",
                "split": "validation" if number < held_out else "train",
                "side_px": min(width, height),
            }
        )
    kinds = {"tenant": "shop", "name": "own", "kind": "pictures", "categories": ["even", "odd"]}
    return Dataset(manifest=manifest, **kinds)


def test_what_restores_sees_windows_at_the_picture_s_own_scale(home: Path) -> None:
    dataset = photographed((256, 384), (130, 140), (128, 128), held_out=1)

    found = read(dataset, image_size=32, most=None, kind="window")

    learning, held_out = found.split()
    assert found.images.shape == (3, 3, 128, 128)
    assert (len(learning), len(held_out)) == (2, 1)  # of what is held out, one window counts
    assert found.labels.tolist() == [0, 1, 0]
    own = images.read(blobs.get("shop", dataset.manifest[2]["sha256"])).image
    assert torch.equal(found.images[2], (own[0] * 255).round().to(torch.uint8))


def test_a_large_picture_gives_a_few_windows_to_learn_from(home: Path) -> None:
    dataset = photographed((128, 128), (400, 400), held_out=1)

    learning, _ = read(dataset, image_size=32, most=None, kind="window").split()

    assert len(learning) == WINDOWS_EACH
    assert learning.labels.tolist() == [1] * WINDOWS_EACH


def test_a_picture_smaller_than_a_window_is_not_read(home: Path) -> None:
    dataset = photographed((128, 128), (127, 400), (128, 200), held_out=1)

    found = read(dataset, image_size=32, most=None, kind="window")

    assert found.labels.tolist() == [0, 0]


def test_without_a_picture_that_holds_a_window_there_is_nothing_to_learn(home: Path) -> None:
    with pytest.raises(Permanent, match="no picture of the dataset has 128 px") as caught:
        read(photographed((100, 100)), image_size=32, most=None, kind="window")

    assert caught.value.code == "pictures_too_small"


def test_a_part_is_counted_in_pictures_not_in_windows(home: Path) -> None:
    dataset = photographed(*[(256, 256)] * 4, held_out=1)

    learning, held_out = read(dataset, image_size=32, most=3, kind="window").split()

    assert (len(learning), len(held_out)) == (2 * WINDOWS_EACH, 1)


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


def cut_out(count: int) -> Dataset:
    """Discs around which there is nothing."""
    rows = []
    for number in range(count):
        picture = Image.new("RGBA", (40, 40))
        ImageDraw.Draw(picture).ellipse((5, 5, 20 + number, 30), fill=(20 * number, 90, 60, 255))
        sha256 = blobs.put("shop", encoded(picture, "PNG"))
        rows.append({"sha256": sha256, "category": "odd" if number % 2 else "even"})
    kinds = {"tenant": "shop", "name": "own", "kind": "pictures", "categories": ["even", "odd"]}
    return Dataset(manifest=rows, **kinds)


@pytest.mark.usefixtures("graphics")
def test_a_translator_of_label_maps_reads_the_catalogue_with_its_maps(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    furniture = libraries(tmp_path / "furniture", models=1)
    monkeypatch.setattr(rendered, "furniture", lambda: furniture)
    dataset = Dataset(name=CATALOGUE, kind=CATALOGUE, manifest=[], categories=[])

    found = read(dataset, image_size=64, most=None, kind=kind_for("translator", "labels"))

    body, detail = (found.images[:, 3:] == 255).unbind(1)
    assert found.images.shape == (48, 5, 64, 64)
    assert bool(body.flatten(1).any(1).all())
    assert not (body & detail).any()


def test_of_cut_outs_the_silhouette_is_the_map_and_of_others_there_is_none(home: Path) -> None:
    assert kind_for("translator") == "square"
    with pytest.raises(Permanent) as opaque:
        read(own(12), image_size=32, most=None, kind="labels")
    with pytest.raises(Permanent) as garments:
        read(small(), image_size=32, most=None, kind="labels")

    found = read(cut_out(12), image_size=32, most=None, kind="labels")

    assert opaque.value.code == garments.value.code == "no_transparency"
    assert found.images.shape == (12, 5, 32, 32)
    assert set(found.images[:, 3:].unique().tolist()) == {0, 255}


def test_without_its_models_a_catalogue_cannot_be_read(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendered, "furniture", lambda: tmp_path / "nowhere")
    dataset = Dataset(name=CATALOGUE, kind=CATALOGUE, manifest=[], categories=[])

    with pytest.raises(CannotDo) as error:
        read(dataset, image_size=64, most=None)

    assert error.value.code == "dataset_missing"
