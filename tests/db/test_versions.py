"""The weights we serve: whose, which, and by what name."""

from typing import Any

import pytest

from db import clock, versions
from db.blobs import SHIPPED
from db.engine import reading, transaction
from db.ids import new_id
from db.tables.versions import Version
from db.versions import VersionNotFound
from tests import rows
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")


def _add(
    name: str = "shoes", *, tenant: str = TENANT, weights: str = "", **columns: Any
) -> Version:
    values = {"network": "gan", "state": "serving", "card": "{}", **columns}
    with transaction() as session:
        added = versions.add(
            session, tenant=tenant, name=name, weights_key=weights or new_id(), **values
        )
        session.flush()
        session.refresh(added)
    return added


def _find(name: str, *, tenant: str = TENANT, network: str | None = None) -> str:
    with reading() as session:
        return versions.find(session, tenant, name, network=network).id


def _choose(tenant: str = TENANT, **needs: str | None) -> dict[str, str]:
    with reading() as session:
        return versions.choose(session, tenant, needs)


def test_versions_of_one_name_are_numbered():
    labels = [_add("shoes").label, _add("boots").label, _add("shoes").label, _add("shoe").label]

    assert labels == ["shoes@1", "boots@1", "shoes@2", "shoe@1"]


def test_the_tenth_version_comes_after_the_ninth():
    labels = [_add("shoes").label for _ in range(11)]

    assert labels[-2:] == ["shoes@10", "shoes@11"]


def test_a_name_with_a_wildcard_counts_its_own_versions_only():
    _add("a_b")
    _add("axb")
    _add("axb")

    assert _add("a_b").label == "a_b@2"


def test_each_tenant_counts_for_itself():
    _add("shoes")

    assert _add("shoes", tenant="another").label == "shoes@1"


def test_the_same_weights_registered_again_are_the_version_that_is_there():
    first = _add("gan-fashion", tenant=SHIPPED, weights="0" * 64)

    again = _add("gan-fashion", tenant=SHIPPED, weights="0" * 64)

    assert (again.id, again.label) == (first.id, "gan-fashion@1")


def test_a_training_job_that_commits_twice_has_one_version():
    job_id = rows.queued()
    first = _add("shoes", job_id=job_id)

    again = _add("shoes", job_id=job_id)

    assert again.id == first.id


def test_a_version_is_found_by_its_id_and_by_its_label():
    added = _add("shoes")

    assert _find("shoes@1") == added.id
    assert _find(added.id) == added.id


def test_a_version_of_another_network_is_not_the_one_asked_for():
    _add("shoes", network="gan")

    assert _find("shoes@1", network="gan")
    with pytest.raises(VersionNotFound, match=r"'shoes@1' of network vae"):
        _find("shoes@1", network="vae")


def test_nobody_finds_another_tenants_version():
    added = _add("shoes", tenant="another")

    for name in ("shoes@1", added.id):
        with pytest.raises(VersionNotFound):
            _find(name)


def test_what_ships_with_us_is_everybodys_but_ones_own_comes_first():
    shipped = _add("shoes", tenant=SHIPPED)
    assert _find("shoes@1") == shipped.id

    own = _add("shoes")

    assert _find("shoes@1") == own.id
    assert _find("shoes@1", tenant="another") == shipped.id


def test_the_newest_serving_version_of_a_network_is_chosen():
    _add("a")
    newest = _add("b")
    _add("c", state="candidate")
    _add("d", state="retired")
    _add("e", network="vae")

    assert _choose(gan=None) == {"gan": newest.id}


def test_a_shipped_version_serves_until_the_tenant_has_its_own():
    own = _add("mine")
    with transaction() as session:
        session.get_one(Version, own.id).created_at = clock.seconds_from_now(-1000)
    shipped = _add("gan-fashion", tenant=SHIPPED)

    assert _choose(gan=None) == {"gan": own.id}
    assert _choose("another", gan=None) == {"gan": shipped.id}


def test_a_candidate_is_used_by_whoever_names_it():
    candidate = _add("mine", state="candidate")

    assert _choose(gan="mine@1") == {"gan": candidate.id}


def test_nothing_that_serves_is_said_with_what_mends_it():
    with pytest.raises(VersionNotFound, match="packshot init"):
        _choose(gan=None)


def test_an_operation_without_networks_needs_no_version():
    assert _choose() == {}


def test_a_tenant_sees_its_own_and_what_ships_newest_first():
    shipped, own = _add("a", tenant=SHIPPED), _add("b")
    with transaction() as session:
        session.get_one(Version, shipped.id).created_at = clock.seconds_from_now(-10)
    _add("c", tenant="another")

    with reading() as session:
        assert [one.id for one in versions.visible(session, TENANT)] == [own.id, shipped.id]
        assert versions.get(session, own.id).label == "b@1"


# What jobs will ask for


def _likely(most: int = 9) -> list[str]:
    with reading() as session:
        return list(versions.likely(session, most=most))


def _of_age(added: Version, seconds: int) -> str:
    with transaction() as session:
        session.get_one(Version, added.id).created_at = clock.seconds_from_now(-seconds)
    return added.id


def test_what_ships_is_likeliest_then_the_newest_that_serve_whosever_they_are():
    old = _of_age(_add("a"), 30)
    newer = _of_age(_add("b", tenant="another", network="vae"), 20)
    first_shipped = _of_age(_add("gan-fashion", tenant=SHIPPED), 90)
    last_shipped = _of_age(_add("vae-fashion", tenant=SHIPPED, network="vae"), 80)

    assert _likely() == [last_shipped, first_shipped, newer, old]


def test_what_does_not_serve_is_not_likely():
    serving = _add("a")
    for state in ("candidate", "retired"):
        _add("b", state=state)

    assert _likely() == [serving.id]


def test_no_more_are_likely_than_there_is_room_for():
    made = [_of_age(_add(name), age) for age, name in enumerate("abc")]

    assert _likely(2) == made[:2]
    assert _likely(0) == []


def test_of_versions_of_one_moment_the_later_id_is_likelier():
    made = [_of_age(_add(name), 10) for name in "abc"]
    with transaction() as session:
        moment = session.get_one(Version, made[0]).created_at
        for one in made:
            session.get_one(Version, one).created_at = moment

    assert _likely() == sorted(made, reverse=True)
