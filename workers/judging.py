"""A job before its policy: inputs that block end it, results are marked with what was found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from db import quarantine
from db.engine import transaction
from db.operations.moderating import Moderate
from db.operations.order import Order
from db.operations.reasons import Reason, gravest, stored
from db.policies import Standing
from db.tables.jobs import Job
from db.tables.results import Result
from models.made import Made
from workers.deliver import Proven
from workers.failures import Permanent
from workers.looking import Looked
from workers.moderation import Judge, sentences, told
from workers.sources import Read


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found of a job's inputs, and of each picture that it delivers."""

    judge: Judge
    inputs: tuple[Reason, ...] = ()
    unfamiliarity: float | None = None
    outputs: tuple[Looked, ...] = ()

    @property
    def blocked(self) -> str:
        """Why nothing of it goes out; empty where it does."""
        found = [one for looked in self.outputs for one in looked.reasons]
        return sentences(found, "block")

    def report(self) -> dict[str, Any]:
        """For the job's report; nothing where nothing was found."""
        found = [*self.inputs, *(one for looked in self.outputs for one in looked.reasons)]
        return {"moderation": told(self.judge.policy, found)} if found else {}

    def mark(self, rows: Sequence[Result]) -> None:
        """Say of each row what was found; hold those that a person is to see."""
        for row, looked in zip(rows, self.outputs, strict=True):
            reasons = (*self.inputs, *looked.reasons)
            strange = self.unfamiliarity
            row.policy_version, row.reasons = self.judge.policy.label, stored(reasons)
            row.unfamiliarity = looked.unfamiliarity if strange is None else strange
            if gravest(reasons) == "review":
                row.visibility = "held"


def inputs(job: Job, order: Order, read: Read, judge: Judge) -> Judged:
    """What the policy says of the pictures that a job was given.

    Raises:
        Permanent: `blocked_by_policy`; what it blocks is quarantined.
    """
    if isinstance(order.operation, Moderate):
        return Judged(judge)  # which reports what it finds, and does not end of it
    found = judge.inputs(read)
    _refuse(job, order, judge, found)
    reasons = tuple(one for looked in found.values() for one in looked.reasons)
    measured = (one.unfamiliarity for one in found.values())
    return Judged(judge, reasons, next((one for one in measured if one is not None), None))


def outputs(judged: Judged, made: Made, proven: Sequence[Proven], op: str) -> Judged:
    """The same with what it says of each picture that is delivered."""
    pairs = zip(made.images, proven, strict=True)
    # Large files take a while to hash, and nobody is listed in most shops.
    is_asked = bool(judged.judge.known.sha256)
    looked = [
        judged.judge.output(image, one.sha256 if is_asked else "", op) for image, one in pairs
    ]
    return replace(judged, outputs=tuple(looked))


def settle(tenant: str, policy: Standing, picture: str, reasons: Sequence[Reason]) -> None:
    """Quarantine a picture that was judged, or give it back."""
    with transaction() as session:
        if gravest(reasons) == "block":
            quarantine.keep(session, tenant, picture, policy=policy.label, reasons=reasons)
        else:
            quarantine.give_back(session, tenant, picture)


def _refuse(job: Job, order: Order, judge: Judge, found: Mapping[str, Looked]) -> None:
    ids = order.pictures()
    reasons = [one for looked in found.values() for one in looked.reasons]
    blocked = {one.of for one in reasons if one.verdict == "block"}
    for role in sorted(blocked):
        settle(job.tenant, judge.policy, ids[role], found[role].reasons)
    if blocked:
        why = sentences(reasons, "block")
        raise Permanent(quarantine.BLOCKED, f"{why} Policy {judge.policy.label}.")
