"""Many jobs as one: written together, counted, cancelled together, closed once."""

import re
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db import batch_lines, batches, clock, engine, jobs, tenants, transitions
from db.batch_lines import Answered
from db.batches import Line
from db.engine import reading, transaction
from db.ids import new_id
from db.tables.batches import Batch, BatchLine
from db.tables.jobs import STATES, TERMINAL, Job, JobInput
from tests import rows
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")

PROBLEM = {"code": "picture_not_found", "status": 404}
OUTCOMES = ("refused", *STATES)
# The index of open batches is walked: there are few.
WHOLE_TABLE = re.compile(r"SCAN (job|batch|result)\b(?! USING INDEX ix_batch_open)|Seq Scan")


def draft(batch_id: str, op: str = "upscale", **envelope: Any) -> jobs.Draft:
    return jobs.draft(TENANT, rows.order(op, **envelope), {}, batch_id=batch_id)


def lines_of(batch_id: str, *, made: int, refused: int = 0) -> list[Line]:
    drafts = [draft(batch_id, sku=f"S-{number}") for number in range(made)]
    return [
        *(Line(number, one) for number, one in enumerate(drafts, start=1)),
        *(Line(made + number, problem=PROBLEM) for number in range(1, refused + 1)),
    ]


def create(
    *, made: int = 3, refused: int = 0, key: str | None = None, digest: str = "d"
) -> batches.Created:
    batch_id = new_id()
    lines = lines_of(batch_id, made=made, refused=refused)
    with transaction() as session:
        return batches.create(
            session, TENANT, lines, batch_id=batch_id, digest=digest, idempotency_key=key
        )


def jobs_of(batch: Batch) -> list[str]:
    """Their ids, in the order of the lines."""
    return [line.job_id for line in lines(batch) if line.job_id]


def lines(batch: Batch, *, tenant: str = TENANT, **wanted: Any) -> Sequence[Answered]:
    with reading() as session:
        return batch_lines.page(session, tenant, batch.id, **{"limit": 20_000, **wanted})


def counts(batch: Batch) -> dict[str, int]:
    with reading() as session:
        return batches.counts(session, [session.get_one(Batch, batch.id)])[batch.id]


def read(batch: Batch) -> Batch:
    with reading() as session:
        return session.get_one(Batch, batch.id)


def close() -> list[str]:
    with transaction() as session:
        return [batch.id for batch in batches.close_finished(session)]


def cancel(batch: Batch, *, tenant: str = TENANT) -> Sequence[Job]:
    with transaction() as session:
        return batches.cancel(session, tenant, batch.id)


def put_in(job_id: str, state: str) -> None:
    """As if it had come there on the usual ways."""
    leased = {"lease_owner": "w"} if state == "running" else {}
    ended = {"finished_at": clock.now()} if state in TERMINAL else {}
    rows.change(job_id, state=state, **leased, **ended)


def stored(table: type[Any]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    together = threading.Barrier(count)

    def start(number: int) -> Any:
        together.wait()
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


def test_every_line_becomes_a_queued_job_of_the_batch_or_keeps_its_problem() -> None:
    batch = create(made=2, refused=1).batch

    told = lines(batch)

    assert [(line.number, line.state, line.sku) for line in told] == [
        (1, "queued", "S-0"),
        (2, "queued", "S-1"),
        (3, "refused", None),
    ]
    assert told[2].problem == PROBLEM
    first = rows.read(told[0].job_id or "")
    assert (first.batch_id, first.idempotency_key, first.tenant) == (batch.id, None, TENANT)
    assert first.scheduled_at == first.created_at
    assert stored(JobInput) == 2


def test_ten_thousand_lines_are_ten_thousand_rows() -> None:
    batch = create(made=9_990, refused=10).batch

    assert (stored(Job), stored(BatchLine)) == (9_990, 10_000)
    assert counts(batch)["queued"] == 9_990
    assert (batch.lines, batch.refused) == (10_000, 10)


def test_a_batch_that_cannot_be_written_whole_leaves_nothing() -> None:
    batch_id = new_id()
    twice = draft(batch_id)

    with pytest.raises(IntegrityError), transaction() as session:
        batches.create(
            session, TENANT, [Line(1, twice), Line(2, twice)], batch_id=batch_id, digest="d"
        )

    assert [stored(table) for table in (Batch, BatchLine, Job, JobInput)] == [0, 0, 0, 0]


def test_the_same_key_and_batch_give_the_batch_that_is_there() -> None:
    first, second = create(key="k"), create(key="k")

    assert (first.new, second.new) == (True, False)
    assert second.batch.id == first.batch.id
    assert (stored(Batch), stored(Job)) == (1, 3)


def test_the_same_key_for_another_batch_is_refused() -> None:
    create(key="k")

    with pytest.raises(jobs.IdempotencyKeyReused, match="'k'"):
        create(key="k", digest="another")
    assert (stored(Batch), stored(Job)) == (1, 3)


def test_a_key_twenty_times_at_once_makes_one_batch() -> None:
    made = at_once(20, lambda _: create(key="k"))

    assert len({one.batch.id for one in made}) == 1
    assert sum(one.new for one in made) == 1
    assert (stored(Batch), stored(Job)) == (1, 3)


@given(outcomes=st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=12))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_counters_sum_to_the_lines_whatever_became_of_them(outcomes: list[str]) -> None:
    batch_id = new_id()
    asked = [
        Line(number, problem=PROBLEM) if state == "refused" else Line(number, draft(batch_id))
        for number, state in enumerate(outcomes, start=1)
    ]
    with transaction() as session:
        batch = batches.create(session, TENANT, asked, batch_id=batch_id, digest="d").batch
    for line, state in zip(asked, outcomes, strict=True):
        if line.draft is not None:
            put_in(line.draft.row["id"], state)

    before = counts(batch)
    close()
    after = counts(batch)

    assert before == after == {state: outcomes.count(state) for state in STATES}
    assert batch.refused + sum(after.values()) == batch.lines == len(outcomes)
    assert [line.state for line in lines(batch)] == outcomes
    is_over = not {"queued", "running"} & set(outcomes)
    assert (read(batch).finished_at is not None) == is_over


def test_a_batch_that_is_over_keeps_its_counts_when_its_jobs_are_gone() -> None:
    batch = create(made=2).batch
    for job_id in jobs_of(batch):
        put_in(job_id, "succeeded")
    close()
    with transaction() as session:
        for table in (JobInput, Job):
            session.execute(table.__table__.delete())

    assert counts(batch)["succeeded"] == 2
    assert [line.state for line in lines(batch)] == ["erased", "erased"]
    assert len(lines(batch, state="erased")) == 2


def test_a_batch_is_closed_once_when_its_last_job_has_ended() -> None:
    batch = create(made=2).batch
    first, second = jobs_of(batch)

    put_in(first, "succeeded")
    early = close()
    put_in(second, "failed")

    assert early == []
    assert close() == [batch.id]
    assert close() == []


def test_a_batch_of_which_every_line_was_refused_is_over_at_once() -> None:
    batch = create(made=0, refused=2).batch

    assert close() == [batch.id]
    assert sum(counts(batch).values()) == 0


def test_a_batch_whose_last_two_jobs_end_at_once_is_closed_by_exactly_one() -> None:
    for _ in range(5):
        batch = create(made=2).batch
        leases = [rows.lease_of(job) for job in rows.claim(room=2)]

        def end(number: int, leases: list[Any] = leases) -> list[str]:
            with transaction() as session:
                transitions.succeed(session, leases[number])
            return close()

        closed = [batch_id for found in at_once(2, end) for batch_id in found]

        assert [*closed, *close()] == [batch.id]
        assert counts(batch)["succeeded"] == 2


def test_cancelling_ends_the_queued_and_asks_the_running_and_leaves_the_rest() -> None:
    batch = create(made=3).batch
    queued, running, over = jobs_of(batch)
    put_in(running, "running")
    put_in(over, "succeeded")

    changed = cancel(batch)

    assert {job.id for job in changed} == {queued, running}
    assert [rows.read(one).state for one in (queued, running, over)] == [
        "cancelled",
        "running",
        "succeeded",
    ]
    assert rows.read(running).cancel_requested_at is not None
    assert rows.read(queued).finished_at is not None
    assert read(batch).cancel_requested_at is not None


def test_there_is_nothing_to_cancel_in_a_batch_that_is_over() -> None:
    batch = create(made=1).batch
    put_in(jobs_of(batch)[0], "succeeded")

    assert cancel(batch) == []
    assert read(batch).cancel_requested_at is None


def test_a_job_that_is_claimed_while_its_batch_is_cancelled_is_stopped_too() -> None:
    batch = create(made=60).batch

    at_once(4, lambda number: cancel(batch) if number == 0 else rows.claim(room=10))
    cancelled, running = lines(batch, state="cancelled"), lines(batch, state="running")

    assert len(cancelled) + len(running) == 60
    assert all(rows.read(line.job_id or "").cancel_requested_at for line in running)


def test_another_tenant_sees_and_stops_nothing() -> None:
    batch = create(key="k").batch

    with reading() as session:
        assert batches.find(session, "another", batch.id) is None
        assert batches.of_key(session, "another", "k") is None
        assert batches.page(session, "another", limit=10) == []
    assert lines(batch, tenant="another") == []
    assert cancel(batch, tenant="another") == []
    assert counts(batch)["queued"] == 3


def test_lines_come_in_pages_in_their_order_and_by_state() -> None:
    batch = create(made=5, refused=2).batch
    put_in(jobs_of(batch)[1], "failed")

    seen: list[Answered] = []
    while found := lines(batch, limit=3, after=seen[-1].number if seen else 0):
        seen += found

    assert [line.number for line in seen] == [1, 2, 3, 4, 5, 6, 7]
    assert [line.number for line in lines(batch, state="failed")] == [2]
    assert [line.number for line in lines(batch, state="refused")] == [6, 7]


def test_a_line_names_the_results_of_its_job_and_why_it_failed() -> None:
    batch = create(made=2).batch
    good, bad = (rows.lease_of(job) for job in rows.claim(room=2))
    with transaction() as session:
        row = rows.result(good)
        session.add(row)
        transitions.succeed(session, good)
        transitions.fail(session, bad, code="gate", detail="psnr_db is 31.5")

    told = {line.job_id: line for line in lines(batch)}

    assert told[good.job_id].results == [row.id]
    assert (told[bad.job_id].error_code, told[bad.job_id].results) == ("gate", ())


def plans_of(ask: Callable[[Session], object]) -> list[str]:
    """How the database goes about the questions and changes that a function asks of it."""
    found: list[str] = []

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "WITH", "UPDATE")):
            on_sqlite = connection.dialect.name == "sqlite"
            if not on_sqlite:  # so few rows are read faster without any index
                connection.connection.execute("SET LOCAL enable_seqscan = off")
            how = "EXPLAIN QUERY PLAN" if on_sqlite else "EXPLAIN"
            plan = connection.connection.execute(f"{how} {statement}", parameters)
            found.append("\n".join(str(row[-1]) for row in plan.fetchall()))

    event.listen(engine.writer(), "before_cursor_execute", explain)
    try:
        with transaction() as session:
            ask(session)
    finally:
        event.remove(engine.writer(), "before_cursor_execute", explain)
    return found


@pytest.mark.parametrize(
    "ask",
    [
        lambda session, batch: batches.counts(session, [batch]),
        lambda session, batch: batch_lines.page(session, TENANT, batch.id, limit=10),
        lambda session, _: batches.page(session, TENANT, limit=10),
        lambda session, batch: batches.cancel(session, TENANT, batch.id),
        lambda session, _: batches.close_finished(session),
        lambda session, _: jobs.create_many(session, TENANT, []),
    ],
    ids=["counts", "lines", "page", "cancel", "close", "quota"],
)
def test_no_question_reads_a_whole_table(ask: Callable[[Session, Batch], object]) -> None:
    batch = create().batch
    with transaction() as session:
        tenants.ensure(session, TENANT)
        tenants.change(session, TENANT, {"max_queued": 10})

    plans = plans_of(lambda session: ask(session, batch))

    assert plans
    assert [plan for plan in plans if WHOLE_TABLE.search(plan)] == []
