"""What a caller sends: one operation and its envelope; the same by HTTP and by message."""

import json
import re
from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from db import urls
from db.operations.base import Key, Limits
from db.operations.goals import goal
from db.operations.scores import ScoreName
from db.operations.union import AnyOperation

# A string that never ends is one too: else each quote in it would be tried as a beginning.
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_NO_NUL = r"^[^\x00]+$"  # PostgreSQL keeps no such text
# Years that every database and time zone can hold.
Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(3000, 1, 1, tzinfo=UTC)),
    AfterValidator(lambda moment: moment.astimezone(UTC)),  # one moment, one digest
]


def _named(url: str) -> str:
    """The URL in the one spelling that we keep."""
    try:
        return urls.parse(url).url()
    except urls.Refused as error:
        raise PydanticCustomError(error.code, "{detail}", {"detail": error.detail}) from error


WebhookUrl = Annotated[str, Field(max_length=urls.LONGEST_URL), AfterValidator(_named)]
Bound = Annotated[float, Field(allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class Output(_Part):
    """How the result's file is written."""

    format: Literal["png", "jpeg", "webp", "avif"] = "png"
    quality: Annotated[int, Field(ge=1, le=100)] = 95
    """Of JPEG, lossy WebP and AVIF; JPEG and AVIF are written 4:4:4. WebP is lossless at 100."""
    watermark: bool = False
    """An invisible mark of the result's id in the ground around the product, for `verify` to find.
    The result's `details.watermark` says whether it is there, and if not, why."""


class Gate(_Part):
    """The least or the most that a score may be."""

    min: Bound | None = None
    max: Bound | None = None


class Order(_Part):
    """One operation and how it is to be run: a job before it is a row."""

    operation: Annotated[AnyOperation, Field(discriminator="op")]
    reference: Key | None = None
    """The picture to measure psnr_db and ssim against."""
    mask: Key | None = None
    """White where masked_psnr_db and masked_ssim are measured, beside the whole picture."""
    output: Output = Output()
    """How the result's file is written; what is left out is the preset's, where one is named."""
    gates: dict[ScoreName, Gate] = Field(default_factory=dict)
    """A missed gate fails the job; its pictures are held for review."""
    explain: bool = False
    """Keep the stages of the result as pictures: masks, grounds, and heat maps of what the scores
    compare. The operation `explain` is another thing: what a network looks at."""
    sku: Annotated[str, Field(min_length=1, max_length=255, pattern=_NO_NUL)] | None = None
    channel: Annotated[str, Field(min_length=1, max_length=64, pattern=_NO_NUL)] | None = None
    external_id: Annotated[str, Field(min_length=1, max_length=255, pattern=_NO_NUL)] | None = None
    webhook_url: WebhookUrl | None = None
    """Where to tell how the job ended, beside the tenant's webhooks."""
    priority: Annotated[int, Field(ge=0, le=9)] = 5
    """Lower is earlier; 0 is the operator's and needs the scope admin."""
    run_after: Moment | None = None
    deadline_at: Moment | None = None
    timeout_s: Annotated[float, Field(ge=1, le=604_800)] | None = None
    """Left out: the operation's own."""

    @model_validator(mode="after")
    def _as_the_channel_takes_it(self) -> Self:
        """The format and quality of the preset, where the order is for one and names none."""
        preset = goal(self.operation)
        if preset is None:
            return self
        said = self.output.model_dump(include=self.output.model_fields_set)
        make = {"format": preset.make.format, "quality": preset.make.quality}
        return self.model_copy(update={"output": Output(**(make | said))})

    def pictures(self) -> dict[str, str]:
        """Every picture the job reads, by role."""
        named = self.operation.pictures()
        for role, key in (("order.reference", self.reference), ("order.mask", self.mask)):
            if key is not None:
                named[role] = key
        return named

    def limits(self) -> Limits:
        """The least and the most of each gated score; the order's word before the operation's."""
        asked: Limits = {name: (gate.min, gate.max) for name, gate in self.gates.items()}
        return self.operation.limits() | asked

    def digest(self) -> str:
        """The same for the same request, whatever its spelling."""
        said = self.model_dump(mode="json")
        if self.webhook_url is None:
            del said["webhook_url"]  # so that an order of an older build is still the same
        if not self.explain:
            del said["explain"]
        if not self.output.watermark:
            del said["output"]["watermark"]
        if said["operation"].get("preset", "") is None:
            del said["operation"]["preset"]
        canonical = json.dumps(said, sort_keys=True, separators=(",", ":"))
        return sha256(canonical.encode()).hexdigest()


class MalformedJson(ValueError):
    """Bytes that are no JSON we would read."""


def parse(raw: bytes) -> Order:
    """An order from the bytes a stranger sent.

    Raises:
        MalformedJson: no JSON, too deep, or a name twice.
        pydantic.ValidationError: JSON of the wrong content; each error names its field.
    """
    check_json(raw)
    return Order.model_validate_json(raw)


def check_json(raw: bytes, *, max_depth: int = 32) -> None:
    """Refuse what parsers disagree about: depth, doubled names, NaN.

    Raises:
        MalformedJson: with what is wrong.
    """
    if _depth(raw) > max_depth:
        raise MalformedJson(f"nested deeper than {max_depth}")
    try:
        json.loads(raw, object_pairs_hook=_once, parse_constant=_refuse)
    except MalformedJson:
        raise
    except (ValueError, RecursionError) as error:  # no UTF-8, no JSON, an endless number
        raise MalformedJson(f"not JSON: {error}") from error


def _depth(raw: bytes) -> int:
    deepest = depth = 0
    for byte in _STRINGS.sub(b"", raw):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        raise MalformedJson(f"the name {counts.most_common(1)[0][0]!r} stands twice in one object")
    return named


def _refuse(constant: str) -> None:
    raise MalformedJson(f"{constant} is no JSON number")
