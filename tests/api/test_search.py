"""`GET /v1/search`: what was embedded is found by a stored vector, at once, without a network."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from starlette.testclient import TestClient

from db import embeddings, versions
from db.blobs import SHIPPED
from db.engine import transaction
from tests import issued, kept
from tests.factories import NOWHERE
from tests.rows import TENANT

Floats = NDArray[np.float32]
AXES = np.eye(4, dtype=np.float32)


@pytest.fixture
def version(home: object) -> str:
    """The id of a classifier that serves everybody."""
    return _version("eye", state="serving")


def _version(name: str, *, state: str, tenant: str = SHIPPED) -> str:
    told = {"network": "classifier", "weights_key": name.ljust(64, "0"), "card": "{}"}
    with transaction() as session:
        return versions.add(session, tenant=tenant, name=name, state=state, **told).id


def _embed(one: str, vector: Floats, version: str, *, tenant: str = TENANT) -> str:
    length = np.linalg.norm(vector)
    data = (vector / length).astype("<f2").tobytes()
    with transaction() as session:
        assert embeddings.keep(
            session, tenant, one, space=f"test-1:{version}", vector=data, dimension=len(vector)
        )
    return one


def _picture(name: str, vector: Floats, version: str, *, tenant: str = TENANT) -> str:
    return _embed(kept.picture(name.encode(), tenant=tenant), vector, version, tenant=tenant)


def _ids(client: TestClient, **query: object) -> list[str]:
    answer = client.get("/v1/search", params={**query})
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["found"]]


def test_what_is_alike_comes_in_order_with_its_kind(client: TestClient, version: str) -> None:
    near = _picture("near", AXES[0] + 0.1 * AXES[1], version)
    far = _picture("far", AXES[1], version)
    source = kept.picture(b"source")
    _, result = kept.made(source)
    _embed(result, AXES[0] + AXES[2], version)
    asked = _picture("asked", AXES[0], version)

    told = client.get("/v1/search", params={"picture": asked}).json()

    assert (told["version"], told["space"], told["compared"]) == ("eye@1", f"test-1:{version}", 3)
    assert [(one["id"], one["kind"]) for one in told["found"]] == [
        (near, "picture"),
        (result, "result"),
        (far, "picture"),
    ]
    assert [one["similarity"] for one in told["found"]] == pytest.approx(
        [0.995, 0.707, 0], abs=1e-3
    )
    assert _ids(client, result=result, k=1) == _ids(client, picture=result, k=1) == [asked]


@pytest.mark.parametrize("budget", [0, 500_000_000], ids=["read each time", "in memory"])
def test_what_comes_and_goes_between_two_searches_is_met(
    serve: Callable[..., TestClient], version: str, budget: int
) -> None:
    client = serve(search_index_bytes=budget)
    asked, first = _picture("asked", AXES[0], version), _picture("first", AXES[1], version)
    before = _ids(client, picture=asked)
    second = _picture("second", AXES[0] + AXES[3], version)
    with_second = _ids(client, picture=asked)

    assert client.delete(f"/v1/pictures/{first}").status_code == 204

    assert before == [first]
    assert with_second == [second, first]
    assert _ids(client, picture=asked) == [second]


@pytest.mark.parametrize("budget", [0, 500_000_000], ids=["read each time", "in memory"])
def test_many_are_found_as_comparing_all_of_them_says(
    serve: Callable[..., TestClient], version: str, monkeypatch: pytest.MonkeyPatch, budget: int
) -> None:
    monkeypatch.setattr("db.vectors.ROWS", 7)
    client = serve(search_index_bytes=budget)
    chance = np.random.default_rng(0)
    drawn = chance.standard_normal((40, 16)).astype(np.float32)
    names = [_picture(str(row), one, version) for row, one in enumerate(drawn)]
    whole = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype("<f2").astype(np.float32)
    wanted = [names[row] for row in np.argsort(-(whole @ whole[0])) if row != 0]

    assert _ids(client, picture=names[0], k=5) == wanted[:5]
    assert _ids(client, picture=names[0], k=100) == wanted


def test_whose_search_was_longest_ago_goes_first(
    serve: Callable[..., TestClient], version: str
) -> None:
    client = serve(search_index_bytes=1_500)
    other = TestClient(client.app, headers=issued.headers(issued.key("other")))
    mine = [_picture(str(n), AXES[n], version) for n in range(4)]
    theirs = [_picture(str(n), AXES[n], version, tenant="other") for n in range(3)]

    for _ in range(2):
        assert set(_ids(client, picture=mine[0])) == set(mine[1:])
        assert set(_ids(other, picture=theirs[0])) == set(theirs[1:])

    index = client.app.state.nearest  # type: ignore[attr-defined]
    assert [tenant for tenant, _ in index._shelves] == ["other"]


def test_a_vector_that_goes_while_it_is_compared_is_not_found(
    client: TestClient, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from db import erasure, vectors

    asked, goes = _picture("asked", AXES[0], version), _picture("goes", AXES[0], version)
    stays = _picture("stays", AXES[1], version)
    was, erased = vectors.present, []

    def late(*given: object) -> set[str]:
        if not erased:
            with transaction() as session:
                erased.append(erasure.erase_picture(session, TENANT, goes))
        return was(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(vectors, "present", late)

    assert _ids(client, picture=asked) == [stays]


def test_another_shop_s_are_neither_found_nor_asked_for(
    client: TestClient, other_shop: TestClient, version: str
) -> None:
    asked = _picture("asked", AXES[0], version)
    _picture("theirs", AXES[0], version, tenant="other")

    assert _ids(client, picture=asked) == []
    answer = other_shop.get("/v1/search", params={"picture": asked})
    assert (answer.status_code, answer.json()["code"]) == (404, "picture_not_found")


def test_versions_are_not_mixed(client: TestClient, version: str) -> None:
    asked, same = _picture("asked", AXES[0], version), _picture("same", AXES[0], version)
    mine = _version("mine", state="candidate", tenant=TENANT)
    _embed(asked, AXES[0], mine)

    assert _ids(client, picture=asked) == [same]
    assert _ids(client, picture=asked, version="mine@1") == []


def test_a_mirrored_copy_is_found_by_a_vector_of_our_recipe(
    client: TestClient, version: str
) -> None:
    from api.mirrored import both_ways

    chance = np.random.default_rng(0)
    drawn = chance.standard_normal((3, 384 + 16)).astype(np.float32)
    plain, other = drawn[0], drawn[1]
    mirrored = both_ways("look-1:x", plain)[1]
    names = []
    for name, vector in (("plain", plain), ("other", other), ("mirrored", mirrored)):
        one = kept.picture(name.encode())
        with transaction() as session:
            data = (vector / np.linalg.norm(vector)).astype("<f2").tobytes()
            space = f"look-1:{version}"
            embeddings.keep(session, TENANT, one, space=space, vector=data, dimension=400)
        names.append(one)

    (first, *_) = client.get("/v1/search", params={"picture": names[0]}).json()["found"]

    assert (first["id"], first["similarity"]) == (names[2], pytest.approx(1, abs=2e-3))


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 422, "validation_error"),
        ({"picture": NOWHERE, "result": NOWHERE}, 422, "validation_error"),
        ({"picture": "x"}, 422, "validation_error"),
        ({"picture": NOWHERE}, 404, "picture_not_found"),
        ({"result": NOWHERE}, 404, "result_not_found"),
        ({"picture": NOWHERE, "k": 0}, 422, "validation_error"),
        ({"picture": NOWHERE, "k": 101}, 422, "validation_error"),
        ({"picture": NOWHERE, "version": "no\0such"}, 422, "validation_error"),
        ({"picture": NOWHERE, "near": "1"}, 422, "validation_error"),
    ],
    ids=["nothing", "both", "no id", "picture", "result", "none", "many", "version", "unknown"],
)
def test_what_cannot_be_answered_is_told(
    client: TestClient, version: str, query: dict[str, object], status: int, code: str
) -> None:
    answer = client.get("/v1/search", params=query)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_what_nobody_embedded_and_what_serves_nobody_is_told(client: TestClient) -> None:
    picture = kept.picture()

    none = client.get("/v1/search", params={"picture": picture})
    _version("eye", state="serving")
    unseen = client.get("/v1/search", params={"picture": picture})
    unknown = client.get("/v1/search", params={"picture": picture, "version": "not-there@1"})

    assert (none.status_code, none.json()["code"]) == (404, "version_not_found")
    assert (unseen.status_code, unseen.json()["code"]) == (409, "not_embedded")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "version_not_found")


def test_what_was_erased_is_gone(client: TestClient, version: str) -> None:
    asked = _picture("asked", AXES[0], version)
    client.delete(f"/v1/pictures/{asked}")

    answer = client.get("/v1/search", params={"picture": asked})

    assert (answer.status_code, answer.json()["code"]) == (410, "erased")


def test_what_a_version_has_not_seen_is_told_page_by_page(
    client: TestClient, other_shop: TestClient, version: str
) -> None:
    _picture("seen", AXES[0], version)
    pictures = [kept.picture(str(number).encode()) for number in range(3)]
    _, result = kept.made(pictures[0])
    wanted = sorted([*pictures, result])

    told = client.get("/v1/search/unseen").json()
    first = client.get("/v1/search/unseen?limit=2").json()["ids"]
    rest = client.get("/v1/search/unseen", params={"after": first[-1]}).json()["ids"]

    assert told == {"version": "eye@1", "ids": wanted}
    assert [*first, *rest] == wanted
    assert other_shop.get("/v1/search/unseen").json()["ids"] == []
