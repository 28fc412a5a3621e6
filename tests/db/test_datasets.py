"""What networks learn from, and how each epoch went."""

from typing import Any

import pytest

from db import datasets
from db.blobs import SHIPPED
from db.datasets import DatasetExists, DatasetNotFound, DatasetTooSmall
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


def test_a_dataset_is_found_by_its_name_and_by_its_id():
    added = _add(licence="CC0")

    assert _find("shoes") == _find(added.id) == added.id
    assert added.manifest[7] == {"sha256": f"{7:064x}", "category": "shoe"}
    assert (added.categories, added.licence) == (["shoe"], "CC0")


def test_registering_the_same_again_gives_the_row_that_is_there():
    assert _add().id == _add().id


@pytest.mark.parametrize("other", [{"pictures": 9}, {"kind": "fashion-mnist"}])
def test_a_dataset_never_changes_once_registered(other: dict[str, Any]):
    first = _add()

    with pytest.raises(DatasetExists, match="'shoes'"):
        _add(**other)
    assert _find("shoes") == first.id


def test_the_same_pictures_in_other_categories_are_another_dataset():
    _add()
    manifest = [{"sha256": f"{number:064x}", "category": "boot"} for number in range(8)]

    with pytest.raises(DatasetExists):
        _add(manifest=manifest, categories=["boot"])


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


def test_datasets_are_listed_by_name():
    _add("b")
    _add("a", tenant=SHIPPED)
    _add("c", tenant="another")

    with reading() as session:
        assert [one.name for one in datasets.visible(session, TENANT)] == ["a", "b"]


def test_too_few_pictures_are_refused_with_how_many_are_needed():
    _add("few", pictures=7)
    enough = _add("enough", pictures=8)

    with reading() as session:
        with pytest.raises(DatasetTooSmall, match="has 7 pictures; training needs at least 8"):
            datasets.to_train_on(session, TENANT, "few")
        assert datasets.to_train_on(session, TENANT, "enough").id == enough.id
        with pytest.raises(DatasetNotFound):
            datasets.to_train_on(session, TENANT, "none")


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
