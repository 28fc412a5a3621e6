"""Every question we ask of a shop's own presets."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.orm import Session

from db import clock
from db.operations.presets import PRESET_NAMES, Preset, PresetNotFound, PresetRules
from db.portable import insert_once
from db.tables.presets import ShopPreset

_LABEL: Final = re.compile(r"[a-z][a-z0-9_]{0,62}(@[1-9][0-9]{0,5})?")


class PresetNameTaken(ValueError):
    """A preset that ships is called so."""


def add(
    session: Session, tenant: str, rules: PresetRules, *, by: str | None
) -> tuple[Preset, bool]:
    """The preset's next version, and True; the newest one and False where it says the same.

    Raises:
        PresetNameTaken: nobody may think that a shop's own rules are a channel's.
    """
    if rules.name in PRESET_NAMES:
        raise PresetNameTaken(f"{rules.name} ships with Packshot; give yours another name")
    said = rules.model_dump(mode="json", exclude={"version"})
    while True:
        newest = _newest(session, tenant, rules.name)
        if newest is not None and _without_version(newest.rules) == said:
            return Preset.model_validate(newest.rules, strict=False), False
        version = 1 if newest is None else newest.version + 1
        row = {"tenant": tenant, "name": rules.name, "version": version, "made_by": by}
        row |= {"rules": said | {"version": version}, "created_at": clock.now()}
        # Of two who add at once one finds its number taken, and looks again.
        if session.scalars(insert_once(session, ShopPreset, row).returning(ShopPreset)).first():
            return Preset.model_validate(row["rules"], strict=False), True


def of(session: Session, tenant: str) -> list[Preset]:
    """The newest version of each of the shop's own, by name."""
    newest = (
        select(ShopPreset.name, func.max(ShopPreset.version).label("version"))
        .where(ShopPreset.tenant == tenant)
        .group_by(ShopPreset.name)
        .subquery()
    )
    is_newest = and_(ShopPreset.name == newest.c.name, ShopPreset.version == newest.c.version)
    rows = select(ShopPreset).join(newest, is_newest).where(ShopPreset.tenant == tenant)
    return [_preset(row) for row in session.scalars(rows.order_by(ShopPreset.name))]


def find(session: Session, tenant: str, label: str) -> Preset:
    """One of the shop's own: its newest version, or the one that the label names.

    Raises:
        PresetNotFound: there is none.
    """
    if (found := find_many(session, tenant, [label]).get(label)) is None:
        raise PresetNotFound(f"there is no preset {label}")
    return found


def find_many(session: Session, tenant: str, labels: Collection[str]) -> Mapping[str, Preset]:
    """Those of the shop's own that are there, by the labels that named them."""
    asked = {label: label.partition("@")[::2] for label in labels if _LABEL.fullmatch(label)}
    if not asked:
        return {}
    named = or_(
        *(
            and_(ShopPreset.name == name, ShopPreset.version == int(version))
            if version
            else ShopPreset.name == name
            for name, version in asked.values()
        )
    )
    mine = select(ShopPreset).where(ShopPreset.tenant == tenant, named)
    rows = session.scalars(mine.order_by(ShopPreset.version.desc())).all()
    return {label: found for label, one in asked.items() if (found := _first(rows, *one))}


def remove(session: Session, tenant: str, name: str) -> None:
    """Every version of it; jobs that were taken in keep theirs.

    Raises:
        PresetNotFound: there is none.
    """
    if not _LABEL.fullmatch(name):  # nor would a database keep every text
        raise PresetNotFound(f"there is no preset {name!r} of your own")
    mine = (ShopPreset.tenant == tenant, ShopPreset.name == name)
    gone = session.scalars(delete(ShopPreset).where(*mine).returning(ShopPreset.version)).all()
    if not gone:
        raise PresetNotFound(f"there is no preset {name} of your own")


def _newest(session: Session, tenant: str, name: str) -> ShopPreset | None:
    mine = (ShopPreset.tenant == tenant, ShopPreset.name == name)
    return session.scalars(
        select(ShopPreset).where(*mine).order_by(ShopPreset.version.desc()).limit(1)
    ).first()


def _first(rows: Sequence[ShopPreset], name: str, version: str) -> Preset | None:
    """The newest that is meant."""
    for row in rows:
        if row.name == name and version in ("", str(row.version)):
            return _preset(row)
    return None


def _preset(row: ShopPreset) -> Preset:
    return Preset.model_validate(row.rules, strict=False)


def _without_version(rules: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in rules.items() if name != "version"}
