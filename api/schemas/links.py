"""A link to a file that needs no key, as callers ask for it and get it."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.base import Answer

LONGEST_S: Final = 7 * 24 * 3600
DEFAULT_S: Final = 600


class LinkIn(BaseModel):
    """How long the link opens the file, and what a browser does with it."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    lasts_s: Annotated[int, Field(ge=1, le=LONGEST_S)] = DEFAULT_S
    """Seconds; at most seven days."""
    inline: bool = False
    """Shown in a page, where it would otherwise be saved."""


class LinkOut(Answer):
    url: str
    """Whoever has it has the file."""
    expires_at: datetime
