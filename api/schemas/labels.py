"""What a classifier proposes of pictures, and what a person says to it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from api.schemas.base import Answer
from db.labels import Proposal
from db.operations.base import Key

Category = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")
]


class LabelIn(BaseModel):
    """A person's answer to a proposal."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )
    picture: Key
    """Of a picture or of a result."""
    verdict: Literal["confirm", "correct", "reject"]
    """confirm: it is what was proposed; correct: it is `category`; reject: it is not that."""
    category: Category | None = None
    """What it is, to correct."""

    @model_validator(mode="after")
    def _said_where_it_counts(self) -> "LabelIn":
        if (self.verdict == "correct") != (self.category is not None):
            raise ValueError("give a category to correct, and only then")
        return self


class LikelyOut(Answer):
    category: str
    probability: float


class ProposalOut(Answer):
    """What a picture may show, by its newest classification, until a person says so."""

    picture: str
    job_id: str
    version: str
    category: str
    probability: float
    categories: list[LikelyOut]
    created_at: datetime


class LabelOut(Answer):
    picture: str
    proposed: str
    category: str | None
    """Null if the proposal was rejected."""
    decided_at: datetime


def proposal_out(one: Proposal) -> ProposalOut:
    return ProposalOut(
        picture=one.picture_id,
        job_id=one.id,
        version=str(one.report["version"]),
        category=one.category,
        probability=float(one.report["probability"]),
        categories=[LikelyOut(**likely) for likely in one.report["categories"]],
        created_at=one.created_at,
    )
