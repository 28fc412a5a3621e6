"""From ids of pictures and results to a version of a dataset."""

from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from threading import Barrier
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select, update

from db import (
    blobs,
    candidates,
    clock,
    dataset_reports,
    erasure,
    intake,
    pictures,
    quarantine,
    registration,
)
from db.engine import reading, transaction
from db.registration import NothingLeft, PicturesMissing, StillLooking
from db.selection import Wanted
from db.splits import Groups, divide
from db.tables.all import Dataset, Picture, Result
from tests import factories, kept, rows
from tests.factories import NOWHERE
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")


def _png(number: int) -> bytes:
    return factories.encoded(factories.shot(number), "PNG")


def _upload(data: bytes, *, tenant: str = TENANT) -> str:
    """The id of a picture that passed the door."""
    checked = intake.check(data)
    blobs.put(tenant, data)
    with transaction() as session:
        return pictures.register(session, tenant, checked, name=None).picture.id


def _result(number: int, **columns: Any) -> str:
    """The id of a result whose look nobody has noted."""
    data = _png(number)
    key = blobs.put(TENANT, data)
    lease = rows.running()
    with transaction() as session:
        size = {"width": 40, "height": 40, "blob_key": key, "sha256": key}
        session.add(row := rows.result(lease, **size, **columns))
        return row.id


def _register(*ids: str, name: str = "shoes", **given: Any) -> Dataset:
    wanted = [Wanted(one, "shoe") for one in ids]
    return registration.register(TENANT, name, wanted, licence=None, **given)


def _reasons(dataset: Dataset) -> dict[str, list[str]]:
    assert dataset.left_out is not None
    return {
        reason["reason"]: [one["picture"] for one in reason["pictures"]]
        for reason in dataset.left_out["reasons"]
    }


def test_pictures_and_results_become_a_dataset():
    picture, result = _upload(_png(1)), _result(2, sku="sku-1")

    dataset = _register(picture, result)

    assert [(e["picture"], e["source"], e["product"]) for e in dataset.manifest] == [
        (picture, "upload", picture),
        (result, "result", "sku-1"),
    ]
    assert (dataset.pictures, dataset.categories, dataset.kind) == (2, ["shoe"], "pictures")


def test_the_look_of_a_result_is_noted_once():
    result = _result(2)
    _register(result)

    with reading() as session:
        row = session.scalars(select(Result)).one()
    assert row.phash == intake.check(_png(2)).look.phash
    assert row.colours == intake.check(_png(2)).look.colours


def test_results_that_there_is_no_time_for_are_looked_at_when_it_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
):
    results = [_result(number) for number in range(3)]
    monkeypatch.setattr(candidates, "_NOTED_AT_ONCE", 2)
    monkeypatch.setattr(registration, "LOOKING_S", 0.0)

    with pytest.raises(StillLooking, match="1 results are yet"):
        _register(*results)

    assert _register(*results).pictures == 3


def test_a_picture_of_an_earlier_build_is_looked_at():
    picture = _upload(_png(1))
    with transaction() as session:
        session.execute(update(Picture).values(phash=None, colours=None))

    dataset = _register(picture)

    assert dataset.manifest[0]["phash"] == intake.check(_png(1)).look.phash


def _cut_out(number: int) -> bytes:
    image = factories.shot(number).convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 9, 40))
    return factories.encoded(image, "PNG")


def test_what_is_cut_out_is_noted_of_pictures_and_results_of_any_build():
    opaque, cut_out = _upload(_png(1)), _upload(_cut_out(2))
    with transaction() as session:
        session.execute(update(Picture).values(cut_out=None))

    dataset = _register(opaque, cut_out)

    assert [one["cut_out"] for one in dataset.manifest] == [False, True]
    with reading() as session:
        noted = session.scalars(select(Picture.cut_out).order_by(Picture.id)).all()
    assert noted == [False, True]


def test_a_dataset_of_opaque_pictures_is_not_said_to_teach_a_matte():
    opaque = _register(*(_upload(_png(number)) for number in range(20)), name="opaque")
    cut_out = _register(*(_upload(_cut_out(number)) for number in range(20)), name="cut-out")

    told = {
        dataset.name: {one.network: one.why_not for one in dataset_reports.of(dataset).trains}
        for dataset in (opaque, cut_out)
    }

    assert told["opaque"]["matte"] == (
        "it has 0 pictures that are cut out to learn from; matte needs at least 8"
    )
    assert told["opaque"]["vae"] is None
    assert told["cut-out"]["matte"] is None


def test_a_picture_whose_bytes_are_gone_is_broken():
    fit, gone = _upload(_png(1)), kept.picture(b"no picture at all")

    dataset = _register(fit, gone)

    assert _reasons(dataset) == {"broken": [gone]}


@pytest.mark.parametrize("visibility", ["held", "quarantined"])
def test_a_result_that_waits_for_review_is_left_out(visibility: str):
    fit, held = _upload(_png(1)), _result(2, visibility=visibility)

    assert _reasons(_register(fit, held)) == {"unpublished": [held]}


def test_a_picture_that_a_policy_blocked_is_left_out():
    fit, blocked = _upload(_png(1)), _upload(_png(2))
    with transaction() as session:
        quarantine.keep(session, TENANT, blocked, policy="shop@1", reasons=[])

    assert _reasons(_register(fit, blocked)) == {"unpublished": [blocked]}


def test_what_no_camera_saw_is_left_out_unless_it_is_asked_for():
    fit, drawn = _upload(_png(1)), _result(2, op="sample", source_kind="generated")

    assert _reasons(_register(fit, drawn)) == {"generated": [drawn]}
    assert _register(fit, drawn, name="all", include_generated=True).pictures == 2


def test_a_generated_picture_that_is_sent_back_to_us_is_still_generated():
    _result(2, op="sample", source_kind="generated")
    fit, back = _upload(_png(1)), _upload(_png(2))

    assert _reasons(_register(fit, back)) == {"generated": [back]}


def test_nothing_is_registered_when_nothing_is_left():
    flat = _upload(factories.encoded(Image.new("RGB", (40, 40), "red"), "PNG"))
    small = _upload(factories.png(24, 16))

    with pytest.raises(NothingLeft, match=r"1 × too_small .*1 × one_colour"):
        _register(flat, small)

    with reading() as session:
        assert session.scalars(select(Dataset)).all() == []


def test_pictures_that_are_not_there_or_anothers_are_named_by_their_places():
    mine, theirs = _upload(_png(1)), _upload(_png(2), tenant="another")

    with pytest.raises(PicturesMissing) as missing:
        _register(mine, theirs, NOWHERE)

    assert missing.value.places == [1, 2]


def test_a_held_out_product_stays_held_out_in_the_next_version():
    ids = [_upload(_png(number)) for number in range(6)]
    first = _register(*ids[:3])

    second = _register(*ids[1:])

    before = {entry["product"]: entry["split"] for entry in first.manifest}
    after = {entry["product"]: entry["split"] for entry in second.manifest}
    assert (first.version, second.version) == (1, 2)
    assert {"validation", "train"} <= {*before.values()}
    assert all(after[product] == before[product] for product in before.keys() & after.keys())


def test_what_changes_while_the_pictures_are_compared_is_seen(monkeypatch: pytest.MonkeyPatch):
    fit, late = _upload(_png(1)), _result(2)
    chosen = registration.select

    def held_meanwhile(*given: Any, **named: Any) -> Any:
        with transaction() as session:
            session.execute(update(Result).values(visibility="held"))
        monkeypatch.setattr(registration, "select", chosen)
        return chosen(*given, **named)

    monkeypatch.setattr(registration, "select", held_meanwhile)

    assert _reasons(_register(fit, late)) == {"unpublished": [late]}


def test_versions_that_are_registered_at_once_agree_on_who_is_held_out(
    monkeypatch: pytest.MonkeyPatch,
):
    shared, one, other = _products_that_disagree()
    ids = {product: _upload(_png(number)) for number, product in enumerate((shared, one, other))}
    both_chose = Barrier(2)
    chosen = registration.select

    def together(*given: Any, known: dict[str, Any], **named: Any) -> Any:
        if not known:  # both choose before either is written; who comes second chooses again
            both_chose.wait(10)
        return chosen(*given, known=known, **named)

    monkeypatch.setattr(registration, "select", together)

    def register(mine: str) -> Dataset:
        wanted = [Wanted(ids[product], "shoe", product) for product in (shared, mine)]
        return registration.register(TENANT, "shoes", wanted, licence=None)

    with ThreadPoolExecutor(2) as pool:
        versions = list(pool.map(register, (one, other)))

    assert sorted(version.version for version in versions) == [1, 2]
    split_of = [{e["product"]: e["split"] for e in version.manifest} for version in versions]
    assert split_of[0][shared] == split_of[1][shared]


def _products_that_disagree() -> tuple[str, str, str]:
    """One that would be held out beside the second, and learned from beside the third."""
    for names in permutations(map(str, range(20)), 3):
        shared, one, other = names
        splits_of = [divide([("shoe", shared), ("shoe", n)], Groups({})) for n in (one, other)]
        if splits_of[0][shared] != splits_of[1][shared]:
            return shared, one, other
    raise AssertionError("they always agree")


def test_an_erased_picture_is_no_longer_named_among_those_left_out():
    fit, twin = _upload(_png(1)), _upload(factories.encoded(factories.shot(1), "WEBP"))
    dataset = _register(fit, twin)
    assert _reasons(dataset) == {"near_duplicate": [twin]}

    with transaction() as session:
        erasure.erase_picture(session, TENANT, twin)

    with reading() as session:
        row = session.scalars(select(Dataset)).one()
    assert _reasons(row) == {"near_duplicate": []}
    assert (row.pictures, row.erased) == (1, None)


def test_more_pictures_than_a_statement_takes_are_found():
    with transaction() as session:
        what = {"tenant": TENANT, "format": "png", "mode": "RGB", "bytes": 1}
        session.add_all(
            Picture(id=str(n), sha256=str(n), width=9, height=9, created_at=clock.now(), **what)
            for n in range(5_100)
        )

    with reading() as session:
        found = candidates.find(session, TENANT, map(str, range(5_200)))

    assert len(found) == 5_100
