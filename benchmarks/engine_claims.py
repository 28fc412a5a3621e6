"""Claims and commits, as the feeder and the committer write them, in one process or several.

A child of the benchmark: `python -m benchmarks.engine_claims GROUP SECONDS` prints its counts.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from benchmarks.engine_archives import Archive
from benchmarks.engine_fill import OTHERS, TENANT
from db import clock, line, transitions
from db.engine import transaction
from db.fence import Lease
from db.ids import new_id
from db.operations.union import OPERATIONS
from db.portable import insert_once
from db.tables.jobs import SUCCEEDED, Job
from db.tables.pictures import Blob
from db.tables.results import Result
from db.transitions import Outcome
from workers import committer

LEASE_S: Final = 60.0
_BYTES: Final = "0" * 64
_WARM_UPS: Final = 5


@dataclass(frozen=True, slots=True)
class Worked:
    """What one process did.

    Attributes:
        jobs: from the line to their results.
        claim_s: time in claims.
        commit_s: time in commits.
        seconds: from the first claim to the last commit.
    """

    jobs: int
    claim_s: float
    commit_s: float
    seconds: float


def together(archive: Archive, *, processes: int, group: int, seconds: float) -> list[Worked]:
    """So many processes at once, each claiming and committing groups of so many jobs."""
    command = [sys.executable, "-m", "benchmarks.engine_claims", str(group), str(seconds)]
    env = archive.enter()
    children = [
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE) for _ in range(processes)
    ]
    try:
        return [
            Worked(**json.loads(child.communicate(timeout=seconds + 60)[0])) for child in children
        ]
    finally:
        for child in children:
            child.kill()
            child.wait()


def work(*, group: int, seconds: float) -> Worked:
    """Claim and commit until the time is over or the line is empty."""
    owner = new_id()
    for _ in range(_WARM_UPS):
        committer.commit([_outcome(job) for job in _claim(owner, group)])
    jobs, claim_s, commit_s = 0, 0.0, 0.0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        since = time.perf_counter()
        claimed = _claim(owner, group)
        claim_s += time.perf_counter() - since
        if not claimed:
            break
        since = time.perf_counter()
        committer.commit([_outcome(job) for job in claimed])
        commit_s += time.perf_counter() - since
        jobs += len(claimed)
    return Worked(jobs, claim_s, commit_s, time.perf_counter() - began)


def prepare() -> None:
    """A result is only written while there are the bytes that it names."""
    with transaction() as session:
        for tenant in (TENANT, *OTHERS):
            row = {"tenant": tenant, "sha256": _BYTES, "bytes": 1, "last_put_at": clock.now()}
            session.execute(insert_once(session, Blob, row))


def _claim(owner: str, room: int) -> Sequence[Job]:
    with transaction() as session:
        chosen = line.following(session, "gpu", known=OPERATIONS, most=room)
        return transitions.claim(session, chosen, owner=owner, device="cpu", lease_s=LEASE_S)


def _outcome(job: Job) -> Outcome:
    lease = Lease(job.id, job.lease_owner or "", job.lease_token)
    return Outcome(lease, SUCCEEDED, report={"scale": 2}, results=[_result(job)])


def _result(job: Job) -> Result:
    return Result(
        id=new_id(),
        job_id=job.id,
        ordinal=0,
        tenant=job.tenant,
        lease_token=job.lease_token,
        blob_key=_BYTES,
        sha256=_BYTES,
        format="png",
        bytes=1,
        width=48,
        height=32,
        op=job.op,
        source_kind="enhanced",
        scores={"sharpness": 1.0},
        metric_version=1,
        seed=job.seed,
    )


if __name__ == "__main__":
    print(json.dumps(asdict(work(group=int(sys.argv[1]), seconds=float(sys.argv[2])))))
