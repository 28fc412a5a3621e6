"""A job that kills whatever works on it: found, set apart, buried, with its whole history."""

import pytest

from db import attempts
from db.engine import reading
from tests import rows
from tests.workers.started import until, worker
from workers import sweeper

pytestmark = pytest.mark.usefixtures("home")

# The poison kills its process as the kernel would, once the bystanders are at work beside it.
KILLS = """
import os, signal, time
from workers import perform

def make(job, lease, bench):
    if job.sku == "poison":
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(1.0)
    bench.committer.succeed(lease, [], None)

perform._make = make
"""


@pytest.mark.slow
def test_poison_is_alone_from_its_second_kill_dead_at_its_fourth_and_a_bystander_loses_nothing(
    home,
):
    poison = rows.queued(envelope={"sku": "poison", "priority": 1})
    bystanders = [rows.queued() for _ in range(2)]

    for _ in range(4):
        with worker(home, program=KILLS, WORKER_HANDS="3") as started:
            assert started.ended(within_s=60)[0] == -9
        for job_id in (poison, *bystanders):
            if rows.read(job_id).state == "running":
                rows.lease_ran_out(job_id)
        sweeper.sweep()
    with worker(home, program=KILLS, WORKER_HANDS="3") as started:
        until(lambda: all(rows.read(one).state == "succeeded" for one in bystanders), started)

    job = rows.read(poison)
    assert (job.state, job.crash_count, job.solo, job.error_code) == (
        *("dead", 4),
        *(True, "worker_lost"),
    )
    with reading() as session:
        tries = attempts.of(session, poison)
        beside = [len(attempts.of(session, one)) for one in bystanders]
    assert [(one.outcome, one.error) for one in tries] == [("swept", "worker_lost")] * 4
    assert len({one.worker for one in tries}) == 4
    # Twice beside it; from then on the poison was alone. What counts as an attempt is theirs.
    assert beside == [3, 3]
    assert [rows.read(one).attempt for one in bystanders] == [1, 1]
