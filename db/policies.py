"""Every question we ask of policies: which one holds, and what it was before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from db import clock
from db.operations.policies import DEFAULT_LABEL, PolicyRules, default
from db.portable import insert_once
from db.tables.moderation import Policy

SHOP = ""
"""The channel of the shop's own policy."""
MOST_VERSIONS = 1_000
"""That a history tells; the newest first."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A policy under its label: `default@1`, `shop@3`, or `channel:web@2`."""

    label: str
    channel: str | None
    version: int
    rules: PolicyRules
    made_by: str | None = None
    created_at: datetime | None = None


DEFAULT = Standing(DEFAULT_LABEL, None, int(DEFAULT_LABEL.rpartition("@")[2]), default())


def put(
    session: Session, tenant: str, channel: str | None, rules: PolicyRules, *, by: str | None
) -> tuple[Standing, bool]:
    """The policy's next version, and True; the newest one and False where it says the same."""
    said = rules.model_dump(mode="json")
    while True:
        newest = _newest(session, tenant, channel or SHOP)
        # As it is read: one that was sent before there was a rule has it as it is by default.
        if newest is not None and _standing(newest).rules == rules:
            return _standing(newest), False
        version = 1 if newest is None else newest.version + 1
        row = {"tenant": tenant, "channel": channel or SHOP, "version": version, "rules": said}
        row |= {"made_by": by, "created_at": clock.now()}
        # Of two who send one at once one finds its number taken, and looks again.
        if added := session.scalars(insert_once(session, Policy, row).returning(Policy)).first():
            return _standing(added), True


def in_effect(session: Session, tenant: str, channel: str | None) -> Standing:
    """The channel's own, else the shop's, else the one that ships."""
    asked = {SHOP, channel or SHOP}
    rows = (
        select(Policy)
        .where(Policy.tenant == tenant, Policy.channel.in_(sorted(asked)))
        .order_by(Policy.channel.desc(), Policy.version.desc())
        .limit(1)
    )
    found = session.scalars(rows).first()
    return DEFAULT if found is None else _standing(found)


def of(session: Session, tenant: str) -> list[Standing]:
    """The newest of the shop's and of each channel's; the one that ships where the shop has none.

    The shop's is the first.
    """
    newest = (
        select(Policy.channel, func.max(Policy.version).label("version"))
        .where(Policy.tenant == tenant)
        .group_by(Policy.channel)
        .subquery()
    )
    is_newest = and_(Policy.channel == newest.c.channel, Policy.version == newest.c.version)
    rows = select(Policy).join(newest, is_newest).where(Policy.tenant == tenant)
    found = [_standing(row) for row in session.scalars(rows.order_by(Policy.channel))]
    return found if found and found[0].channel is None else [DEFAULT, *found]


def history(session: Session, tenant: str, channel: str | None) -> Sequence[Standing]:
    """All versions of one, the newest first."""
    mine = (Policy.tenant == tenant, Policy.channel == (channel or SHOP))
    rows = select(Policy).where(*mine).order_by(Policy.version.desc()).limit(MOST_VERSIONS)
    return [_standing(row) for row in session.scalars(rows)]


def _newest(session: Session, tenant: str, channel: str) -> Policy | None:
    mine = (Policy.tenant == tenant, Policy.channel == channel)
    newest = select(Policy).where(*mine).order_by(Policy.version.desc()).limit(1)
    return session.scalars(newest).first()


def _standing(row: Policy) -> Standing:
    channel = row.channel or None
    name = "shop" if channel is None else f"channel:{channel}"
    rules = PolicyRules.model_validate(row.rules)
    label = f"{name}@{row.version}"
    return Standing(label, channel, row.version, rules, row.made_by, row.created_at)
