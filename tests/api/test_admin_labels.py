"""Labels on the page: what a classification proposes is answered by one key each."""

from pathlib import Path

from starlette.testclient import TestClient

from db import labels
from db.engine import reading
from tests import opinions, proposed
from tests.browsing import Browser
from tests.rows import TENANT


def _said() -> dict[str, str]:
    with reading() as session:
        return labels.of(session, TENANT)


def test_what_is_proposed_is_confirmed_corrected_or_rejected(browser: Browser) -> None:
    first, second, third = (opinions.upload(number) for number in range(3))
    for picture in (first, second, third):
        proposed.classified(picture, "boot")

    page = browser.get("/admin/labels").text
    said = [
        browser.post(f"/admin/labels/{third}", verdict="confirm", next="/admin/labels"),
        browser.post(f"/admin/labels/{second}", verdict="correct", category="hat"),
        browser.post(f"/admin/labels/{first}", verdict="reject"),
    ]

    assert f"/admin/labels/{third}/content" in page
    assert "Confirm boot" in page
    assert all(f'data-key="{key}"' in page for key in ("a", "r", "j", "k", "1"))
    assert said[0].headers["location"] == "/admin/labels?did=confirmed"
    assert [one.status_code for one in said] == [303] * 3
    assert _said() == {third: "boot", second: "hat"}
    assert "Nothing waits" in browser.get("/admin/labels").text


def test_its_picture_is_shown_and_what_hostile_categories_say_is_text(browser: Browser) -> None:
    picture = opinions.upload(0)
    proposed.classified(picture, "<script>alert(1)</script>")

    assert browser.get(f"/admin/labels/{picture}/content").headers["content-type"] == "image/png"
    page = browser.get("/admin/labels").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_one_comes_behind_another(browser: Browser) -> None:
    first, second = opinions.upload(0), opinions.upload(1)
    for picture in (first, second):
        proposed.classified(picture, "boot")

    page = browser.get("/admin/labels").text
    (later,) = [part for part in page.split('"') if part.startswith("/admin/labels?cursor=")]

    assert first in browser.get(later).text
    assert second not in browser.get(later).text


def test_another_shop_s_is_not_there(browser: Browser, other_shop: TestClient, home: Path) -> None:
    from db import intake, pictures
    from db.engine import transaction
    from tests import factories

    with transaction() as session:
        checked = intake.check(factories.png())
        theirs = pictures.register(session, "other", checked, name=None).picture.id
    proposed.classified(theirs, "boot", tenant="other")

    assert "Nothing waits" in browser.get("/admin/labels").text
    assert browser.get(f"/admin/labels/{theirs}/content").status_code == 404
    assert browser.post(f"/admin/labels/{theirs}", verdict="confirm").status_code == 404
    assert browser.post(f"/admin/labels/{theirs}", verdict="perhaps").status_code == 422
