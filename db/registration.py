"""From named pictures to a version of a dataset: looked at, selected, written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from db import candidates, datasets, rated
from db.candidates import Candidate
from db.engine import long_transaction, reading
from db.left_out import REASONS
from db.selection import Selection, Wanted, select
from db.splits import Split
from db.tables.versions import Dataset

LOOKING_S: Final = 20.0
"""As long as a caller may be kept waiting for it."""


class PicturesMissing(LookupError):
    """Some of the ids name nothing of this tenant's; `places` are theirs in the list."""

    def __init__(self, places: list[int]) -> None:
        super().__init__("no picture and no result has this id")
        self.places = places


class StillLooking(RuntimeError):
    """Some were never looked at, and there was no time for all of them: to be asked again."""


class NothingLeft(ValueError):
    """Not one of the pictures may be learned from; the sentence says why."""


@dataclass(frozen=True, slots=True)
class _Known:
    """All that the selection depends on."""

    found: Mapping[str, Candidate]
    splits: Mapping[str, Split]


def register(
    tenant: str,
    name: str,
    wanted: Sequence[Wanted],
    *,
    licence: str | None,
    include_generated: bool = False,
) -> Dataset:
    """The next version of a dataset, or the newest if nothing is otherwise.

    Raises:
        PicturesMissing: an id names nothing.
        StillLooking: too many results at once; those that were looked at are noted.
        NothingLeft: every picture is left out.
    """
    unseen = candidates.look_at(tenant, [one.picture for one in wanted], within_s=LOOKING_S)
    if unseen:
        raise StillLooking(f"{unseen} results are yet to be looked at; ask again and it goes on")
    with reading() as session:
        known = _look_up(session, tenant, name, wanted, hold=False)
    chosen = select(wanted, known.found, known=known.splits, include_generated=include_generated)
    # Thousands of pictures take seconds to compare, which nobody shall wait for in line.
    with long_transaction() as session:
        datasets.alone(session, tenant, name)
        now = _look_up(session, tenant, name, wanted, hold=True)
        if now != known:
            chosen = select(
                wanted, now.found, known=now.splits, include_generated=include_generated
            )
        return _add(session, tenant, name, chosen, licence=licence)


def register_rated(tenant: str, name: str) -> Dataset:
    """The next version of a dataset by what people thought of results; see `db.rated`.

    Raises:
        DatasetNotFound: the shop has none of this name.
        NothingRated: it would be as it is.
        StillLooking, NothingLeft: as above.
    """
    with reading() as session:
        dataset = datasets.own(session, tenant, name)
        found = rated.of(session, dataset)
    return register(tenant, dataset.name, found.wanted, licence=dataset.licence)


def _look_up(
    session: Session, tenant: str, name: str, wanted: Sequence[Wanted], *, hold: bool
) -> _Known:
    found = candidates.find(session, tenant, [one.picture for one in wanted], hold=hold)
    missing = [place for place, one in enumerate(wanted) if one.picture not in found]
    if missing:
        raise PicturesMissing(missing)
    return _Known(found, datasets.splits(session, tenant, name))


def _add(
    session: Session, tenant: str, name: str, chosen: Selection, *, licence: str | None
) -> Dataset:
    if not chosen.manifest:
        counted = ", ".join(
            f"{one['count']} × {one['reason']} ({REASONS[one['reason']]})"
            for one in chosen.left_out["reasons"]
        )
        raise NothingLeft(f"no picture is left to learn from: {counted}")
    return datasets.add(
        session,
        tenant=tenant,
        name=name,
        kind=datasets.PICTURES,
        pictures=len(chosen.manifest),
        categories=chosen.categories,
        manifest=chosen.manifest,
        left_out=chosen.left_out,
        licence=licence,
    )
