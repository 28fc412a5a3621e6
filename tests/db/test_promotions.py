"""What serves a shop: only what was measured to be better, and back in one call."""

from typing import Any

import pytest

from db import evaluations, promotions, versions
from db.blobs import SHIPPED
from db.engine import reading, transaction
from db.ids import new_id
from db.promotions import AlreadyServing, NotBetter, NotEvaluated, NothingToRollBack
from db.tables.promotions import Evaluation, Promotion
from db.tables.versions import Version
from db.versions import VersionNotFound
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")

KEY = "k" * 16


def _version(
    name: str = "shoes", *, tenant: str = TENANT, state: str = "candidate", network: str = "vae"
) -> str:
    with transaction() as session:
        return versions.add(
            session,
            tenant=tenant,
            name=name,
            network=network,
            state=state,
            weights_key=new_id(),
            card="{}",
        ).id


def _measured(version: str, *, beside: str | None = None, **found: Any) -> None:
    """An evaluation in which the version is better than everything, but for what is given."""
    values = {
        "measure": "psnr_db",
        "value": 24.0,
        "baseline": 20.0,
        "incumbent": None if beside is None else 22.0,
        "beats_baseline": True,
        "beats_incumbent": None if beside is None else True,
        "fallen": [],
        "digest": "0" * 16,
        "pictures": 40,
        "told": {},
        "incumbent_id": beside,
        **found,
    }
    with transaction() as session:
        evaluations.add(session, Evaluation(tenant=TENANT, version_id=version, **values))


def _promote(version: str, *, tenant: str = TENANT, **how: Any) -> Promotion:
    with transaction() as session:
        return promotions.promote(session, tenant, version, by=KEY, **how)


def _roll_back(network: str = "vae") -> Promotion:
    with transaction() as session:
        return promotions.roll_back(session, TENANT, network, by=KEY)


def _states(*ids: str) -> list[str]:
    with reading() as session:
        return [versions.get(session, one).state for one in ids]


def _serving(network: str = "vae") -> str:
    with reading() as session:
        return versions.serving(session, TENANT, network).id


def _version_row(version: str) -> Version:
    with reading() as session:
        return versions.get(session, version)


def test_a_better_version_serves_and_what_served_retires():
    old, new = _version(state="serving"), _version()
    _measured(new, beside=old)

    made = _promote(new, reason="spring collection")

    assert _states(old, new) == ["retired", "serving"]
    assert _serving() == new
    assert (made.version_id, made.previous_id, made.share) == (new, old, 1.0)
    assert (made.made_by, made.reason, made.forced, made.refused) == (
        KEY,
        "spring collection",
        False,
        None,
    )


def test_the_first_of_a_shop_follows_what_ships_and_leaves_it_to_others():
    shipped = _version("photo", tenant=SHIPPED, state="serving")
    mine = _version()
    _measured(mine, beside=shipped, incumbent=None, beats_incumbent=None)  # of other categories

    made = _promote(mine)

    assert made.previous_id == shipped
    assert _serving() == mine
    assert _states(shipped) == ["serving"]


def test_what_nobody_measured_does_not_serve():
    new = _version()

    with pytest.raises(NotEvaluated, match="never evaluated"):
        _promote(new)

    assert _states(new) == ["candidate"]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ({"beats_baseline": False, "value": 20.1}, r"psnr_db 20\.100 against 20\.000 .* baseline"),
        ({"beats_incumbent": False}, r"psnr_db 24\.000 against 22\.000 .* what serves"),
        ({"fallen": ["bag", "hat"]}, "what serves is better in bag, hat"),
    ],
    ids=["baseline", "incumbent", "category"],
)
def test_what_is_not_better_does_not_serve_and_the_reason_is_said(found: dict[str, Any], why: str):
    old, new = _version(state="serving"), _version()
    _measured(new, beside=old, **found)

    with pytest.raises(NotBetter, match=why):
        _promote(new)

    assert _states(old, new) == ["serving", "candidate"]


def test_an_evaluation_beside_what_no_longer_serves_does_not_count():
    old, new, newest = _version(state="serving"), _version(), _version()
    for one in (new, newest):
        _measured(one, beside=old)
    _promote(new)

    with pytest.raises(NotEvaluated, match=r"now shoes@2 serves"):
        _promote(newest)

    assert _states(new, newest) == ["serving", "candidate"]


def test_the_newest_evaluation_decides():
    new = _version()
    _measured(new, beats_baseline=False)
    _measured(new)

    _promote(new)

    assert _serving() == new


def test_by_force_it_serves_and_what_kept_it_back_is_written_down():
    old, new = _version(state="serving"), _version()
    _measured(new, beside=old, beats_incumbent=False)

    made = _promote(new, force=True)

    assert _serving() == new
    assert made.forced
    assert made.refused is not None
    assert "what serves" in made.refused


def test_what_serves_already_is_said():
    serving = _version(state="serving")

    with pytest.raises(AlreadyServing, match="shoes@1"):
        _promote(serving, force=True)


@pytest.mark.parametrize("name", ["nobody@1", new_id()], ids=["label", "id"])
def test_what_is_not_there_cannot_be_promoted(name: str):
    with pytest.raises(VersionNotFound):
        _promote(name)


def test_another_shops_version_and_what_ships_cannot_be_promoted():
    theirs = _version(tenant="other")
    shipped = _version("photo", tenant=SHIPPED, state="serving")

    for one in (theirs, shipped):
        with pytest.raises(VersionNotFound):
            _promote(one, force=True)


def test_rolling_back_brings_back_what_served_before():
    old, new = _version(state="serving"), _version()
    _measured(new, beside=old)
    _promote(new)

    undone = _roll_back()

    assert _states(old, new) == ["serving", "retired"]
    assert undone.version_id == new
    assert undone.undone_at is not None
    assert undone.undone_by == KEY


def test_after_the_first_of_a_shop_what_ships_serves_again():
    shipped = _version("photo", tenant=SHIPPED, state="serving")
    mine = _version()
    _measured(mine, beside=shipped)
    _promote(mine)

    _roll_back()

    assert _serving() == shipped
    assert _states(mine) == ["retired"]


def test_rolling_back_twice_goes_back_two_steps():
    first, second, third = _version(state="serving"), _version(), _version()
    _measured(second, beside=first)
    _promote(second)
    _measured(third, beside=second)
    _promote(third)

    _roll_back()
    _roll_back()

    assert _states(first, second, third) == ["serving", "retired", "retired"]
    with pytest.raises(NothingToRollBack):
        _roll_back()


def test_a_retired_version_can_serve_again():
    old, new = _version(state="serving"), _version()
    _measured(new, beside=old)
    _promote(new)
    _measured(old, beside=new)

    _promote(old)

    assert _states(old, new) == ["serving", "retired"]


def test_of_a_network_that_was_never_promoted_nothing_is_rolled_back():
    new = _version(network="gan")
    _measured(new)
    _promote(new)

    with pytest.raises(NothingToRollBack):
        _roll_back("vae")

    assert _serving("gan") == new


def test_a_canary_leaves_what_serves_in_service():
    old, new = _version(state="serving"), _version()
    _measured(new, beside=old)

    _promote(new, share=0.25)

    assert _states(old, new) == ["serving", "candidate"]
    assert _version_row(new).canary_share == 0.25


def test_a_canary_that_is_promoted_whole_serves_everybody():
    old, new = _version(state="serving"), _version()
    _measured(new, beside=old)
    _promote(new, share=0.25)

    _promote(new)

    assert _states(old, new) == ["retired", "serving"]
    assert _version_row(new).canary_share is None


def test_a_second_canary_takes_the_place_of_the_first():
    first, second = _version(), _version()
    for one in (first, second):
        _measured(one)
        _promote(one, share=0.5)

    assert [_version_row(one).canary_share for one in (first, second)] == [None, 0.5]


def test_a_canary_is_taken_back_without_touching_what_serves():
    old, new = _version(state="serving"), _version()
    _measured(new, beside=old)
    _promote(new, share=0.5)

    _roll_back()

    assert _states(old, new) == ["serving", "candidate"]
    assert _version_row(new).canary_share is None


def test_the_newest_promotion_comes_first_and_other_shops_see_none():
    old, new = _version(), _version(network="gan")
    for one in (old, new):
        _measured(one)
        _promote(one)
    _roll_back("gan")

    with reading() as session:
        mine = promotions.of(session, TENANT)
        only = promotions.of(session, TENANT, "vae")
        theirs = promotions.of(session, "other")

    assert [one.version_id for one in mine] == [new, old]
    assert [one.version_id for one in only] == [old]
    assert theirs == []
    assert mine[0].undone_at is not None
