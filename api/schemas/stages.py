"""Pictures of how a result came about, as callers see them."""

from collections.abc import Iterable
from typing import Literal

from api.schemas.base import Answer
from db.tables.stages import Stage


class ScaleOut(Answer):
    """What the colours of a heat map mean, always the same of the same score."""

    name: Literal["ssim", "delta_e"]
    min: float
    max: float
    dark: float
    """The value that is darkest: there two pictures are the same."""


class StageOut(Answer):
    """One of them, a PNG no side of which is longer than 2,048 pixels."""

    name: str
    url: str
    sha256: str
    width: int
    height: int
    scale: ScaleOut | None
    """Of a heat map; it is transparent where nothing was compared."""


def stages_out(rows: Iterable[Stage]) -> list[StageOut]:
    return [_stage_out(row) for row in rows]


def _stage_out(row: Stage) -> StageOut:
    return StageOut(
        name=row.name,
        url=f"/v1/jobs/{row.job_id}/stages/{row.name}",
        sha256=row.picture_key,
        width=row.width,
        height=row.height,
        scale=None if row.scale is None else ScaleOut(**row.scale),
    )
