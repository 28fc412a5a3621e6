"""What was delivered before for the same picture: the same is found, the near is ranked."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from db import jobs, precedents, results
from db.engine import long_transaction, reading, transaction
from db.fence import Lease
from db.operations.order import Order, parse
from db.pictures import Source
from db.precedents import Precedents
from db.tables.results import Result
from tests import explained, rows
from tests.factories import NOWHERE

pytestmark = pytest.mark.usefixtures("archive")
KEY = "a" * 64
RED = {"op": "recolor", "to_hex": "#cc2222"}
WHITE = {"op": "background", "rgb": [255, 255, 255]}


def order(operation: dict[str, Any], **envelope: Any) -> Order:
    said = {"operation": {**operation, "picture": NOWHERE}, **envelope}
    return parse(json.dumps(said).encode())


def steps(*given: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"op": "pipeline", "steps": list(given), **more}


def delivered(operation: dict[str, Any], *, request: str | None = None, **columns: Any) -> str:
    """The id of a published result of such an order, of the picture KEY."""
    asked = order(operation, **columns.pop("envelope", {}))
    with transaction() as session:
        rows._say_that_there_are_bytes(session, rows.TENANT)
        job = jobs.create(session, rows.TENANT, asked).job
        made = {"source_key": KEY, "op": asked.operation.op, "sku": asked.sku, **columns}
        session.add(row := rows.result(Lease(job.id, "worker", 1), **made))
    if request is not None:
        rows.change(job.id, request=request)
    return row.id


def found(operation: dict[str, Any], *, key: str = KEY, **envelope: Any) -> Precedents:
    with reading() as session:
        source = Source(key, 10, 10)
        return precedents.find(session, rows.TENANT, order(operation, **envelope), source)


def test_the_same_order_of_the_same_bytes_is_exact_whoever_named_them() -> None:
    result = delivered(WHITE, envelope={"sku": "A", "priority": 3})

    same = found(WHITE, sku="B").exact

    assert same is not None
    assert same.id == result


@pytest.mark.parametrize(
    ("before", "asked", "differs"),
    [
        (WHITE, {**WHITE, "rgb": [0, 0, 0]}, ("background.rgb",)),
        (steps(RED, WHITE), steps(WHITE, RED), ("order of the steps",)),
        (steps(RED, WHITE), steps(RED, WHITE, keep_steps=True), ("keep_steps",)),
        (steps(RED, RED), steps(RED, {**RED, "strength": 0.5}), ("recolor.1.strength",)),
        (WHITE, steps(RED, WHITE), ("recolor", "recolor.to_hex")),
        ({**WHITE, "mask": NOWHERE}, WHITE, ("background.mask",)),
    ],
)
def test_what_differs_is_near_and_said(
    before: dict[str, Any], asked: dict[str, Any], differs: tuple[str, ...]
) -> None:
    result = delivered(before)

    told = found(asked)

    (near,) = told.near
    assert told.exact is None
    assert (near.result.id, set(near.differs)) == (result, set(differs))
    assert 0 < near.distance < 1


def test_a_step_by_itself_is_as_the_operation() -> None:
    delivered(steps(WHITE))

    assert found(WHITE).exact is not None


def test_colours_that_are_near_each_other_are_nearer() -> None:
    far, close = delivered({**RED, "to_hex": "#2222cc"}), delivered({**RED, "to_hex": "#cc2a22"})

    assert [one.result.id for one in found(RED).near] == [close, far]


def test_another_file_is_another_result() -> None:
    delivered(WHITE, envelope={"output": {"format": "webp"}})

    assert found(WHITE).exact is None


def test_a_preset_counts_by_its_version() -> None:
    amazon = {"op": "pipeline", "preset": "amazon_main"}
    delivered(amazon, preset_version="amazon_main@999")
    assert found(amazon).exact is None

    delivered(amazon, preset_version="amazon_main@1")
    assert found(amazon).exact is not None


def test_what_has_nothing_of_it_and_what_cannot_be_read_is_passed_over() -> None:
    delivered({"op": "upscale"})
    delivered(WHITE, request='{"operation": {"op": "of_an_older_build"}}')

    told = found({"op": "cutout"})

    assert (told.exact, told.near) == (None, ())


def test_no_more_are_told_than_five() -> None:
    for number in range(8):
        delivered({**RED, "to_hex": f"#cc22{number:02x}"})

    assert len(found(RED).near) == precedents.MOST_NEAR


def test_the_history_of_others_is_not_read() -> None:
    with long_transaction() as session:
        job_ids = rows.history(3_000)
        values = [
            results._values(rows.result(Lease(one, "worker", 1), sku=f"s-{number % 300}"))
            | {"created_at": datetime.now(UTC), "source_key": f"{number % 300:064x}"}
            for number, one in enumerate(job_ids)
        ]
        session.execute(insert(Result), values)
    with reading() as session:
        is_sqlite = session.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        explained.analyse()

    def ask(session: Session) -> None:
        asked, source = order(WHITE, sku="s-1"), Source(f"{1:064x}", 10, 10)
        precedents.find(session, rows.TENANT, asked, source)

    with reading() as session:
        plans = explained.plans(session, ask)

    assert len(plans) == 3
    for plan, index in zip(plans, ["source_key", "source_key", "sku"], strict=True):
        assert f"ix_result_{index}" in plan, plan
        assert not explained.reads_whole(plan, "result"), plan
