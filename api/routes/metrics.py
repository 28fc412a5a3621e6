"""Numbers for Prometheus, of this process and of the table."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Request, Security
from fastapi.security import HTTPAuthorizationCredentials
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.responses import PlainTextResponse, Response

from api import auth
from api.settings import ApiSettings
from db import keys

router = APIRouter(tags=["health"])


async def _may_watch(
    request: Request,
    after_the_answer: BackgroundTasks,
    given: Annotated[HTTPAuthorizationCredentials | None, Security(auth.bearer)],
) -> None:
    """A key with the scope `metrics`; none where the operator said so."""
    settings: ApiSettings = request.app.state.settings
    if settings.metrics == "open":
        return
    caller = await auth.caller_of(request, after_the_answer, given)
    auth.check_scope(caller, keys.METRICS, "this")


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    dependencies=[Security(_may_watch, scopes=[keys.METRICS])],
)
def metrics() -> Response:
    """In Prometheus' text format; what is told of queues and workers is two seconds old at most."""
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_PLAIN_0_0_4)
