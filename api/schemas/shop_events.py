"""What shoppers did with results, as a shop tells it, and what became of each line."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.base import Answer
from db.operations.base import Key
from db.shop_events import MOST, Happened
from db.tables.campaigns import LONGEST_EVENT_ID

EventId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_EVENT_ID, pattern=r"^[\x20-\x7e]+$"),
]


class _Wish(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )


class ShopEventIn(_Wish):
    """An impression, a click or an order of a result; nothing of the shopper is asked or kept."""

    id: EventId
    """Your own, another for each event: told again, it is counted once. Plain ASCII."""
    kind: Literal["impression", "click", "order"]
    result_id: Key
    campaign_id: Key | None = None
    """Counted in this campaign, whose arm the result must be."""
    occurred_at: AwareDatetime | None = None
    """With its zone; left out: just now. At most an hour ahead, and not older than ids are kept."""

    def happened(self) -> Happened:
        return Happened(**dict(self))


class ShopEventsIn(_Wish):
    """Up to 1,000 events, each of its own."""

    events: Annotated[list[ShopEventIn], Field(min_length=1, max_length=MOST)]


class ShopEventLines(_Wish):
    """The same before its lines are read: one that is wrong stops no other."""

    events: Annotated[list[Any], Field(min_length=1, max_length=MOST)]


class ShopEventProblem(Answer):
    line: int
    """Its place in `events`, from 1."""
    problem: dict[str, Any]
    """Why it was not counted; mended, it may be sent under the same id."""


class ShopEventsOut(Answer):
    """Each line is in one of the three."""

    counted: int
    repeated: int
    """Their ids were told before, in this call or another; what was told first counts."""
    refused: int
    problems: list[ShopEventProblem]
    """One for each line that was refused."""


class TallyOut(Answer):
    """What was counted in a campaign, or in none."""

    campaign_id: str | None
    choices: int
    impressions: int
    clicks: int
    orders: int


class TalliesOut(Answer):
    items: list[TallyOut]
