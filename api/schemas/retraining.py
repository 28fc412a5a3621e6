"""A rule that trains a network again, and what came of it, as callers send and see them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import Answer
from db.operations.training import Train
from db.rules import When
from db.tables.retrainings import Retraining, RetrainingRule

SCORED: Final = ("vae", "denoiser", "deblocker", "deblurrer")
"""Networks whose results have a PSNR, which can fall."""


class _Wish(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class WhenIn(_Wish):
    """What starts a training: either of the two, or both."""

    ratings: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """So many new ones, accepting or rejecting, whatever they are of."""
    drop_db: Annotated[float, Field(gt=0.0, le=100.0)] | None = None
    """So far the mean PSNR of what the serving version delivers has fallen, and beyond noise."""
    over_results: Annotated[int, Field(ge=10, le=10_000)] = 100
    """The mean of so many: of its last ones, beside its first since it went into service."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.ratings is None and self.drop_db is None:
            raise PydanticCustomError("starts_never", "expected ratings, drop_db or both")
        return self

    def as_kept(self) -> When:
        """Without what means nothing."""
        over = None if self.drop_db is None else self.over_results
        return When(self.ratings, self.drop_db, over)


class RuleIn(_Wish):
    """A network that is trained again on a dataset by itself, with what people said of results."""

    operation: Train
    """How, as in an order; its dataset is named without a version, and each time its next one."""
    when: WhenIn
    promote: bool = True
    """Let what comes out serve, if it was measured to be better."""

    @model_validator(mode="after")
    def _has_scores(self) -> Self:
        if self.when.drop_db is not None and self.operation.network not in SCORED:
            sentence = "results of a {network} have no PSNR that could fall"
            told = {"network": self.operation.network}
            raise PydanticCustomError("no_psnr", sentence, told)
        return self


class RetrainingOut(Answer):
    """One time that a rule was met."""

    id: str
    cause: Literal["ratings", "drift"]
    told: dict[str, Any]
    """The numbers that met the rule, and a sentence."""
    dataset_id: str | None
    job_id: str | None
    """The training; null where there was nothing to train on."""
    version_id: str | None
    outcome: (
        Literal[
            "promoted", "not_promoted", "trained", "failed", "cancelled", "nothing_new", "refused"
        ]
        | None
    )
    """Null while it is trained."""
    detail: str | None
    created_at: datetime
    ended_at: datetime | None


class RuleOut(Answer):
    """What starts a training, and how it is done."""

    id: str
    network: str
    dataset: str
    operation: dict[str, Any]
    ratings: int | None
    drop_db: float | None
    over_results: int | None
    promotes: bool
    counted_until: datetime
    """Ratings up to then have started what they could."""
    made_by: str | None
    created_at: datetime


class RuleDetail(RuleOut):
    """A rule with what came of it, newest first, fifty at most."""

    retrainings: list[RetrainingOut]


class RulesOut(Answer):
    items: list[RuleOut]


def rule_out(row: RetrainingRule) -> RuleOut:
    return RuleOut.model_validate(row)


def rule_detail(row: RetrainingRule, retrainings: Sequence[Retraining]) -> RuleDetail:
    told = [RetrainingOut.model_validate(one) for one in retrainings]
    return RuleDetail(**dict(rule_out(row)), retrainings=told)
