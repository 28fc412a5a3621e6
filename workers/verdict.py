"""What a check answers: a finding for each rule, and the verdict that they come to."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Status = Literal["pass", "warn", "fail", "not_checked"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's answer: what was measured, and what is wanted."""

    rule: str
    status: Status
    measured: Mapping[str, Any]
    wanted: Mapping[str, Any]
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every rule's answer; the worst that was seen is the whole's."""

    preset: str
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        seen = {finding.status for finding in self.findings}
        return next((one for one in ("fail", "warn") if one in seen), "pass")

    def of(self, status: Status) -> list[str]:
        """The rules that were answered so."""
        return [finding.rule for finding in self.findings if finding.status == status]

    def told(self) -> dict[str, Any]:
        """As JSON holds it."""
        rules = [asdict(finding) for finding in self.findings]
        return {"preset": self.preset, "status": self.status, "rules": rules}
