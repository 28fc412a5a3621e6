"""The bytes of sample grids stay as long as their epoch, and no longer than what they show."""

from typing import Any

import pytest
from sqlalchemy import select

from db import blobs, clock, collector, datasets, erasure, grids, removal
from db.engine import reading, transaction
from db.tables.pictures import Blob
from db.tables.versions import Dataset
from tests import rows
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")
EPOCH: dict[str, Any] = {
    "losses": {"kl": 0.5}, "val_psnr_db": 20.0, "val_ssim": 0.5, "identical": 0,
    "learning_rate": 1e-3, "seconds": 1.0, "images_per_s": 9.0,
}  # fmt: skip


def dataset(name: str, *pictures: str) -> Dataset:
    manifest = [{"picture": one, "sha256": "0" * 64, "category": "shoe"} for one in pictures]
    with transaction() as session:
        return datasets.add(
            session, tenant=TENANT, name=name, kind="pictures", pictures=len(manifest),
            categories=["shoe"], manifest=manifest, licence=None,
        )  # fmt: skip


def training(of: str = "shoes") -> str:
    return rows.queued("train", envelope={"operation": {"dataset": of, "network": "vae"}})


def epoch(job_id: str, data: bytes, number: int = 1) -> str:
    """An epoch with a grid of these bytes; their key."""
    key = blobs.put(TENANT, data)
    with transaction() as session:
        grids.hold(session, TENANT, job_id, number, key)
        datasets.record_epoch(session, job_id, number, {**EPOCH, "grid_key": key})
    return key


def found(job_id: str, number: int = 1, tenant: str = TENANT) -> str | None:
    with reading() as session:
        return grids.find(session, tenant, job_id, number)


def collect() -> None:
    """As if a day had passed since the bytes were put."""
    with transaction() as session:
        for blob in session.scalars(select(Blob)):
            blob.last_put_at = clock.seconds_from_now(-2 * blobs.GRACE_S)
    while collector.collect():
        pass


def is_there(key: str) -> bool:
    try:
        return bool(blobs.get(TENANT, key))
    except blobs.NotStored:
        return False


def test_a_grid_is_found_by_its_own_tenant_alone() -> None:
    job_id = training()
    key = epoch(job_id, b"grid")

    assert found(job_id) == key
    assert found(job_id, tenant="other") is None
    assert found(job_id, number=2) is None


def test_a_grid_stays_as_long_as_its_epoch() -> None:
    key = epoch(training(), b"grid")

    collect()

    assert is_there(key)


def test_an_epoch_that_is_written_anew_lets_its_grid_go() -> None:
    job_id = training()
    before = epoch(job_id, b"before")
    after = epoch(job_id, b"after")

    collect()

    assert (is_there(before), is_there(after)) == (False, True)


def test_a_grid_goes_with_its_job() -> None:
    job_id = training()
    key = epoch(job_id, b"grid")
    rows.change(job_id, state="failed", finished_at=clock.now())

    with transaction() as session:
        keys = removal.remove_jobs(session, [job_id])
        blobs.let_go(session, TENANT, keys[TENANT])
    collect()

    assert keys == {TENANT: {key}}
    assert not is_there(key)


def test_an_erased_job_takes_its_grids_at_once() -> None:
    job_id = training()
    key = epoch(job_id, b"grid")
    rows.change(job_id, state="failed", finished_at=clock.now())

    with transaction() as session:
        erased = erasure.erase_job(session, TENANT, job_id)
    collector.collect_these(TENANT, erased.keys)

    assert not is_there(key)


def test_an_erased_picture_takes_the_grids_of_what_learnt_from_it_and_no_others() -> None:
    picture = "0190a0b0-0000-7000-8000-00000000000a"
    rows.picture(picture)
    dataset("shoes", picture), dataset("bags", "0190a0b0-0000-7000-8000-00000000000b")
    shoes, bags = training("shoes"), training("bags")
    key, other = epoch(shoes, b"shoes"), epoch(bags, b"bags")

    with transaction() as session:
        erased = erasure.erase_picture(session, TENANT, picture, from_datasets=True)
    collector.collect_these(TENANT, erased.keys)

    assert (found(shoes), found(bags)) == (None, other)
    assert not is_there(key)
    assert is_there(other)


def test_a_run_shows_no_more_of_a_dataset_that_something_was_erased_from() -> None:
    picture = "0190a0b0-0000-7000-8000-00000000000a"
    rows.picture(picture)
    learnt = dataset("shoes", picture)
    with transaction() as session:
        before = grids.may_be_kept(session, learnt)

    with transaction() as session:
        erasure.erase_picture(session, TENANT, picture, from_datasets=True)

    with transaction() as session:
        assert (before, grids.may_be_kept(session, learnt)) == (True, False)


def test_a_grid_whose_bytes_have_gone_is_not_named() -> None:
    job_id = training()

    with pytest.raises(blobs.Vanished), transaction() as session:
        grids.hold(session, TENANT, job_id, 1, "0" * 63 + "1")
