"""What a shop lets through, as callers send and see it."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, field_validator, model_validator

from api.schemas.base import Answer, PageQuery, Query, Text
from db.operations.base import Key
from db.operations.policies import PolicyRules
from db.operations.reasons import Reason
from db.operations.union import OPERATIONS
from db.policies import Standing
from db.tables.moderation import Blocked

Channel = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00]+$")
]  # as an order's
_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Phash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]


class PolicyIn(BaseModel):
    """A policy that is to hold from now on, for one channel or for the whole shop."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    channel: Channel | None = None
    """Left out: the shop's own, which holds where a channel has none."""
    rules: PolicyRules

    @field_validator("rules")
    @classmethod
    def _names_operations(cls, rules: PolicyRules) -> PolicyRules:
        """A name that nothing has would be kept, and nobody be shown what it was meant for."""
        for name in rules.always_review:
            kind = OPERATIONS.get(name)
            if kind is None or kind.outcome != "pictures":
                raise ValueError(f"always_review: {name!r} is no operation that delivers pictures")
        return rules


class PolicyOut(Answer):
    """One version of a policy; it never changes."""

    label: str
    """`default@1` ships; `shop@3` is the shop's own, `channel:web@2` a channel's. As results name
    it in `policy_version`."""
    channel: str | None
    version: int
    rules: PolicyRules
    made_by: str | None
    """The key that sent it."""
    created_at: datetime | None
    """null of the one that ships."""


class PoliciesOut(Answer):
    items: list[PolicyOut]


class HistoryQuery(Query):
    channel: Channel | None = None
    """Left out: the shop's own."""


class BlockIn(BaseModel):
    """What is to go no further: a picture or result of yours, or hashes from elsewhere."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    picture: Key | None = None
    """Both of its hashes are noted; it may be erased then, and stays on the list."""
    sha256: _Sha256 | None = None
    """Of a file."""
    phash: _Phash | None = None
    """Of how a picture looks: the 64 bits that `moderate` tells of one."""
    note: Text | None = None

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        hashes = self.sha256 is not None or self.phash is not None
        if hashes == (self.picture is not None):
            raise ValueError("name a picture, or a sha256 or phash, not both")
        return self


class BlockOut(Answer):
    """An entry of the block list."""

    id: str
    sha256: str | None
    phash: str | None
    note: str | None
    made_by: str | None
    created_at: datetime


class BlockAdded(BlockOut):
    quarantined: int
    """How many pictures and results of exactly these bytes are served to nobody from now on."""


class BlocklistQuery(PageQuery):
    pass


class QuarantineOut(Answer):
    """Why a picture is served to nobody."""

    policy: str
    reasons: list[Reason]


def policy_out(found: Standing) -> PolicyOut:
    return PolicyOut.model_validate(found)


def block_out(row: Blocked) -> BlockOut:
    return BlockOut(**_told(row))


def block_added(row: Blocked, *, quarantined: int) -> BlockAdded:
    return BlockAdded(**_told(row), quarantined=quarantined)


def _told(row: Blocked) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in ("id", "note", "made_by", "created_at")}
    return plain | {"sha256": row.sha256 or None, "phash": row.phash or None}
