"""One measured claim of a scenario."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measured claim of a scenario."""

    scenario: str
    claim: str
    value: float
    unit: str
    wanted: str
