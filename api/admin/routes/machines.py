"""Queues and workers: held back, let go on, sent home; the whole house's, not one tenant's."""

from fastapi import APIRouter, Request, Response

from api.admin import pages
from api.admin.door import Sent, SignedIn
from api.admin.overview import Busy
from api.routes import discovery, queues

router = APIRouter(prefix="/admin")


@router.get("/workers")
def page(request: Request, admin: SignedIn) -> Response:
    """Each queue, and who works now."""
    del admin  # an operator sees all
    workers = discovery.workers().items
    return pages.show(
        request,
        "workers.html",
        queues=queues.all_queues().items,
        workers=workers,
        busy=Busy().of(workers),
    )


@router.post("/queues/{name}/pause")
def pause(_sent: Sent, name: str) -> Response:
    queues.pause(name)
    return pages.back_to("/admin/workers", did="paused")


@router.post("/queues/{name}/resume")
def resume(_sent: Sent, name: str) -> Response:
    queues.resume(name)
    return pages.back_to("/admin/workers", did="resumed")


@router.post("/workers/{worker_id}/drain")
def drain(_sent: Sent, worker_id: str) -> Response:
    queues.drain(worker_id)
    return pages.back_to("/admin/workers", did="draining")
