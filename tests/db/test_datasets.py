"""What networks learn from, and how each epoch went."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from db import datasets
from db.blobs import SHIPPED
from db.datasets import DatasetNotFound, DatasetTooSmall, DatasetUnfit
from db.engine import reading, transaction
from db.tables.versions import Dataset
from tests import rows
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")


def _add(name: str = "shoes", *, tenant: str = TENANT, pictures: int = 8, **given: Any) -> Dataset:
    manifest = [{"sha256": f"{number:064x}", "category": "shoe"} for number in range(pictures)]
    values: dict[str, Any] = {
        "kind": "pictures",
        "categories": ["shoe"],
        "manifest": manifest,
        "licence": None,
        **given,
    }
    with transaction() as session:
        return datasets.add(session, tenant=tenant, name=name, pictures=pictures, **values)


def _find(name: str, tenant: str = TENANT) -> str:
    with reading() as session:
        return datasets.find(session, tenant, name).id


def _manifest(train: int, validation: int = 0, *, product: str = "p") -> list[dict[str, Any]]:
    splits = ["train"] * train + ["validation"] * validation
    entry = {"category": "shoe", "side_px": 64}
    return [
        {**entry, "picture": f"{product}{n}", "product": f"{product}{n}", "split": split}
        for n, split in enumerate(splits)
    ]


def test_a_dataset_is_found_by_its_name_and_by_its_id():
    added = _add(licence="CC0")

    assert _find("shoes") == _find(added.id) == added.id
    assert added.manifest[7] == {"sha256": f"{7:064x}", "category": "shoe"}
    assert (added.categories, added.licence) == (["shoe"], "CC0")


def test_registering_the_same_again_gives_the_row_that_is_there():
    assert _add().id == _add().id


@pytest.mark.parametrize(
    "other",
    [
        {"pictures": 9},
        {"kind": "fashion-mnist"},
        {"licence": "CC0"},
        {"left_out": {"reasons": [], "empty_categories": ["boot"]}},
        {"manifest": [{"sha256": f"{number:064x}", "category": "boot"} for number in range(8)]},
    ],
)
def test_other_content_under_a_name_is_its_next_version(other: dict[str, Any]):
    first = _add()

    second = _add(**other)

    assert (first.version, second.version) == (1, 2)
    assert _find("shoes") == _find("shoes@2") == second.id
    assert _find("shoes@1") == first.id
    assert _add(**other).id == second.id


def test_what_was_an_old_version_is_a_new_one_when_it_comes_again():
    _add()
    _add(pictures=9)

    again = _add()

    assert again.version == 3
    assert _find("shoes") == again.id


def test_many_versions_that_come_at_once_are_numbered_each():
    with ThreadPoolExecutor(4) as pool:
        added = list(pool.map(lambda pictures: _add(pictures=pictures), range(8, 16)))

    assert sorted(one.version for one in added) == list(range(1, 9))


@pytest.mark.parametrize("name", ["shoes@2", "shoes@0", "shoes@", "@1", "shoes@1@1", "sho\0es"])
def test_what_names_no_version_is_not_found(name: str):
    _add()

    with pytest.raises(DatasetNotFound):
        _find(name)


def test_a_name_means_what_was_the_newest_at_a_moment():
    first = _add()
    with transaction() as session:
        row = session.get_one(Dataset, first.id)
        row.created_at -= timedelta(hours=1)
    second = _add(pictures=9)

    with reading() as session:
        before = second.created_at - timedelta(minutes=1)
        assert datasets.find(session, TENANT, "shoes", as_of=before).id == first.id
        assert datasets.find(session, TENANT, "shoes", as_of=second.created_at).id == second.id
        assert datasets.find(session, TENANT, "shoes@2", as_of=before).id == second.id


def test_a_product_is_remembered_in_the_split_that_it_had_first():
    _add(manifest=_manifest(1, 1, product="old"))
    _add(manifest=_manifest(2, 0, product="new"))
    _add(manifest=[{"sha256": "0" * 64, "category": "shoe"}])  # of a build without splits

    with reading() as session:
        assert datasets.splits(session, TENANT, "shoes") == {
            "old0": "train",
            "old1": "validation",
            "new0": "train",
            "new1": "train",
        }
        assert datasets.splits(session, "another", "shoes") == {}


def test_two_tenants_may_use_one_name():
    assert _add().id != _add(tenant="another").id


def test_nobody_finds_another_tenants_dataset():
    added = _add(tenant="another")

    for name in ("shoes", added.id):
        with pytest.raises(DatasetNotFound, match=name):
            _find(name)


def test_what_ships_with_us_is_everybodys_but_ones_own_comes_first():
    shipped = _add(tenant=SHIPPED)
    assert _find("shoes") == shipped.id

    own = _add()

    assert _find("shoes") == own.id


def test_datasets_are_listed_by_name_and_version():
    _add("b")
    _add("b", pictures=9)
    _add("a", tenant=SHIPPED)
    _add("c", tenant="another")

    with reading() as session:
        listed = [(one.name, one.version) for one in datasets.visible(session, TENANT)]
    assert listed == [("a", 1), ("b", 1), ("b", 2)]


def test_too_few_pictures_are_refused_with_how_many_are_needed():
    _add("few", manifest=_manifest(7, 3))
    enough = _add("enough", manifest=_manifest(8, 1))

    with reading() as session:
        with pytest.raises(DatasetTooSmall, match="has 7 pictures to learn from; gan needs at lea"):
            datasets.to_train_on(session, TENANT, "few", network="gan")
        assert datasets.to_train_on(session, TENANT, "enough", network="gan").id == enough.id
        with pytest.raises(DatasetNotFound):
            datasets.to_train_on(session, TENANT, "none", network="gan")


def test_a_dataset_may_do_for_one_network_and_not_for_another():
    one_product = _add("mug", manifest=_manifest(20))

    with reading() as session:
        assert datasets.to_train_on(session, TENANT, "mug", network="gan").id == one_product.id
        with pytest.raises(DatasetUnfit, match="no product that is held out"):
            datasets.to_train_on(session, TENANT, "mug", network="vae")


def test_what_ships_with_us_trains_whatever_its_row_tells():
    shipped = _add("garments", tenant=SHIPPED, kind="garments", manifest=[])

    with reading() as session:
        assert datasets.to_train_on(session, TENANT, "garments", network="vae").id == shipped.id


def _epoch(job_id: str, number: int, loss: float) -> None:
    values = {
        "losses": {"generator": loss},
        "val_psnr_db": None,
        "val_ssim": 0.5,
        "identical": 0,
        "learning_rate": 1e-3,
        "seconds": 1.5,
        "images_per_s": 100.0,
    }
    with transaction() as session:
        datasets.record_epoch(session, job_id, number, values)


def test_epochs_are_kept_in_order_and_a_resumed_run_writes_over_its_own():
    job_id, other = rows.queued(), rows.queued()
    for number, loss in ((2, 0.4), (1, 0.9), (2, 0.3)):
        _epoch(job_id, number, loss)
    _epoch(other, 1, 7.0)

    with reading() as session:
        found = datasets.epochs(session, job_id)
    assert [(one.number, one.losses["generator"]) for one in found] == [(1, 0.9), (2, 0.3)]
    assert (found[0].val_psnr_db, found[0].val_ssim) == (None, 0.5)
