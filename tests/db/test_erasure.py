"""Erasure: everything that was made from a picture goes with it, and nothing else."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import func, select, update

from db import (
    admission,
    blobs,
    clock,
    collector,
    datasets,
    erasure,
    pictures,
    results,
    transitions,
)
from db.engine import long_transaction, reading, transaction
from db.erasure import Erased, InDataset, NotThere, StillOpen
from db.ids import new_id
from db.refusals import Refused
from db.tables.all import Batch, Dataset, Delivery, Endpoint, Job, Picture, Result, Row, Version
from tests import kept, rows
from tests.factories import NOWHERE

pytestmark = pytest.mark.usefixtures("archive")
SHOP = rows.TENANT


def _erase(
    one: Callable[..., Erased], row_id: str, *, tenant: str = SHOP, from_datasets: bool = False
) -> Erased:
    """Rows first, then the bytes, as the API does it."""
    with transaction() as session:
        erased = one(session, tenant, row_id, from_datasets=from_datasets)
    collector.collect_these(tenant, erased.keys)
    return erased


def _count(table: type[Row]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def _was_erased(*ids: str, tenant: str = SHOP) -> list[bool]:
    with reading() as session:
        return [erasure.was_erased(session, tenant, one) for one in ids]


def test_a_picture_goes_with_the_jobs_that_used_it_and_what_they_made_generation_by_generation():
    picture = kept.picture(b"shoe")
    first, better = kept.made(picture, data=b"better", mask=b"mask")
    second, best = kept.made(better, data=b"best")
    third, ad = kept.made(best, data=b"ad")

    _erase(erasure.erase_picture, picture)

    assert [_count(table) for table in (Picture, Job, Result)] == [0, 0, 0]
    for data in (b"shoe", b"better", b"mask", b"best", b"ad"):
        assert not kept.is_kept(data)
        assert not kept.has_row(data)
    assert all(_was_erased(picture, first, better, second, best, third, ad))


def test_other_pictures_and_what_was_made_from_them_stay():
    gone, stays = kept.picture(b"gone"), kept.picture(b"stays")
    kept.made(gone, data=b"of gone")
    job_id, result_id = kept.made(stays, data=b"of stays", mask=b"mask")

    _erase(erasure.erase_picture, gone)

    with reading() as session:
        assert session.get(Job, job_id) is not None
        assert session.get(Result, result_id) is not None
    assert all(kept.is_kept(data) for data in (b"stays", b"of stays", b"mask"))
    assert not any(_was_erased(stays, job_id, result_id))


def test_bytes_that_another_row_of_the_tenant_names_stay_until_that_one_goes():
    first, second = kept.picture(b"first"), kept.picture(b"second")
    kept.made(first, data=b"better", mask=b"all white")
    kept.made(second, data=b"other", mask=b"all white")

    _erase(erasure.erase_picture, first)
    assert kept.is_kept(b"all white")

    _erase(erasure.erase_picture, second)
    assert not kept.is_kept(b"all white")


def test_the_same_bytes_of_another_tenant_stay():
    picture = kept.picture(b"shoe")
    theirs = kept.picture(b"shoe", tenant="another")

    _erase(erasure.erase_picture, picture)

    assert not kept.is_kept(b"shoe")
    assert kept.is_kept(b"shoe", tenant="another")
    assert not any(_was_erased(theirs, tenant="another"))


def test_erased_bytes_do_not_wait_for_their_day_of_grace():
    picture = kept.picture(b"shoe")

    _erase(erasure.erase_picture, picture)

    assert not kept.is_kept(b"shoe")


def test_a_queued_job_that_would_use_it_fails_and_says_why():
    picture = kept.picture()
    job_id = kept.job(picture)

    _erase(erasure.erase_picture, picture)

    job = rows.read(job_id)
    assert (job.state, job.error_code) == ("failed", "source_erased")
    assert rows.claim() == []


def test_a_running_job_that_uses_it_fails_and_its_worker_can_write_nothing_more():
    picture = kept.picture()
    job_id = kept.job(picture)
    (claimed,) = rows.claim()
    lease = rows.lease_of(claimed)

    _erase(erasure.erase_picture, picture)

    with transaction() as session:
        assert not transitions.succeed(session, lease)
        assert transitions.release(session, lease) is None
        assert transitions.renew(session, "worker", [lease], lease_s=60) == set()
    job = rows.read(job_id)
    assert (job.state, job.error_code, job.lease_owner) == ("failed", "source_erased", None)
    assert job.finished_at is not None


def test_the_storefront_hears_of_jobs_that_erasure_has_ended():
    with transaction() as session:
        endpoint = {"url": "https://shop.example/hook", "events": ["job.failed"], "secret": "x"}
        session.add(Endpoint(id=new_id(), tenant=SHOP, created_at=clock.now(), **endpoint))
    picture = kept.picture()
    job_id = kept.job(picture)

    _erase(erasure.erase_picture, picture)

    with reading() as session:
        told = session.scalars(select(Delivery)).one()
    assert (told.event, told.subject, told.state) == ("job.failed", job_id, "pending")


def test_jobs_of_a_batch_that_is_not_over_keep_their_row_to_be_counted():
    with transaction() as session:
        batch = {"lines": 1, "refused": 0, "request_sha256": "0" * 64, "created_at": clock.now()}
        session.add(Batch(id=NOWHERE, tenant=SHOP, **batch))
    picture = kept.picture()
    job_id, result_id = kept.made(picture, data=b"better")
    rows.change(job_id, batch_id=NOWHERE, report={"found": "a shoe"})

    _erase(erasure.erase_picture, picture)

    job = rows.read(job_id)
    assert (job.state, job.report) == ("succeeded", None)
    assert not kept.is_kept(b"better")
    assert _was_erased(job_id, result_id) == [False, True]


@pytest.mark.parametrize(
    "one",
    [erasure.erase_picture, erasure.erase_result, erasure.erase_job],
    ids=["picture", "result", "job"],
)
def test_what_is_not_there_or_another_tenants_cannot_be_erased(one: Callable[..., Erased]):
    picture = kept.picture()
    job_id, result_id = kept.made(picture)

    for row_id in (picture, job_id, result_id, NOWHERE):
        with pytest.raises(NotThere):
            _erase(one, row_id, tenant="another")

    assert [_count(table) for table in (Picture, Job, Result)] == [1, 1, 1]


# Results and jobs


def test_a_result_goes_with_what_was_made_from_it_and_its_job_stays():
    picture = kept.picture(b"shoe")
    first, better = kept.made(picture, data=b"better")
    second, best = kept.made(better, data=b"best")

    _erase(erasure.erase_result, better)

    assert rows.read(first).state == "succeeded"
    assert kept.is_kept(b"shoe")
    assert not kept.is_kept(b"better")
    assert not kept.is_kept(b"best")
    assert _was_erased(picture, first, better, second, best) == [False, False, True, True, True]


def test_a_job_goes_with_its_results_and_the_pictures_that_it_used_stay():
    picture = kept.picture(b"shoe")
    job_id, result_id = kept.made(picture, data=b"better")

    _erase(erasure.erase_job, job_id)

    assert [_count(table) for table in (Picture, Job, Result)] == [1, 0, 0]
    assert kept.is_kept(b"shoe")
    assert not kept.is_kept(b"better")
    assert _was_erased(picture, job_id, result_id) == [False, True, True]


@pytest.mark.parametrize("state", ["queued", "running"])
def test_an_open_job_cannot_be_erased(state: str):
    job_id = rows.queued()
    if state == "running":
        rows.claim()

    with pytest.raises(StillOpen, match=state):
        _erase(erasure.erase_job, job_id)

    assert rows.read(job_id).state == state


def test_a_version_that_an_erased_job_trained_stays():
    job_id = rows.queued()
    rows.change(job_id, state="succeeded", finished_at=clock.now())
    kept.version(b"weights", job_id=job_id)

    _erase(erasure.erase_job, job_id)

    with reading() as session:
        assert session.scalars(select(Version.job_id)).all() == [None]
    assert kept.is_kept(b"weights")


# Datasets


def test_a_picture_in_a_dataset_is_not_erased_behind_its_back():
    picture = kept.picture()
    kept.dataset(picture, kept.picture(b"boot"), name="shoes")

    with pytest.raises(InDataset, match="'shoes'"):
        _erase(erasure.erase_picture, picture)

    assert _count(Picture) == 2
    assert kept.is_kept(b"shoe")
    assert not any(_was_erased(picture))


def test_a_picture_leaves_its_datasets_when_that_is_asked_and_they_remember_how_many():
    picture = kept.picture()
    kept.dataset(picture, kept.picture(b"boot"))

    _erase(erasure.erase_picture, picture, from_datasets=True)

    with reading() as session:
        dataset = session.scalars(select(Dataset)).one()
    assert (dataset.pictures, dataset.erased) == (1, 1)
    assert picture not in {entry["picture"] for entry in dataset.manifest}
    assert not kept.is_kept(b"shoe")
    assert kept.is_kept(b"boot")


# At the same time


@pytest.mark.parametrize("which", ["picture", "result"])
def test_what_is_being_named_in_a_new_dataset_is_not_erased_behind_its_back(which: str):
    picture = kept.picture()
    _, result_id = kept.made(picture)
    named = picture if which == "picture" else result_id
    held, may_commit = Event(), Event()

    def register() -> None:
        with transaction() as session:
            source = pictures.resolve_many(session, SHOP, [named], hold=True)[named]
            held.set()
            may_commit.wait(10)
            entry = {"picture": named, "sha256": source.key, "category": "shoe"}
            what = {"kind": "pictures", "pictures": 1, "categories": ["shoe"], "licence": None}
            datasets.add(session, tenant=SHOP, name="shoes", manifest=[entry], **what)

    with ThreadPoolExecutor(2) as pool:
        registering = pool.submit(register)
        assert held.wait(10)
        erasing = pool.submit(_erase, erasure.erase_picture, picture)
        Event().wait(0.3)
        may_commit.set()
        registering.result(10)
        with pytest.raises(InDataset):
            erasing.result(10)

    assert [_count(table) for table in (Picture, Result, Dataset)] == [1, 1, 1]


def test_an_outcome_that_was_just_being_written_is_erased_too():
    picture = kept.picture()
    job_id = kept.job(picture)
    (claimed,) = rows.claim()
    lease, key = rows.lease_of(claimed), blobs.put(SHOP, b"better")
    written, may_commit = Event(), Event()

    def finish() -> str:
        with transaction() as session:
            assert transitions.succeed(session, lease)
            row = rows.result(lease, blob_key=key, sha256=key)
            results.add(session, [row])
            written.set()
            may_commit.wait(10)
        return row.id

    with ThreadPoolExecutor(2) as pool:
        finishing = pool.submit(finish)
        assert written.wait(10)
        erasing = pool.submit(_erase, erasure.erase_picture, picture)
        Event().wait(0.3)  # it waits: for the job's row on PostgreSQL, for its turn on SQLite
        assert not erasing.done()
        may_commit.set()
        result_id = finishing.result(10)
        erasing.result(10)

    assert [_count(table) for table in (Picture, Job, Result)] == [0, 0, 0]
    assert not kept.is_kept(b"better")
    assert all(_was_erased(picture, job_id, result_id))


@pytest.mark.parametrize("which", ["picture", "result"])
def test_a_job_that_was_just_being_made_of_it_is_ended_too(which: str):
    picture = kept.picture()
    _, result_id = kept.made(picture)
    order = rows.order(operation={"picture": picture if which == "picture" else result_id})
    written, may_commit = Event(), Event()

    def submit() -> str:
        with transaction() as session:
            created = admission.place(session, SHOP, order, key=None)
            session.flush()
            written.set()
            may_commit.wait(10)
        return created.job.id

    with ThreadPoolExecutor(2) as pool:
        submitting = pool.submit(submit)
        assert written.wait(10)
        erasing = pool.submit(_erase, erasure.erase_picture, picture)
        Event().wait(0.3)  # it waits: for the picture's row on PostgreSQL, for its turn on SQLite
        assert not erasing.done()
        may_commit.set()
        job_id = submitting.result(10)
        erasing.result(10)

    job = rows.read(job_id)
    assert (job.state, job.error_code) == ("failed", erasure.CODE)
    assert _count(Result) == 0


def test_a_job_is_not_made_of_what_is_just_being_erased():
    picture = kept.picture()
    erased, may_commit = Event(), Event()

    def erase() -> None:
        with transaction() as session:
            erasure.erase_picture(session, SHOP, picture)
            erased.set()
            may_commit.wait(10)

    def submit() -> None:
        with transaction() as session:
            admission.place(session, SHOP, rows.order(operation={"picture": picture}), key=None)

    with ThreadPoolExecutor(2) as pool:
        erasing = pool.submit(erase)
        assert erased.wait(10)
        submitting = pool.submit(submit)
        Event().wait(0.3)
        may_commit.set()
        erasing.result(10)
        with pytest.raises(Refused):
            submitting.result(10)

    assert _count(Job) == 0


def test_a_result_that_would_name_erased_bytes_is_not_written():
    picture = kept.picture(b"shoe")
    with reading() as session:
        source_key = session.scalars(select(Picture.sha256)).one()
    lease = rows.running()  # of a job that was never told of the picture
    _erase(erasure.erase_picture, picture)

    with transaction() as session, pytest.raises(blobs.Vanished):
        results.add(session, [rows.result(lease, source_key=source_key)])

    assert _count(Result) == 0


def test_the_bytes_of_a_picture_that_is_put_again_at_once_stay():
    picture = kept.picture(b"shoe")
    with transaction() as session:
        erased = erasure.erase_picture(session, SHOP, picture)
    again = kept.picture(b"shoe")

    collector.collect_these(SHOP, erased.keys)

    assert again != picture
    assert kept.is_kept(b"shoe")


def test_a_killed_erasure_is_finished_by_the_next_round():
    picture = kept.picture(b"shoe")
    with transaction() as session:
        erasure.erase_picture(session, SHOP, picture)

    collector.collect()

    assert not kept.is_kept(b"shoe")


def test_two_who_erase_the_same_at_once_erase_it_once():
    picture = kept.picture(b"shoe")
    kept.made(picture)

    def outcome(_: int) -> str:
        try:
            _erase(erasure.erase_picture, picture)
        except NotThere:
            return "not there"
        return "erased"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(outcome, range(4)))

    assert outcomes == ["erased", "not there", "not there", "not there"]


def test_thousands_of_descendants_are_erased_in_one_go():
    picture = kept.picture(b"shoe")
    many = rows.many(6_000)
    with long_transaction() as session:  # six thousand objects take a slow machine seconds
        session.execute(
            update(Job).values(state="succeeded", finished_at=clock.now(), lease_owner=None)
        )
        session.add_all(kept.use(job_id, picture) for job_id in many)

    erased = _erase(erasure.erase_picture, picture)

    assert len(erased.ids) == 6_001
    assert _count(Job) == 0
