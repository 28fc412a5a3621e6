"""Pictures: taken in, looked at, given back."""

from fastapi import APIRouter, Request, Response

from api import contents
from api.deps import Tenant
from api.errors import Problem
from api.schemas.pictures import PictureOut
from api.uploads import Uploaded
from db import blobs, ids, pictures
from db.engine import reading, transaction
from db.tables.pictures import Picture

router = APIRouter(prefix="/v1/pictures", tags=["pictures"])
_BODY = {
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
    openapi_extra={"requestBody": _BODY},
    responses={200: {"model": PictureOut, "description": "The same bytes were there already."}},
)
def upload(upload: Uploaded, tenant: Tenant, response: Response) -> PictureOut:
    """Take in a JPEG, PNG, WebP or AVIF; it is decoded whole before it is stored."""
    blobs.put(tenant, upload.data)
    with transaction() as session:
        registered = pictures.register(session, tenant, upload.checked, name=upload.name)
    response.headers["Location"] = f"/v1/pictures/{registered.picture.id}"
    if not registered.new:
        response.status_code = 200
    return PictureOut.model_validate(registered.picture)


@router.get("/{picture_id}")
def find(picture_id: str, tenant: Tenant) -> PictureOut:
    return PictureOut.model_validate(_found(tenant, picture_id))


@router.head("/{picture_id}/content", include_in_schema=False)
@router.get("/{picture_id}/content", response_class=Response, responses=contents.RESPONSES)
def content(picture_id: str, tenant: Tenant, request: Request) -> Response:
    """The file as it came."""
    row = _found(tenant, picture_id)
    return contents.answer(
        request, tenant, key=row.sha256, sha256=row.sha256, format_=row.format, name=row.id
    )


def _found(tenant: str, picture_id: str) -> Picture:
    with reading() as session:
        row = pictures.find(session, tenant, picture_id) if ids.is_id(picture_id) else None
    if row is None:
        raise Problem("picture_not_found", "no picture has this id")
    return row
