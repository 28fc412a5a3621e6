"""The operator's verbs: hold a queue back, let it go on, send a worker home."""

from fastapi import APIRouter

from api.auth import needs
from api.errors import Problem
from api.schemas.discovery import WorkerOut
from api.schemas.queues import QueueOut, QueuesOut
from db import fleet, ids, queues
from db.engine import reading, transaction
from workers.queues import ring

router = APIRouter(prefix="/v1", tags=["operating"], dependencies=[needs("admin")])


@router.get("/queues")
def all_queues() -> QueuesOut:
    """What waits, is due and runs in each queue, of all tenants together."""
    with reading() as session:
        return QueuesOut(items=[QueueOut.model_validate(one) for one in queues.depths(session)])


@router.post("/queues/{name}/pause")
def pause(name: str) -> QueueOut:
    """Nothing more is claimed from it; what runs goes on."""
    with transaction() as session:
        queues.pause(session, name)
        return _one(queues.depths(session), name)


@router.post("/queues/{name}/resume")
def resume(name: str) -> QueueOut:
    """Jobs are claimed from it again, at once."""
    with transaction() as session:
        queues.resume(session, name)
        found = _one(queues.depths(session), name)
    ring(name)
    return found


@router.post("/workers/{worker_id}/drain", status_code=202)
def drain(worker_id: str) -> WorkerOut:
    """The worker claims no more, puts back what does not end in time, and ends.

    It hears of it within a second or two. Whoever keeps it running starts a fresh one.
    """
    with transaction() as session:
        worker = fleet.ask_to_drain(session, worker_id) if ids.is_id(worker_id) else None
        if worker is None:
            raise Problem("worker_not_found", "no worker of this id works now")
        return WorkerOut.model_validate(worker)


def _one(depths: list[queues.Depth], name: str) -> QueueOut:
    return next(QueueOut.model_validate(depth) for depth in depths if depth.name == name)
