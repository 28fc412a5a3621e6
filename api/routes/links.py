"""Signed links: asked for with a key, followed without one."""

import time
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api import bodies, contents, links
from api.auth import needs
from api.bodies import JsonBody
from api.deps import Tenant
from api.routes import pictures, results
from api.schemas.links import LinkIn, LinkOut
from db.link_signing import Link

router = APIRouter(prefix="/v1", tags=["links"])
_PICTURES, _RESULTS = [needs("pictures:read")], [needs("jobs:read")]
_BODY = bodies.described("LinkIn")
_Part = Annotated[str | None, Query(description="As the link has it.")]


@router.post("/pictures/{picture_id}/link", dependencies=_PICTURES, openapi_extra=_BODY)
def of_picture(picture_id: str, raw: JsonBody, tenant: Tenant, request: Request) -> LinkOut:
    """A link to the file as it came: `{lasts_s, inline}`, ten minutes unless it says otherwise."""
    row = pictures.served(tenant, picture_id)
    return links.made(request, tenant, "pictures", row.id, bodies.parse_as(raw, LinkIn))


@router.post("/results/{result_id}/link", dependencies=_RESULTS, openapi_extra=_BODY)
def of_result(result_id: str, raw: JsonBody, tenant: Tenant, request: Request) -> LinkOut:
    """A link to the delivered file: `{lasts_s, inline}`, ten minutes unless it says otherwise."""
    row = results.served(tenant, result_id)
    return links.made(request, tenant, "results", row.id, bodies.parse_as(raw, LinkIn))


@router.head("/links/{tenant}/{kind}/{row_id}", include_in_schema=False)
@router.get(
    "/links/{tenant}/{kind}/{row_id}", response_class=Response, responses=contents.RESPONSES
)
def follow(
    tenant: str,
    kind: str,
    row_id: str,
    request: Request,
    *,
    expires: _Part = None,  # noqa: ARG001 — for openapi.json; read from the text as it came
    signature: _Part = None,  # noqa: ARG001
    inline: _Part = None,  # noqa: ARG001
) -> Response:
    """The file, to whoever has a link that is signed and has not expired."""
    link = links.opened(tenant, kind, row_id, request.query_params)
    answer = _answer(request, link)
    left_s = max(0, link.expires - int(time.time()))
    answer.headers["Cache-Control"] = f"private, max-age={left_s}, immutable"
    if link.shown:
        answer.headers["Content-Disposition"] = "inline"
        # A page of the storefront shows it: that is another origin than ours.
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _answer(request: Request, link: Link) -> Response:
    """The file's bytes.

    Raises:
        Problem: it was erased, or is no longer kept.
        Quarantined: it is kept from everybody.
    """
    tenant = link.tenant
    if link.kind == "pictures":
        row = pictures.served(tenant, link.id)
        key, sha256, format_ = row.sha256, row.sha256, row.format
    else:
        result = results.served(tenant, link.id)
        key, sha256, format_ = result.blob_key, result.sha256, result.format
    return contents.answer(request, tenant, key=key, sha256=sha256, format_=format_, name=link.id)
