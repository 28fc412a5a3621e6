"""An operator in a real browser: signs in, watches, compares, approves, trains and promotes."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.factories import shot
from tests.journeys import browser
from tests.journeys.browser import PHONE, Sitting
from tests.journeys.conftest import Studio

pytestmark = pytest.mark.journey

PAGES = (
    *("", "/jobs", "/gallery", "/review", "/quality", "/trainings", "/versions", "/datasets"),
    *("/campaigns", "/workers", "/webhooks", "/usage", "/tenants", "/keys", "/audit"),
    *("/jobs?state=lost", "/datasets/new", "/tenants/shop"),
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.started() as started:
        yield started


@pytest.fixture
def operator(chromium: Browser, studio: Studio) -> Iterator[Sitting]:
    """Signed in with the key that `packshot up` has written."""
    with browser.sitting(chromium, studio.url) as who:
        who.sign_in(studio.key() or "")
        yield who


@pytest.fixture(scope="module")
def held(studio: Studio) -> dict[str, Any]:
    """A job whose result missed its gate, with heat maps."""
    clean = studio.upload(_png(shot(1, 96)))
    noisy = studio.upload(_png(shot(1, 96).effect_spread(2)))
    job = studio.do(
        {"op": "denoise", "picture": noisy},
        reference=clean,
        explain=True,
        sku="SKU-HELD",
        gates={"psnr_db": {"min": 80}},
    )
    assert job["results"][0]["visibility"] == "held"
    return job


def test_one_who_signs_in_sees_a_job_run_and_compares_what_came_out(
    operator: Sitting, studio: Studio
) -> None:
    page = operator.page
    picture = studio.upload(_png(shot(2, 96)))
    order = {"operation": {"op": "upscale", "picture": picture}, "explain": True, "sku": "SKU-SEEN"}
    with studio.client() as client:
        client.pause("gpu")
        job_id = client.submit(order)["id"]
        expect(page.locator("#live .tile").first).to_contain_text("1")  # due, without a reload
        operator.go("/admin/jobs")
        page.get_by_role("searchbox", name="Search").fill("SKU-SEEN")
        page.get_by_role("link", name=job_id[:13]).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("queued")
        client.resume("gpu")
    expect(page.get_by_role("heading", level=1)).to_contain_text("succeeded")

    page.locator(".card a").first.click()

    expect(page.locator("img-comparison-slider.rendered")).to_be_visible()
    for image in page.locator("img-comparison-slider img").all():
        expect(image).to_have_js_property("complete", value=True)
        assert image.evaluate("image => image.naturalWidth") >= 96
    expect(page.get_by_role("heading", name="Scores")).to_be_visible()


def test_what_a_gate_held_is_approved_by_one_key(
    operator: Sitting, studio: Studio, held: dict[str, Any]
) -> None:
    page, result = operator.page, held["results"][0]
    operator.go(f"/admin/results/{result['id']}")
    expect(page.get_by_role("heading", name="Heat maps")).to_be_visible()
    operator.go("/admin/review")
    expect(page.locator("main")).to_contain_text("SKU-HELD")

    page.keyboard.press("a")

    expect(page.get_by_role("status")).to_contain_text("published")
    expect(page.locator("main")).not_to_contain_text("SKU-HELD")  # what others held may wait still
    with studio.client() as client:
        assert client.job(held["id"])["results"][0]["visibility"] == "published"


def test_a_training_is_watched_and_its_version_put_into_service_and_taken_back(
    operator: Sitting, studio: Studio
) -> None:
    page = operator.page
    training = {"op": "train", "dataset": "fashion-mnist-small", "network": "vae", "epochs": 2}
    with studio.client() as client:
        job_id = client.submit({"operation": {**training, "label": "watched"}})["id"]
    operator.go(f"/admin/trainings/{job_id}")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("succeeded", timeout=200_000)
    expect(page.locator(".chart canvas")).to_have_count(2)
    grid = page.get_by_role("img", name="after epoch 2")
    expect(grid).to_be_visible()

    page.get_by_role("link", name="watched").click()
    page.get_by_label("also if it was not measured to be better").check()
    page.get_by_label("Why").fill("seen in a browser")
    page.get_by_role("button", name="Promote").click()

    expect(page.get_by_role("status")).to_contain_text("Promoted")
    expect(heading).to_contain_text("serving")
    operator.go("/admin/versions")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Roll back").click()
    expect(page.get_by_role("status")).to_contain_text("Rolled back")
    expect(page.locator("main")).to_contain_text("seen in a browser")


def test_one_makes_a_tenant_a_webhook_and_a_dataset_by_hand(
    operator: Sitting, studio: Studio
) -> None:
    page = operator.page
    page.on("dialog", lambda dialog: dialog.accept())
    operator.go("/admin/tenants")
    page.get_by_label("Name").fill("boutique")
    page.get_by_label("Jobs that wait").fill("500")
    page.get_by_role("button", name="Make the tenant").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Keys of boutique")

    operator.go("/admin/webhooks")
    page.get_by_text("A further address").click()
    page.get_by_label("Address").fill("https://shop.example/hooks")
    page.get_by_label("job.succeeded").check()
    page.get_by_role("button", name="Let it hear").click()
    expect(page.locator(".secret")).to_contain_text("whsec_")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status")).to_contain_text("Removed")

    picture = studio.upload(_png(shot(7, 96)))
    operator.go("/admin/datasets")
    page.get_by_role("link", name="A further dataset").click()
    page.get_by_label("Name").fill("by-hand")
    page.get_by_label("A line for each").fill(f"{picture}, shoe")
    page.get_by_role("button", name="Register the version").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("by-hand@1")
    (made,) = studio.do({"op": "upscale", "picture": studio.upload(_png(shot(8, 96)))})["results"]
    with studio.client() as client:
        client.rate(made["id"], 1)
    page.get_by_role("button", name="Next version by ratings").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("by-hand@2")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_page_is_readable_by_all_and_on_a_phone(
    chromium: Browser, studio: Studio, held: dict[str, Any], colours: str
) -> None:
    result, worker = held["results"][0]["id"], f"/jobs/{held['id']}"
    picture = studio.upload(_png(shot(3, 96)))
    (shown,) = studio.do({"op": "upscale", "picture": picture})["results"]
    with studio.client() as client:
        version = client.versions()[0]["id"]
        campaign = client.add_campaign(f"in {colours}", [shown["id"]])["id"]
        client.choose(campaign, impression="counted")
    of_one = (f"/results/{result}", f"/versions/{version}", f"/campaigns/{campaign}")
    more = (*of_one, worker, "/sign-in")
    found: dict[str, list[str]] = {}
    with browser.sitting(chromium, studio.url, colours=colours, size=PHONE) as who:
        who.sign_in(studio.key() or "")
        for path in (*PAGES, *more):
            who.go(f"/admin{path}")
            found[path] = who.faults()
            assert not who.reaches_beyond(), path
            assert not who.hides_where(), path
        who.complaints[:] = [one for one in who.complaints if "422" not in one]  # state=lost

    assert {path: faults for path, faults in found.items() if faults} == {}


def test_a_session_ends_with_its_key_while_one_looks(chromium: Browser, studio: Studio) -> None:
    with studio.client() as client:
        issued = client.add_key("leaver", ["admin"])
    with browser.sitting(chromium, studio.url) as who:
        who.sign_in(issued["key"])
        with studio.client() as client:
            client.revoke_key(issued["id"])

        expect(who.page.get_by_role("button", name="Sign in")).to_be_visible(timeout=40_000)
        who.complaints.clear()  # the stream that was refused


def _png(image: Image.Image) -> bytes:
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()
