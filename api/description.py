"""What OpenAPI cannot see of our routes: bodies that they read by themselves, and problems."""

from typing import Any, Final

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from api.handlers import MEDIA_TYPE
from api.schemas.batches import BatchIn
from api.schemas.datasets import DatasetIn
from api.schemas.discovery import ProblemOut
from api.schemas.feedback import FeedbackIn, ReviewIn
from api.schemas.keys import KeyIn
from api.schemas.links import LinkIn
from api.schemas.retraining import RuleIn
from api.schemas.tenants import CapsIn, TenantIn
from api.schemas.versions import PromoteIn, RollBackIn
from api.schemas.webhooks import WebhookChange, WebhookIn
from db.operations.order import Order

_REF = "#/components/schemas/{model}"
PROBLEM_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    "default": {
        "description": "A problem (RFC 9457); its `code` is one of GET /v1/problems.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="ProblemOut")}}},
    }
}
_BODIES: Final = (
    *(Order, BatchIn, DatasetIn, FeedbackIn, ReviewIn, PromoteIn, RollBackIn),
    *(RuleIn, KeyIn, LinkIn, TenantIn, CapsIn, WebhookIn, WebhookChange),
)
# FastAPI's own words for what our handlers tell otherwise.
_UNUSED = ("HTTPValidationError", "ValidationError")


def install(app: FastAPI) -> None:
    """Let an app describe also the bodies that its routes read by themselves."""
    described = app.openapi

    def complete() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(described())
        return app.openapi_schema

    app.openapi = complete  # type: ignore[method-assign]


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    schemas = document["components"]["schemas"]
    for name in _UNUSED:
        schemas.pop(name, None)
    _, ours = models_json_schema(
        [*((kind, "validation") for kind in _BODIES), (ProblemOut, "serialization")],
        ref_template=_REF,
    )
    schemas.update(ours["$defs"])
    return document
