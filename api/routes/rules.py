"""Rules that train a network again by themselves."""

from fastapi import APIRouter, Response

from api import bodies
from api.auth import check_scope, needs
from api.bodies import JsonBody
from api.deps import Caller, Tenant
from api.schemas.retraining import RuleDetail, RuleIn, RuleOut, RulesOut, rule_detail, rule_out
from db import retrainings, rules
from db.engine import reading, transaction

MOST_TOLD = 50

router = APIRouter(
    prefix="/v1/retraining-rules", tags=["retraining-rules"], dependencies=[needs("train")]
)


@router.get("")
def all_rules(tenant: Tenant) -> RulesOut:
    """The shop's, oldest first."""
    with reading() as session:
        return RulesOut(items=[rule_out(row) for row in rules.of(session, tenant)])


@router.get("/{rule_id}")
def find(rule_id: str, tenant: Tenant) -> RuleDetail:
    """With what came of it each time that it was met."""
    with reading() as session:
        row = rules.find(session, tenant, rule_id)
        return rule_detail(row, retrainings.of(session, row.id, most=MOST_TOLD))


@router.post("", status_code=201, openapi_extra=bodies.described("RuleIn"))
def add(raw: JsonBody, caller: Caller, response: Response) -> RuleOut:
    """Train on the dataset's next version as often as it is met; earlier ratings do not count.

    To let versions serve by itself needs the scope versions:write besides.
    """
    asked = bodies.parse_as(raw, RuleIn)
    if asked.promote:
        check_scope(caller, "versions:write", "a rule that promotes")
    with transaction() as session:
        row = rules.add(
            session,
            caller.tenant,
            asked.operation,
            asked.when.as_kept(),
            promotes=asked.promote,
            by=caller.key_id,
        )
    response.headers["Location"] = f"/v1/retraining-rules/{row.id}"
    return rule_out(row)


@router.delete("/{rule_id}", status_code=204)
def remove(rule_id: str, tenant: Tenant) -> None:
    """It starts nothing more; a training under way goes on, and nobody promotes what it makes."""
    with transaction() as session:
        rules.remove(session, tenant, rule_id)
