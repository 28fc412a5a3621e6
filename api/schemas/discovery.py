"""What there is: operations, workers, problems, and whether everything answers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.base import Answer


class OperationOut(Answer):
    queue: Literal["gpu", "train", "cpu"]
    description: str
    networks: list[str]
    """What it always needs; its parameters may ask for others."""
    reference: Literal["none", "own"]
    """What psnr_db and ssim compare with when the caller names nothing."""
    parameters: Annotated[dict[str, Any], Field(serialization_alias="schema")]
    """JSON Schema."""


class OperationsOut(Answer):
    operations: dict[str, OperationOut]


class WorkerOut(Answer):
    """A process that takes jobs."""

    id: str
    host: str
    pid: int
    device: str
    queues: list[str]
    build: str
    state: str
    """starting, ready, draining; or broken: its device was lost too often, it takes nothing."""
    in_flight: int
    numbers: dict[str, Any] | None
    """What it measured of itself, as of its last beat."""
    started_at: datetime
    last_seen_at: datetime
    drain_requested_at: datetime | None


class WorkersOut(Answer):
    items: list[WorkerOut]


class ProblemKind(Answer):
    code: str
    status: int
    title: str


class ProblemKinds(Answer):
    items: list[ProblemKind]


class FieldProblem(Answer):
    pointer: str
    """RFC 6901, in the body; parameters stand under /query, /path and /header."""
    code: str
    detail: str


class ProblemOut(Answer):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldProblem]


class Health(Answer):
    status: Literal["ok"]


class Readiness(Answer):
    ready: bool
    checks: dict[str, str]
    """`ok`, or what is wrong, for each of what is needed."""
    workers: dict[str, int]
    """How many workers take jobs from each queue; none are needed to be ready."""
