"""What serves a shop: put into service because it was measured to be better, or taken back."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import clock, evaluations
from db.ids import new_id
from db.tables.promotions import Evaluation, Promotion
from db.tables.versions import Version
from db.versions import VersionNotFound, called, serving_now


class AlreadyServing(ValueError):
    """The version serves all jobs as it is."""


class NotEvaluated(ValueError):
    """Nobody has measured the version beside what serves now."""


class NotBetter(ValueError):
    """The version was measured, and does not beat what it must."""


class NothingToRollBack(LookupError):
    """Nothing was promoted that has not been taken back."""


def promote(
    session: Session,
    tenant: str,
    name: str,
    *,
    by: str | None,
    share: float = 1.0,
    force: bool = False,
    reason: str | None = None,
) -> Promotion:
    """Candidate or retired → serving, for all jobs or for a share of them.

    Jobs that were claimed keep the version they have.

    Args:
        session: a writing transaction.
        tenant: whose version it is.
        name: id or label of one of the tenant's own versions.
        by: the key that asks; None: a rule of ours.
        share: of the jobs that may use it; below 1 what served goes on serving the others.
        force: also if it was not measured to be better. What kept it back is written down.
        reason: of whoever asks, for those who look later.

    Raises:
        VersionNotFound: the tenant has no such version.
        AlreadyServing: it serves all jobs.
        NotEvaluated: it was never measured beside what serves now.
        NotBetter: with each reason.
    """
    version = _own(session, tenant, name)
    ours = _locked(session, tenant, version.network)
    if version.state == "serving":
        raise AlreadyServing(f"{version.label} serves all jobs already")
    previous = serving_now(session, tenant, version.network)
    refused = _refused(session, version, previous)
    if refused is not None and not force:
        raise refused
    _put_into_service(version, ours, share)
    row = Promotion(
        id=new_id(),
        tenant=tenant,
        network=version.network,
        version_id=version.id,
        previous_id=None if previous is None else previous.id,
        share=share,
        forced=refused is not None,
        refused=None if refused is None else str(refused),
        reason=reason,
        made_by=by,
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()
    session.refresh(row)
    return row


def roll_back(session: Session, tenant: str, network: str, *, by: str | None) -> Promotion:
    """Take the last promotion of a network back: what served before serves again.

    Raises:
        NothingToRollBack: there is none.
    """
    ours = {version.id: version for version in _locked(session, tenant, network)}
    last = session.scalars(
        select(Promotion)
        .where(
            Promotion.tenant == tenant, Promotion.network == network, Promotion.undone_at.is_(None)
        )
        .order_by(Promotion.created_at.desc(), Promotion.id.desc())
    ).first()
    if last is None:
        raise NothingToRollBack(f"nothing of network {network!r} was promoted here")
    _end_canaries(ours.values())
    if last.share == 1:
        _retire(ours.values())
        if last.previous_id in ours:  # what ships with us serves again by itself
            ours[last.previous_id].state = "serving"
    last.undone_at, last.undone_by = clock.now(), by
    session.flush()
    session.refresh(last)
    return last


def of(session: Session, tenant: str, network: str | None = None) -> Sequence[Promotion]:
    """A tenant's, newest first, also those that were taken back."""
    mine = [Promotion.tenant == tenant]
    if network is not None:
        mine.append(Promotion.network == network)
    newest_first = (Promotion.created_at.desc(), Promotion.id.desc())
    return session.scalars(select(Promotion).where(*mine).order_by(*newest_first)).all()


def _own(session: Session, tenant: str, name: str) -> Version:
    mine = select(Version).where(Version.tenant == tenant, called(name))
    found = session.scalars(mine).one_or_none()
    if found is None:
        raise VersionNotFound(f"there is no version {name!r} of your own")
    return found


def _locked(session: Session, tenant: str, network: str) -> Sequence[Version]:
    """All of a tenant's versions of a network: two promotions come one after the other."""
    mine = select(Version).where(Version.tenant == tenant, Version.network == network)
    options = {"populate_existing": True}
    return session.scalars(
        mine.order_by(Version.id).with_for_update(), execution_options=options
    ).all()


def _put_into_service(version: Version, ours: Sequence[Version], share: float) -> None:
    _end_canaries(ours)
    if share < 1:
        version.canary_share = share
    else:
        _retire(ours)
        version.state = "serving"


def _end_canaries(versions: Iterable[Version]) -> None:
    for version in versions:
        version.canary_share = None


def _retire(versions: Iterable[Version]) -> None:
    for version in versions:
        if version.state == "serving":
            version.state = "retired"


def _refused(
    session: Session, version: Version, previous: Version | None
) -> NotEvaluated | NotBetter | None:
    """Why a version may not serve, judged by its newest evaluation."""
    found = evaluations.newest(session, version.tenant, version.id)
    if found is None:
        return NotEvaluated(f"{version.label} was never evaluated; submit an `evaluate` job")
    if found.incumbent_id != (None if previous is None else previous.id):
        serves = "nothing" if previous is None else previous.label
        return NotEvaluated(
            f"{version.label} was compared with what served then, and now {serves} serves; "
            "submit an `evaluate` job"
        )
    reasons = _shortcomings(found)
    return NotBetter(f"{version.label}: {'; '.join(reasons)}") if reasons else None


def _shortcomings(found: Evaluation) -> list[str]:
    reasons = []
    if not found.beats_baseline:
        reasons.append(f"{_numbers(found, found.baseline)} is not beyond noise of the baseline")
    if found.incumbent is not None and not found.beats_incumbent:
        reasons.append(f"{_numbers(found, found.incumbent)} is not beyond noise of what serves")
    reasons.extend(found.told.get("faults", ()))
    if found.fallen:
        reasons.append(f"what serves is better in {', '.join(found.fallen)}")
    return reasons


def _numbers(found: Evaluation, other: float) -> str:
    return f"{found.measure} {found.value:.3f} against {other:.3f}"
