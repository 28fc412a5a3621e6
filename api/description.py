"""What OpenAPI cannot see of our routes: bodies that they read by themselves, and problems."""

from typing import Any, Final

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from api import examples
from api.handlers import MEDIA_TYPE
from api.schemas.assist import AssistIn
from api.schemas.batches import BatchIn
from api.schemas.campaigns import ArmIn, CampaignIn, ChoiceIn
from api.schemas.datasets import DatasetIn
from api.schemas.discovery import ProblemOut
from api.schemas.events import BatchProgress, JobEvent
from api.schemas.feedback import FeedbackIn, ReviewIn
from api.schemas.keys import KeyIn
from api.schemas.labels import LabelIn
from api.schemas.links import LinkIn
from api.schemas.moderation import BlockIn, PolicyIn
from api.schemas.retraining import RuleIn
from api.schemas.shop_events import ShopEventsIn
from api.schemas.tastes import TasteIn
from api.schemas.tenants import CapsIn, TenantIn
from api.schemas.versions import PromoteIn, RollBackIn
from api.schemas.webhooks import WebhookChange, WebhookIn
from db.operations.order import Order
from db.operations.presets import PresetRules

_REF = "#/components/schemas/{model}"
PROBLEM_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    "default": {
        "description": "A problem (RFC 9457); its `code` is one of GET /v1/problems.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="ProblemOut")}}},
    }
}
TAGS: Final = [
    {"name": name, "description": says}
    for name, says in (
        ("pictures", "What is worked on."),
        ("jobs", "One operation each: placed, watched, cancelled, tried again."),
        ("assistant", "What people say they want, as orders."),
        ("batches", "Up to 10,000 orders at once."),
        ("events", "Jobs and batches told as they change."),
        ("results", "What was delivered, and the numbers that prove it."),
        ("links", "Files for a while without a key."),
        ("feedback", "What people thought of it."),
        ("campaigns", "Which of several results shoppers act on."),
        ("search", "What is like a picture."),
        ("tastes", "What shoppers and segments like."),
        ("rankings", "What to show whom first."),
        ("labels", "What pictures show, proposed and answered."),
        ("provenance", "Where a file comes from."),
        ("trainings", "What learns, from what, and how far it is."),
        ("datasets", "What is learnt from."),
        ("versions", "What serves."),
        ("retraining-rules", "What trains a network again by itself."),
        ("usage", "What a tenant has used, day by day."),
        ("discovery", "What can be asked for."),
        ("moderation", "What a shop lets through, and what it never wants to see again."),
        ("presets", "What sales channels want of a picture."),
        ("webhooks", "Who is told of what has ended."),
        ("keys", "What a caller proves itself with."),
        ("tenants", "Whom the house serves."),
        ("audit", "Who changed what."),
        ("operating", "Queues and workers."),
        ("health", "Whether it answers."),
    )
]
BODIES: Final = (
    *(Order, AssistIn, BatchIn, DatasetIn, FeedbackIn, ReviewIn, PromoteIn, RollBackIn),
    *(CampaignIn, ArmIn, ChoiceIn, ShopEventsIn, TasteIn, LabelIn),
    *(PresetRules, RuleIn, KeyIn, LinkIn, TenantIn, CapsIn, WebhookIn, WebhookChange),
    *(PolicyIn, BlockIn),
)
_TOLD: Final = (ProblemOut, JobEvent, BatchProgress)
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
        [*((one, "validation") for one in BODIES), *((one, "serialization") for one in _TOLD)],
        ref_template=_REF,
    )
    schemas.update(ours["$defs"])
    examples.install(schemas)
    return document
