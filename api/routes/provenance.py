"""Where a file comes from: looked at by a job, as all that touches a picture's bytes."""

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from api import auth, waiting
from api.auth import check_scope, needs
from api.deps import Caller, Settings, WaitSeconds, Watching
from api.routes import jobs, pictures
from api.schemas.jobs import JobOut
from api.uploads import Upload, Uploaded
from db.jobs import Created
from db.operations.order import Order
from db.operations.verifying import Verify

router = APIRouter(prefix="/v1/provenance", tags=["provenance"])


@router.post(
    "/verify",
    status_code=202,
    dependencies=[needs("jobs:write")],
    openapi_extra={"requestBody": pictures.BODY},
    responses={200: {"model": JobOut, "description": "It is over; the finding is its report."}},
)
async def verify(
    upload: Uploaded,
    caller: Caller,
    settings: Settings,
    wait_s: WaitSeconds,
    watch: Watching,
    response: Response,
) -> JobOut:
    """Take in a file and have its marks read; waits as long as it may unless `Prefer` says less.

    The file becomes a picture of the shop, the question a job `verify` like any other;
    to keep one needs the scope pictures:write besides.
    """
    check_scope(caller, "pictures:write", "to take in a file")
    created = await run_in_threadpool(_place, upload, caller)
    longest = settings.max_wait_s if wait_s is None else wait_s
    if await waiting.until_over(watch, caller.tenant, created.job.id, longest):
        response.status_code = 200
    return await run_in_threadpool(jobs.tell, caller.tenant, created.job.id, response)


def _place(upload: Upload, caller: auth.Caller) -> Created:
    picture = pictures.keep(caller.tenant, upload).picture
    return jobs.place(Order(operation=Verify(picture=picture.id)), caller)
