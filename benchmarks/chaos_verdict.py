"""What a run of the chaos comes to: its counts, and whether the promises hold."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

from benchmarks import chaos_check
from benchmarks.chaos_cast import Cast
from benchmarks.chaos_check import Found, Recovery
from benchmarks.chaos_receiver import Heard
from benchmarks.chaos_watch import Watch

RECOVERED_WITHIN_S: Final = 5.0
_FOR_EVER: Final = (datetime(2000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The counts of one run.

    Attributes:
        lost: jobs without a succeeded result.
        doubled: jobs with more than one, or a second job for one submission.
        mixed: results made of another job's picture.
        fenced: commits that were refused because their lease was lost.
        aborted: jobs that a worker put down by itself when it found its lease lost.
        recovery_s_median: from a lease's end to the next claim, database outages apart.
        recovery_s_max: the same, at worst.
        solo_s_max: the same of jobs that two workers died of: they wait for a process of their own.
        outages_s: how long no transaction came through.
        untold: jobs whose end no webhook told.
        unsigned: webhooks whose signature does not hold.
        full_disks: blobs that found the disk full.
    """

    database: str
    seed: int
    jobs: int
    results: int
    lost: int
    doubled: int
    mixed: int
    fenced: int
    aborted: int
    recoveries: int
    recovery_s_median: float
    recovery_s_max: float
    solo_s_max: float
    outages_s: float
    untold: int
    unsigned: int
    full_disks: int
    faults: dict[str, int]
    seconds: float
    jobs_per_s: float

    def holds(self, recovered_within_s: float) -> bool:
        """Whether every promise was kept."""
        return (
            self.lost == self.doubled == self.mixed == self.untold == self.unsigned == 0
            and self.fenced > 0
            and self.recovery_s_max <= recovered_within_s
        )

    def in_words(self) -> str:
        fields = asdict(self)
        faults = fields.pop("faults")
        lines = [f"{name:18} {value}" for name, value in fields.items()]
        done = ", ".join(f"{count} × {name}" for name, count in sorted(faults.items()))
        return "\n".join([*lines, f"faults: {done}"])


def judged(
    cast: Cast,
    watch: Watch,
    heard: Heard,
    *,
    seed: int,
    jobs: int,
    faults: dict[str, int],
    seconds: float,
) -> Verdict:
    """Look at everything; what is wrong is said by name."""
    found = chaos_check.check(seed=seed, jobs=jobs)
    offsets = {owner: cast.clock_offset_s(pid) for owner, pid in watch.owners.items()}
    recoveries = chaos_check.recoveries(watch, offsets)
    _name(found, recoveries)
    recovered_s = [one.seconds for one in recoveries if not one.solo] or [0.0]
    alone_s = [one.seconds for one in recoveries if one.solo] or [0.0]
    return Verdict(
        database="sqlite" if cast.database is None else "postgresql",
        seed=seed,
        jobs=jobs,
        results=found.results,
        lost=len(found.lost),
        doubled=len(found.doubled),
        mixed=len(found.mixed),
        fenced=cast.lines("a late outcome was refused"),
        aborted=cast.lines("a lost job was put down"),
        recoveries=len(recoveries),
        recovery_s_median=round(statistics.median(recovered_s), 3),
        recovery_s_max=round(max(recovered_s), 3),
        solo_s_max=round(max(alone_s), 3),
        outages_s=round(watch.away_s(*_FOR_EVER), 1),
        untold=jobs - len(heard.jobs),
        unsigned=heard.unsigned,
        full_disks=len(list((cast.orders / "once").glob("*"))),
        faults=faults,
        seconds=round(seconds, 1),
        jobs_per_s=round(jobs / seconds, 1),
    )


def _name(found: Found, recoveries: Sequence[Recovery]) -> None:
    for slow in recoveries[-3:]:
        print(
            f"slow: {'solo ' * slow.solo}job {slow.job_id} waited {slow.seconds:.1f} s, from "
            f"{slow.ran_out_at:%H:%M:%S.%f} to {slow.claimed_at:%H:%M:%S.%f}"
        )
    for word in ("lost", "doubled", "mixed"):
        for name in sorted(getattr(found, word))[:20]:
            print(f"{word}: {name}")
