"""One measured claim of a scenario."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """`wanted`: what is asked of the value, as "≥ 0.95"; empty where nothing is."""

    scenario: str
    claim: str
    value: float
    unit: str
    wanted: str
