"""Datasets on the page: registered of ids and ticked results, and their next versions."""

import pytest
from starlette.testclient import TestClient

from db import datasets
from db.engine import reading, transaction
from db.tables.results import Result
from tests import factories, kept, opinions
from tests.api.test_datasets import of, register, rejected, shots
from tests.browsing import ODD, Browser
from tests.factories import NOWHERE


def manifest(name: str) -> list[tuple[str, str, str]]:
    with reading() as session:
        row = datasets.find(session, "shop", name)
    return [(one["picture"], one["category"], one["product"]) for one in row.manifest]


def test_a_line_for_each_picture_makes_a_dataset_and_its_report(
    browser: Browser, client: TestClient
) -> None:
    shoe, hat, bag = shots(client, 1, 2, 3)
    lines = f'{shoe}, shoe, SKU-1\r\n\r\n{hat},hat\r\n  {bag} , "bag, small" \r\n'

    told = browser.post("/admin/datasets", name="mine", licence="CC0-1.0", pictures=lines)

    assert told.headers["location"].endswith("?did=registered")
    page = browser.get(told.headers["location"]).text
    assert "mine@1" in page
    assert "3 were named" in page
    assert manifest("mine") == [
        (shoe, "shoe", "SKU-1"),
        (hat, "hat", hat),
        (bag, "bag, small", bag),
    ]


def test_the_next_version_begins_with_the_pictures_that_are_in_it(
    browser: Browser, client: TestClient
) -> None:
    shoe, hat, bag = shots(client, 1, 2, 3)
    first = register(
        client, name="mine", licence="ours",
        pictures=[*of("shoe", [shoe], product="SKU, 1"), *of("hat", [hat])],
    ).json()  # fmt: skip

    form = browser.get(f"/admin/datasets/{first['id']}/next").text
    lines = form.partition('spellcheck="false"')[2].partition(">")[2].partition("<")[0]
    text = lines.replace("&#34;", '"')
    told = browser.post(
        "/admin/datasets", name="mine", licence="ours", pictures=f"{text}{bag}, bag"
    )

    assert 'value="mine"' in form
    assert 'value="ours"' in form
    assert "mine@2" in browser.get(told.headers["location"]).text
    assert manifest("mine@2")[:2] == manifest("mine@1")
    assert manifest("mine@2")[2] == (bag, "bag", bag)


def test_consent_is_a_word_in_a_line_and_stays_said(browser: Browser, client: TestClient) -> None:
    body, garment = shots(client, 1, 2)
    opinions.made(3, op="try_on", asked={"picture": body, "garment": garment})
    lines = f"{body}, shirt, , consent\n{garment}, shirt"

    told = browser.post("/admin/datasets", name="mine", pictures=lines)

    page = browser.get(told.headers["location"]).text
    assert "by their consent" in page
    assert manifest("mine") == [(body, "shirt", body), (garment, "shirt", garment)]
    assert f"{body},shirt,,consent\n" in browser.get("/admin/datasets/mine/next").text


def test_a_line_whose_last_word_is_another_is_refused(browser: Browser) -> None:
    told = browser.post("/admin/datasets", name="mine", pictures=f"{NOWHERE}, shirt, , agreed")

    assert told.status_code == 422
    assert "id, category, product, consent" in told.text


def test_results_that_are_ticked_enter_in_the_category_beside_them(browser: Browser) -> None:
    _, result = kept.made(data=factories.encoded(factories.shot(4), "PNG"))
    with transaction() as session:
        session.get_one(Result, result).height = session.get_one(Result, result).width = 64

    form = browser.get("/admin/datasets/new").text
    told = browser.post(
        "/admin/datasets", name="best", category="shoe", **{f"result {result}": "yes"}
    )

    assert f'name="result {result}"' in form
    assert told.status_code == 303, told.text
    ((picture, category, _),) = manifest("best")
    assert (picture, category) == (result, "shoe")


def test_ratings_make_the_next_version(browser: Browser, client: TestClient) -> None:
    shoe, boot = shots(client, 1, 2)
    first = register(client, name="mine", pictures=of("shoe", [shoe])).json()
    rejected(client, boot)

    told = browser.post(f"/admin/datasets/{first['id']}/feedback")
    again = browser.post("/admin/datasets/mine/feedback")

    assert "mine@2" in browser.get(told.headers["location"]).text
    assert (again.status_code, "nothing_rated" in again.text) == (422, True)


def test_the_report_names_what_was_left_out(browser: Browser, client: TestClient) -> None:
    (shoe,) = shots(client, 1)
    (small,) = [client.post("/v1/pictures", files={"file": factories.png(20, 20)}).json()["id"]]

    told = browser.post("/admin/datasets", name="mine", pictures=f"{shoe},a\n{small},b")

    page = browser.get(told.headers["location"]).text
    assert "too_small" in page
    assert small in page
    assert "Nothing is left of: b." in page


@pytest.mark.parametrize(
    ("fields", "status", "named"),
    [
        ({}, 422, "/pictures"),
        ({"pictures": f"{NOWHERE},a", "name": ""}, 422, "/name"),
        ({"pictures": f"{NOWHERE},a", "name": "../x"}, 422, "/name"),
        ({"pictures": f"{NOWHERE},a\n{NOWHERE},a,b,c"}, 422, "/pictures/1"),
        ({"pictures": f'{NOWHERE},"a'}, 422, "/pictures/0"),
        ({"pictures": NOWHERE}, 422, "/pictures/0/category"),
        ({"pictures": "no id, a"}, 422, "/pictures/0/picture"),
        ({"pictures": f"{NOWHERE},a"}, 404, "/pictures/0/picture"),
        ({f"result {NOWHERE}": "yes"}, 422, "/pictures/0/category"),
        ({f"result {NOWHERE}": "yes", "category": "a"}, 404, "/pictures/0/picture"),
        ({"result <b>": "yes", "category": "a"}, 422, "/pictures/0/picture"),
    ],
)
def test_what_is_no_dataset_is_told_by_its_field(
    browser: Browser, fields: dict[str, str], status: int, named: str
) -> None:
    told = browser.post("/admin/datasets", **({"name": "mine"} | fields))

    assert (told.status_code, f"<code>{named}</code>" in told.text) == (status, True), told.text
    assert "<b>" not in told.text


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_any_text_at_all_is_answered(browser: Browser, client: TestClient, text: str) -> None:
    (shoe,) = shots(client, 1)

    for fields in (
        {"pictures": text},
        {"pictures": f'{shoe},"{text}"', "licence": text},
        {"category": text, f"result {text}": text},
    ):
        told = browser.post("/admin/datasets", name="mine", **fields)
        assert told.status_code < 500, fields
        assert "<script>alert" not in told.text


def test_a_form_of_thousands_of_pictures_is_read(browser: Browser) -> None:
    told = browser.post("/admin/datasets", name="mine", pictures=f"{NOWHERE},shoe\n" * 5_000)

    assert (told.status_code, "picture_not_found" in told.text) == (404, True)


def test_of_others_and_of_what_ships_there_is_no_next_version(browser: Browser) -> None:
    theirs = kept.dataset(kept.picture(tenant="other"), tenant="other", name="theirs")

    assert browser.get(f"/admin/datasets/{theirs}/next").status_code == 404
    assert browser.post(f"/admin/datasets/{theirs}/feedback").status_code == 404
