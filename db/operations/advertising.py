"""Advertisements: a product, words and a logo, set out by a template in the sizes asked for."""

from typing import Annotated, Final, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from db.operations.base import HexColour, Key, Limits, SourceKind
from db.operations.seeking import Seeking
from db.operations.templates import TemplateName

LEAST_SIDE_PX, MOST_SIDE_PX = 90, 4096
_MOST_PIXELS: Final = 64_000_000


class Size(NamedTuple):
    """A canvas in pixels; what a platform covers with its own, as shares from each side."""

    width: int
    height: int
    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0


SIZES: Final[dict[str, Size]] = {
    "square": Size(1080, 1080),
    "portrait": Size(1080, 1350),
    # The name and the bar below are the app's: 250 and 340 pixels of 1920.
    "story": Size(1080, 1920, left=0.06, top=250 / 1920, right=0.06, bottom=340 / 1920),
    "landscape": Size(1200, 628),
    "banner": Size(970, 250),
    "leaderboard": Size(728, 90),
    "rectangle": Size(300, 250),
}
"""Those that have a name."""


def size_of(said: str) -> Size:
    """A size by its name, or as width x height.

    Raises:
        ValueError: it is neither, or too small or too large.
    """
    if said in SIZES:
        return SIZES[said]
    width, _, height = said.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise ValueError(f"{', '.join(SIZES)}, or width x height in pixels, as 1200x1500")
    made = Size(int(width), int(height))
    if not all(LEAST_SIDE_PX <= side <= MOST_SIDE_PX for side in made[:2]):
        raise ValueError(f"a side has {LEAST_SIDE_PX} to {MOST_SIDE_PX} pixels")
    return made


def _checked(said: str) -> str:
    size_of(said)
    return said


SizeName = Annotated[
    str, StringConstraints(pattern=r"^([a-z]{1,20}|[1-9][0-9]{1,3}x[1-9][0-9]{1,3})$"),
    AfterValidator(_checked),
    Field(description=f"{', '.join(SIZES)}, or width x height in pixels, as 1200x1500."),
]  # fmt: skip
_READ = r"^[^\x00-\x09\x0b-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x09\x0b-\x1f\x7f]*$"
"""Something to read, and no control character but a line break."""
Line = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=_READ)]


class Ad(Seeking):
    """Advertisements of the product: one picture for each size and each variant of the palette.

    A text that cannot be set properly fails the job and says why: `text_too_long`, `font_missing`,
    `shaping_missing`. `text_contrast` has to be 4.5 at least, unless the order's gates say other.
    """

    op: Literal["ad"] = "ad"
    source_kind = "enhanced"
    picture: Key
    headline: Annotated[str, StringConstraints(min_length=1, max_length=160, pattern=_READ)]
    """What is read first; a line break in it stays. In Arabic or Hebrew all is set from right to
    left."""
    price: Line | None = None
    """With its currency, as it is to be read."""
    cta: Line | None = None
    """Call to action: the words on the button."""
    badge: Line | None = None
    """A word or two beside all that, as "new"."""
    logo: Key | None = None
    """A picture, best with a transparent ground."""
    sizes: Annotated[tuple[SizeName, ...], Field(min_length=1, max_length=8)] = ("square",)
    """What is made, at exactly these pixels; at most 64 megapixels in all variants together."""
    template: TemplateName = "split"
    """Words and product on two halves, all on one axis, or words on a band below the product."""
    palette: Annotated[tuple[HexColour, ...], Field(min_length=1, max_length=3)] | None = None
    """Accent, ground and ink, in this order. What is left out is taken from the product."""
    variants: Annotated[int, Field(ge=1, le=16)] = 1
    """How many palettes: of the product's own hue light, bold, dark and white, then of its
    complement and of its neighbours."""
    mask: Key | None = None
    """Where the product is, if you know better."""

    @model_validator(mode="after")
    def _is_not_too_much(self) -> Self:
        if self.pixels(0) > _MOST_PIXELS:
            raise ValueError("all sizes in all variants are more than 64 megapixels")
        return self

    def delivers(self) -> SourceKind:
        return self.source_kind

    def limits(self) -> Limits:
        return {"text_contrast": (4.5, None)}

    def pixels(self, given: int) -> int:
        made = sum(size_of(one).width * size_of(one).height for one in self.sizes)
        return given + made * self.variants
