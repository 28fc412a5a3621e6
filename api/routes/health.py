"""For whoever starts and watches us: does the process live, can it serve."""

from fastapi import APIRouter, Response

from api import readiness
from api.schemas.discovery import Health, Readiness

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> Health:
    """The process lives."""
    return Health(status="ok")


@router.get("/readyz", responses={503: {"model": Readiness, "description": "Something is not."}})
def readyz(response: Response) -> Readiness:
    """Database at this build's revision, blobs writable, broker reachable."""
    checks = readiness.checks()
    ready = all(told == "ok" for told in checks.values())
    if not ready:
        response.status_code = 503
    workers = readiness.workers() if checks["database"] == "ok" else {}
    return Readiness(ready=ready, checks=checks, workers=workers)
