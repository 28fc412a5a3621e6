"""Pictures: taken in, looked at, given back."""

from fastapi import APIRouter, Request, Response

from api import contents, erasing
from api.auth import needs
from api.deps import Tenant
from api.erasing import FromDatasets
from api.schemas.pictures import PictureOut
from api.uploads import Upload, Uploaded
from db import blobs, blocking, erasure, ids, pictures, quarantine
from db.blobs import Vanished
from db.engine import reading, transaction
from db.pictures import Registered
from db.tables.pictures import Picture

router = APIRouter(prefix="/v1/pictures", tags=["pictures"])
_READ, _WRITE = [needs("pictures:read")], [needs("pictures:write")]
_NOT_FOUND = "picture_not_found"
BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "additionalProperties": False,
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        },
        "image/*": {"schema": {"type": "string", "format": "binary"}},
    },
}


@router.post(
    "",
    status_code=201,
    dependencies=_WRITE,
    openapi_extra={"requestBody": BODY},
    responses={200: {"model": PictureOut, "description": "The same bytes were there already."}},
)
def upload(upload: Uploaded, tenant: Tenant, response: Response) -> PictureOut:
    """Take in a JPEG, PNG, WebP or AVIF; it is decoded whole before it is stored."""
    registered = keep(tenant, upload)
    response.headers["Location"] = f"/v1/pictures/{registered.picture.id}"
    if not registered.new:
        response.status_code = 200
    return PictureOut.model_validate(registered.picture)


@router.get("/{picture_id}", dependencies=_READ)
def find(picture_id: str, tenant: Tenant) -> PictureOut:
    return PictureOut.model_validate(found(tenant, picture_id))


@router.head("/{picture_id}/content", include_in_schema=False, dependencies=_READ)
@router.get(
    "/{picture_id}/content",
    response_class=Response,
    responses=contents.RESPONSES,
    dependencies=_READ,
)
def content(picture_id: str, tenant: Tenant, request: Request) -> Response:
    """The file as it came."""
    row = served(tenant, picture_id)
    return contents.answer(
        request, tenant, key=row.sha256, sha256=row.sha256, format_=row.format, name=row.id
    )


@router.delete(
    "/{picture_id}",
    status_code=204,
    response_class=Response,
    responses=erasing.RESPONSES,
    dependencies=_WRITE,
)
def erase(picture_id: str, tenant: Tenant, *, from_datasets: FromDatasets = False) -> Response:
    """Erase it with the jobs that used it and all that was made from it; open ones end."""
    return erasing.erase(
        erasure.erase_picture, tenant, picture_id, from_datasets=from_datasets, code=_NOT_FOUND
    )


def keep(tenant: str, upload: Upload, *, tries: int = 3) -> Registered:
    """The bytes, then the row; once more if the same bytes were erased just in between."""
    key = blobs.put(tenant, upload.data)
    try:
        with transaction() as session:
            blobs.hold(session, tenant, [key])
            found = pictures.register(session, tenant, upload.checked, name=upload.name)
            if found.new and blocking.quarantine_listed(session, tenant, key):
                session.refresh(found.picture)
            return found
    except Vanished:
        if tries == 1:
            raise
        return keep(tenant, upload, tries=tries - 1)


def served(tenant: str, picture_id: str) -> Picture:
    """One whose bytes may be served.

    Raises:
        Problem: there is none.
        Quarantined: a policy keeps them from everybody.
    """
    row = found(tenant, picture_id)
    quarantine.check_picture(row)
    return row


def found(tenant: str, picture_id: str) -> Picture:
    with reading() as session:
        row = pictures.find(session, tenant, picture_id) if ids.is_id(picture_id) else None
        if row is None:
            detail = "no picture has this id"
            raise erasing.missing(session, tenant, picture_id, _NOT_FOUND, detail)
    return row
