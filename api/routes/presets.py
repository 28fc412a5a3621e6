"""What sales channels want of a picture, as this build knows it."""

from fastapi import APIRouter

from api.auth import any_key
from api.errors import Problem
from api.schemas.presets import PresetsOut
from db.operations import presets
from db.operations.presets import Preset

router = APIRouter(prefix="/v1/presets", tags=["discovery"], dependencies=[any_key()])


@router.get("")
async def all_presets() -> PresetsOut:
    """Every channel's rules, with their source and how far it can be trusted."""
    return PresetsOut(items=list(presets.shipped()))


@router.get("/{name}")
async def preset(name: str) -> Preset:
    for one in presets.shipped():
        if one.name == name:
            return one
    raise Problem("preset_not_found", f"there are {', '.join(presets.PRESET_NAMES)}")
