"""Which version of each network a job uses: one that it names, what serves, or a canary."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import versions
from db.tables.versions import Version


@dataclass(frozen=True, slots=True)
class Choice:
    """What may be used in a network's place: `canary` by this share of the jobs."""

    version: str
    canary: str | None = None
    share: float = 0.0

    def of_job(self, job_id: str) -> str:
        """Always the same for the same job, whoever asks."""
        if self.canary is not None and _part(job_id, self.canary) < self.share:
            return self.canary
        return self.version


def choices(session: Session, tenant: str, needs: Mapping[str, str | None]) -> dict[str, Choice]:
    """For each network that an operation needs; None in `needs` asks for no version by name.

    Raises:
        VersionNotFound: one of them is not there.
    """
    return {network: _choice(session, tenant, network, name) for network, name in needs.items()}


def _choice(session: Session, tenant: str, network: str, name: str | None) -> Choice:
    version = versions.choose(session, tenant, {network: name})[network]
    if name is not None:
        return Choice(version)
    canary = session.scalars(
        select(Version).where(
            Version.tenant == tenant,
            Version.network == network,
            Version.canary_share.is_not(None),
        )
    ).first()
    if canary is None:
        return Choice(version)
    return Choice(version, canary.id, canary.canary_share or 0.0)


def _part(job_id: str, canary: str) -> float:
    """Of the jobs, from 0 to 1; another canary's jobs are others."""
    digest = hashlib.sha256(f"{job_id} {canary}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
