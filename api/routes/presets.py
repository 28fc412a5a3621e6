"""What sales channels want of a picture: as this build knows it, and as a shop says."""

from fastapi import APIRouter, Response

from api import bodies
from api.auth import any_key, needs
from api.bodies import JsonBody
from api.deps import Caller, Tenant
from api.schemas.presets import PresetsOut
from db import presets
from db.engine import reading, transaction
from db.operations import presets as shipped
from db.operations.presets import Preset, PresetRules

router = APIRouter(prefix="/v1/presets", tags=["presets"], dependencies=[any_key()])
_WRITE = [needs("jobs:write")]


@router.get("")
def all_presets(tenant: Tenant) -> PresetsOut:
    """Every channel's rules, with their source and how far to trust it; then the shop's own."""
    with reading() as session:
        return PresetsOut(items=[*shipped.shipped(), *presets.of(session, tenant)])


@router.get("/{name}")
def preset(name: str, tenant: Tenant) -> Preset:
    """By its name, the newest version; or by name@version."""
    if (found := shipped.rules(name)) is not None:
        return found
    with reading() as session:
        return presets.find(session, tenant, name)


@router.post(
    "",
    status_code=201,
    openapi_extra=bodies.described("PresetRules"),
    responses={200: {"description": "The newest version says the same.", "model": Preset}},
    dependencies=_WRITE,
)
def add(raw: JsonBody, caller: Caller, response: Response) -> Preset:
    """A preset of the shop's own, or its next version; jobs keep the version they began with."""
    asked = bodies.parse_as(raw, PresetRules)
    with transaction() as session:
        kept, is_new = presets.add(session, caller.tenant, asked, by=caller.key_id)
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"/v1/presets/{kept.label}"
    return kept


@router.delete("/{name}", status_code=204, dependencies=_WRITE)
def remove(name: str, tenant: Tenant) -> None:
    """One of the shop's own with all its versions; jobs that were taken in keep theirs."""
    with transaction() as session:
        presets.remove(session, tenant, name)
