"""Every question we ask of versions: the weights we serve."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, false, or_, select
from sqlalchemy.orm import Session

from db import clock
from db.blobs import SHIPPED
from db.ids import is_id, new_id
from db.tables.versions import Version


class VersionNotFound(LookupError):
    """No such version for this tenant, or none that serves."""


def add(
    session: Session,
    *,
    tenant: str,
    name: str,
    network: str,
    state: str,
    weights_key: str,
    card: str,
    dataset_id: str | None = None,
    job_id: str | None = None,
) -> Version:
    """Register weights as `name@1`, `name@2`, …; the same job or weights give the row there is."""
    same = Version.weights_key == weights_key if job_id is None else Version.job_id == job_id
    mine = Version.tenant == tenant
    if found := session.scalars(select(Version).where(mine, same)).first():
        return found
    of_this_name = Version.label.startswith(f"{name}@", autoescape=True)
    labels = session.scalars(select(Version.label).where(mine, of_this_name))
    number = 1 + max((int(label.rpartition("@")[2]) for label in labels), default=0)
    version = Version(
        id=new_id(),
        tenant=tenant,
        label=f"{name}@{number}",
        network=network,
        state=state,
        weights_key=weights_key,
        card=card,
        dataset_id=dataset_id,
        job_id=job_id,
        created_at=clock.now(),
    )
    session.add(version)
    session.flush()
    return version


def find(session: Session, tenant: str, name: str, *, network: str | None = None) -> Version:
    """The version of an id or label, the tenant's own before one that ships with us.

    Raises:
        VersionNotFound: there is none of that name and network.
    """
    conditions = [Version.tenant.in_((tenant, SHIPPED)), called(name)]
    if network is not None:
        conditions.append(Version.network == network)
    found = session.scalars(
        select(Version).where(*conditions).order_by(Version.tenant == SHIPPED)
    ).first()
    if found is None:
        kind = f" of network {network}" if network else ""
        raise VersionNotFound(f"there is no version {name!r}{kind}")
    return found


def called(name: str) -> ColumnElement[bool]:
    """The version of this id or label; a text that no database keeps is nobody's."""
    if is_id(name):
        return Version.id == name
    return false() if "\0" in name else Version.label == name


def serving(session: Session, tenant: str, network: str) -> Version:
    """The tenant's newest serving version of a network, else the one that ships with us.

    Raises:
        VersionNotFound: nothing serves.
    """
    found = serving_now(session, tenant, network)
    if found is None:
        raise VersionNotFound(
            f"no version of network {network} is serving: train one and promote it, or let "
            "`packshot init` register those that ship"
        )
    return found


def serving_now(session: Session, tenant: str, network: str) -> Version | None:
    """The same for whom it is no fault if nothing serves."""
    return session.scalars(_serving(), {"of_tenant": tenant, "of_network": network}).first()


@cache
def _serving() -> Select[Version]:
    """Asked at every job: kept, because to build it takes longer than to run it."""
    of_tenant = bindparam("of_tenant", type_=String)
    return (
        select(Version)
        .where(
            Version.tenant.in_((of_tenant, SHIPPED)),
            Version.network == bindparam("of_network"),
            Version.state == "serving",
        )
        .order_by(Version.tenant == SHIPPED, Version.created_at.desc(), Version.id.desc())
        .limit(1)
    )


def own_then_shipped(session: Session, tenant: str, network: str) -> Sequence[Version]:
    """Those of a tenant that serve, then all that ship with us, each newest first."""
    return session.scalars(_own_then_shipped(), {"of_tenant": tenant, "of_network": network}).all()


@cache
def _own_then_shipped() -> Select[Version]:
    own = and_(Version.tenant == bindparam("of_tenant", type_=String), Version.state == "serving")
    ours = and_(Version.tenant == SHIPPED, Version.state != "retired")
    return (
        select(Version)
        .where(Version.network == bindparam("of_network"), or_(own, ours))
        .order_by(Version.tenant == SHIPPED, Version.created_at.desc(), Version.id.desc())
    )


def likely(session: Session, *, most: int) -> Sequence[str]:
    """The ids of versions that jobs will ask for: what ships, then the newest that serve."""
    by = (Version.tenant != SHIPPED, Version.created_at.desc(), Version.id.desc())
    serving = select(Version.id).where(Version.state == "serving").order_by(*by)
    return session.scalars(serving.limit(most)).all()


def choose(session: Session, tenant: str, needs: dict[str, str | None]) -> dict[str, str]:
    """The id of the version for each network that an operation needs.

    Raises:
        VersionNotFound: one of them is not there.
    """
    return {
        network: (
            serving(session, tenant, network)
            if name is None
            else find(session, tenant, name, network=network)
        ).id
        for network, name in needs.items()
    }


def get(session: Session, version_id: str) -> Version:
    return session.scalars(select(Version).where(Version.id == version_id)).one()


def of_job(session: Session, job_id: str) -> Version | None:
    """What a training job made, once it has."""
    return session.scalars(select(Version).where(Version.job_id == job_id)).one_or_none()


def visible(session: Session, tenant: str) -> Sequence[Version]:
    """All versions a tenant may name, newest first."""
    mine = Version.tenant.in_((tenant, SHIPPED))
    newest_first = (Version.created_at.desc(), Version.id.desc())
    return session.scalars(select(Version).where(mine).order_by(*newest_first)).all()
