"""For whoever starts and watches us: does the process live, can it serve."""

from fastapi import APIRouter, Request, Response

from api.readiness import Ready
from api.schemas.discovery import Health, Readiness

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> Health:
    """The process lives."""
    return Health(status="ok")


@router.get("/readyz", responses={503: {"model": Readiness, "description": "Something is not."}})
async def readyz(request: Request, response: Response) -> Readiness:
    """Database at this build's revision, blobs writable, broker reachable; a second old at most."""
    ready: Ready = request.app.state.ready
    found = await ready.told()
    if not found.ready:
        response.status_code = 503
    return found
