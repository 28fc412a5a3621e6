"""Templates of advertisements: boxes in shares of the canvas, as data (templates/*.toml).

Each has a layout for four proportions, so that a story is no squeezed square.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

TemplateName = Literal["split", "stage", "band"]
Item = Literal["headline", "price", "cta", "badge", "logo"]
Role = Literal["paper", "tint", "ink", "accent"]
Proportion = Literal["tall", "even", "wide", "strip"]

_FOLDER: Final = Path(__file__).parent / "templates"
_Share = Annotated[float, Field(ge=-0.5, le=1.5)]
_Size = Annotated[float, Field(gt=0, le=0.5)]
Shares = tuple[_Share, _Share, _Share, _Share]
"""Left, top, right, bottom; a field may reach over the canvas's sides."""


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


class Shape(_Part):
    """A field of one colour."""

    box: Shares
    fill: Role
    radius: Annotated[float, Field(ge=0, le=0.5)] = 0.0


class Column(_Part):
    """Items below each other."""

    box: Shares
    items: tuple[Item, ...]
    across: Literal["start", "center", "end"]
    down: Literal["top", "middle", "bottom"]


class Layout(_Part):
    """Where everything goes at one proportion."""

    ground: Role
    margin: Annotated[float, Field(ge=0, le=0.3)]
    product: Shares
    shapes: tuple[Shape, ...]
    columns: tuple[Column, ...]
    sizes: dict[Item, tuple[_Size, _Size]]
    """Least and most height of letters, of the canvas's shorter side."""

    @model_validator(mode="after")
    def _has_each_item_once(self) -> Self:
        named = sorted(item for column in self.columns for item in column.items)
        if named != sorted(self.sizes) or len(set(named)) != 5:
            raise ValueError("each item stands in one column and has its sizes")
        return self


class Template(_Part):
    """A way to set out an advertisement."""

    says: str
    tall: Layout
    even: Layout
    wide: Layout
    strip: Layout

    def layout(self, width: int, height: int) -> Layout:
        """The one for a canvas of this size."""
        return {"tall": self.tall, "even": self.even, "wide": self.wide, "strip": self.strip}[
            proportion(width, height)
        ]


def proportion(width: int, height: int) -> Proportion:
    """Which of a template's layouts a canvas takes."""
    share = width / height
    if share < 0.85:
        return "tall"
    if share < 1.4:
        return "even"
    return "wide" if share < 3.2 else "strip"


@cache
def get(name: TemplateName) -> Template:
    """The template of this name, as this build ships it."""
    with (_FOLDER / f"{name}.toml").open("rb") as file:
        return Template.model_validate(tomllib.load(file))
