"""The page of campaigns: what each arm has come to, and what an operator may do about it."""

from db import campaigns
from db.engine import transaction
from tests import counted
from tests.browsing import Browser


def test_a_campaign_is_found_and_tells_of_each_arm(browser: Browser) -> None:
    shoe, boot = counted.shown(), counted.shown()
    campaign = counted.campaign(shoe, boot)
    counted.told(counted.happened(shoe, times=98, campaign_id=campaign))
    counted.told(counted.happened(shoe, "click", times=24, campaign_id=campaign))

    listed = browser.get("/admin/campaigns").text
    page = browser.get(f"/admin/campaigns/{campaign}").text

    assert f'href="/admin/campaigns/{campaign}"' in listed
    assert "boots" in listed
    assert "Clicks per impression" in page
    assert page.count('<svg class="box slim"') == page.count('<svg class="bar"') == 2
    assert "25.00 %" in page  # (24 + 1) / (98 + 2)
    assert page.index(shoe) < page.index(boot)


def test_an_arm_is_retired_and_a_campaign_closed_by_their_buttons(browser: Browser) -> None:
    shoe = counted.shown()
    campaign = counted.campaign(shoe)
    page = f"/admin/campaigns/{campaign}"

    retired = browser.post(f"{page}/arms/{shoe}/retire")
    assert (retired.status_code, retired.headers["location"]) == (303, f"{page}?did=retired")
    assert "Retired: it is chosen no more" in browser.get(retired.headers["location"]).text
    closed = browser.post(f"{page}/close")
    assert "Closed: the campaign" in browser.get(closed.headers["location"]).text

    assert "</button>" not in browser.get(page).text.partition("<main")[2]
    record = browser.get("/admin/audit").text
    assert "/admin/campaigns/{campaign_id}/close" in record


def test_names_are_shown_and_not_obeyed(browser: Browser) -> None:
    counted.campaign(counted.shown(), name="<script>alert(1)</script>")

    assert "<script>alert" not in browser.get("/admin/campaigns").text


def test_nothing_of_others_is_shown(browser: Browser) -> None:
    theirs = counted.shown(tenant="other")
    with transaction() as session:
        made = campaigns.create(session, "other", name="theirs", goal="click", result_ids=[theirs])

    assert "theirs" not in browser.get("/admin/campaigns").text
    assert browser.get(f"/admin/campaigns/{made.id}").status_code == 404


def test_where_there_is_none_the_page_says_how_one_begins(browser: Browser) -> None:
    assert "packshot campaigns create" in browser.get("/admin/campaigns").text
