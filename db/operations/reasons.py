"""Why a picture was held or blocked: each reason's code, its sentence, and what was measured."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from db.operations.policies import VERDICTS, Verdict

ReasonCode = Literal[
    "listed_exactly", "listed_nearly", "much_skin", "one_colour", "says_generated", "unfamiliar",
    "unfamiliarity_unmeasured", "nsfw_likely", "nsfw_not_installed", "always_reviewed",
]  # fmt: skip
SENTENCES: Final[Mapping[ReasonCode, str]] = {
    "listed_exactly": "{of} is, byte for byte, on the block list.",
    "listed_nearly": "{of} looks like a picture on the block list: {value:g} of 64 bits differ, "
    "and up to {limit:g} count as the same.",
    "much_skin": "{of} has the colour of skin in {value:.0%} of its pixels; above {limit:.0%} a "
    "person is to see it.",
    "one_colour": "{of} is all of one colour.",
    "says_generated": "{of} says of itself that it was generated.",
    "unfamiliar": "{of} is unlike what the classifier learnt from: {value:.2f} times as far away "
    "as 99 of 100 of that are, and more than {limit:g} is to be seen by a person.",
    "unfamiliarity_unmeasured": "{of} could not be compared with what the serving classifier "
    "learnt from: it has no statistics.",
    "nsfw_likely": "{of} may show nudity or sex: a network has that as likely as {value:.2f}, and "
    "from {limit:g} on a person is to see it.",
    "nsfw_not_installed": "{of} could not be looked at for nudity: the worker does not have the "
    "extra `nsfw`, or not whole.",
    "always_reviewed": "The policy has a person see every result of this operation.",
}


class Reason(BaseModel):
    """One thing that was found."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    code: ReasonCode
    verdict: Verdict
    of: str
    """The role of the input that it was found in: `picture`; or `result`."""
    value: float | None = None
    limit: float | None = None
    says: str
    """The same for people."""


def reason(
    code: ReasonCode,
    verdict: Verdict,
    *,
    of: str,
    value: float | None = None,
    limit: float | None = None,
) -> Reason:
    """A reason with its sentence."""
    named = "The result" if of == "result" else f"The input {of!r}"
    said = SENTENCES[code].format(of=named, value=value, limit=limit)
    rounded = None if value is None else round(value, 4)
    return Reason(code=code, verdict=verdict, of=of, value=rounded, limit=limit, says=said)


def gravest(reasons: Iterable[Reason]) -> Verdict:
    """What follows from all of them; `allow` where there is none."""
    return max((one.verdict for one in reasons), key=VERDICTS.index, default="allow")


def stored(reasons: Iterable[Reason]) -> list[dict[str, Any]] | None:
    """As a row keeps them; None where there is none."""
    return [one.model_dump(mode="json") for one in reasons] or None
