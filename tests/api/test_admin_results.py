"""Results on the page: as a gallery, beside their source, with heat maps, and reviewed."""

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from db import blobs, results, transitions
from db.engine import reading, transaction
from db.tables.jobs import SUCCEEDED
from db.transitions import Outcome
from tests import factories, rows
from tests.browsing import Browser
from tests.rows import TENANT

SCALE = {"name": "delta_e", "min": 0.0, "max": 10.0, "dark": 0.0}
HOSTILE = '"><script>alert(1)</script>'


def delivered(*, tenant: str = TENANT, hue: int = 0, **columns: Any) -> tuple[str, str]:
    """The ids of a job and of its result, with real bytes and a heat map."""
    rows.queued(tenant=tenant, envelope={"explain": True})
    (job,) = rows.claim()
    lease = rows.lease_of(job)
    made = blobs.put(tenant, factories.png(400, 300, hue=hue))
    source = blobs.put(tenant, factories.jpeg(200, 150))
    told = {"blob_key": made, "sha256": made, "source_key": source, "width": 400, "height": 300}
    result = rows.result(lease, tenant=tenant, psnr_db=33.25, ssim=0.9612, **told, **columns)
    heat = {"picture_key": made, "result_id": result.id, "tenant": tenant, "scale": SCALE}
    outcome = Outcome(
        lease, SUCCEEDED, results=[result], stages=[rows.stage(lease, name="delta_e", **heat)]
    )
    with transaction() as session:
        transitions.finish(session, [outcome])
    return job.id, result.id


def test_the_gallery_shows_what_was_delivered_small(browser: Browser) -> None:
    _, result_id = delivered(sku="SKU-7")

    page = browser.get("/admin/gallery").text
    small = browser.get(f"/admin/results/{result_id}/content?side=160")

    assert f"/admin/results/{result_id}/content?side=320" in page
    assert "33.2 dB" in page
    assert small.headers["content-type"] == "image/webp"
    assert "default-src 'none'" in small.headers["content-security-policy"]


def test_a_browser_that_has_a_picture_is_told_so(browser: Browser) -> None:
    _, result_id = delivered()
    for query in ("", "?side=160"):
        path = f"/admin/results/{result_id}/content{query}"
        tag = browser.get(path).headers["etag"]

        again = browser.get(path, **{"If-None-Match": tag})

        assert (again.status_code, again.content) == (304, b"")


def test_the_gallery_is_narrowed(browser: Browser) -> None:
    _, shown = delivered(sku="one")
    _, held = delivered(sku="two", visibility="held", hue=9)

    assert shown in browser.get("/admin/gallery?sku=one").text
    assert held not in browser.get("/admin/gallery?sku=&op=&min_psnr_db=30").text
    assert held in browser.get("/admin/gallery?visibility=held").text
    assert shown not in browser.get("/admin/gallery?min_psnr_db=40").text


def test_a_result_stands_beside_its_source_with_scores_and_heat_maps(browser: Browser) -> None:
    job_id, result_id = delivered()

    page = browser.get(f"/admin/results/{result_id}").text
    source = browser.get(f"/admin/results/{result_id}/parts/source")
    heat = browser.get(f"/admin/jobs/{job_id}/stages/delta_e")

    assert "<img-comparison-slider" in page
    assert "33.25 dB" in page
    assert "0.9612" in page
    assert f"/admin/jobs/{job_id}/stages/delta_e" in page
    assert "delta_e: 0.0 to 10.0" in page
    assert source.headers["content-type"] == "image/jpeg"
    assert heat.headers["content-type"] == "image/png"


def test_a_result_has_no_other_parts_and_sizes(browser: Browser) -> None:
    _, result_id = delivered()

    for path in ("parts/reference", "parts/blob", "parts/sha256", "content?side=7"):
        assert browser.get(f"/admin/results/{result_id}/{path}").status_code == 404, path


def test_what_a_shop_wrote_is_shown_and_never_done(browser: Browser) -> None:
    _, result_id = delivered(sku=HOSTILE, channel=HOSTILE, model_version=HOSTILE)

    for path in ("/admin", "/admin/gallery", f"/admin/results/{result_id}"):
        page = browser.get(path).text
        assert HOSTILE not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_what_a_gate_held_is_let_go_or_kept_one_after_the_other(browser: Browser) -> None:
    _, first = delivered(visibility="held")
    _, second = delivered(visibility="held", hue=9)

    page = browser.get("/admin/review").text
    approved = browser.post(
        f"/admin/results/{second}/review", verdict="approve", next="/admin/review"
    )
    rejected = browser.post(
        f"/admin/results/{first}/review", verdict="reject", next="/admin/review"
    )

    assert second in page
    assert 'data-key="a"' in page
    assert 'data-key="r"' in page
    assert approved.headers["location"] == "/admin/review?did=approved"
    assert rejected.headers["location"] == "/admin/review?did=rejected"
    assert _visibility(second) == "published"
    assert _visibility(first) == "quarantined"
    assert "Nothing waits" in browser.get("/admin/review").text


def test_the_review_goes_on_to_what_came_before(browser: Browser) -> None:
    _, first = delivered(visibility="held")
    _, second = delivered(visibility="held", hue=9)

    page = browser.get("/admin/review").text
    (later,) = [part for part in page.split('"') if part.startswith("/admin/review?cursor=")]
    behind = browser.get(later).text

    assert second in page
    assert first not in page
    assert first in behind


def test_no_other_verdict_is_taken(browser: Browser) -> None:
    _, held = delivered(visibility="held")

    for verdict in ("", "publish"):
        assert browser.post(f"/admin/results/{held}/review", verdict=verdict).status_code == 422
    assert _visibility(held) == "held"


def test_another_shops_result_is_not_there(
    browser: Browser, other_shop: TestClient, home: Path
) -> None:
    job_id, theirs = delivered(tenant="other", visibility="held")

    for path in ("", "/content", "/content?side=160", "/parts/source"):
        assert browser.get(f"/admin/results/{theirs}{path}").status_code == 404, path
    assert browser.get(f"/admin/jobs/{job_id}/stages/delta_e").status_code == 404
    assert browser.post(f"/admin/results/{theirs}/review", verdict="approve").status_code == 404
    assert theirs not in browser.get("/admin/gallery?visibility=all").text
    assert "Nothing waits" in browser.get("/admin/review").text


def _visibility(result_id: str) -> str:
    with reading() as session:
        row = results.find(session, TENANT, result_id)
        assert row is not None
        return row.visibility
