"""Trainings and versions on the page: curves, grids, what serves, put into service, taken back."""

from starlette.testclient import TestClient

from db import blobs, datasets, versions
from db.engine import reading, transaction
from db.ids import new_id
from tests import rows
from tests.browsing import Browser
from tests.factories import png
from tests.rows import TENANT

HOSTILE = "<b onclick=x()>"


def version(label: str = "shoes", *, tenant: str = "shop", state: str = "candidate") -> str:
    with transaction() as session:
        return versions.add(
            session,
            tenant=tenant,
            name=label,
            network="vae",
            state=state,
            weights_key=new_id(),
            card=f'{{"name": "{HOSTILE}"}}',
        ).id


def training(*, tenant: str = "shop") -> str:
    """A training with three epochs, the last with a grid."""
    operation = {"dataset": "shoes", "network": "vae"}
    job_id = rows.queued("train", tenant=tenant, envelope={"operation": operation})
    key = blobs.put(tenant, png(48, 32))
    values = {
        "val_ssim": None, "identical": 0, "learning_rate": 1e-3, "seconds": 2.0,
        "images_per_s": 99.0, "peak_memory_mb": 321.5,
    }  # fmt: skip
    with transaction() as session:
        for number, psnr_db in enumerate((20.0, 21.0, None), 1):
            told = {"losses": {"l1": 1 / number}, "val_psnr_db": psnr_db}
            grid = {"grid_key": key} if number == 3 else {}
            datasets.record_epoch(session, job_id, number, {**values, **told, **grid})
    return job_id


def test_a_training_shows_its_curves_and_what_it_made(browser: Browser) -> None:
    job_id = training()

    page = browser.get(f"/admin/trainings/{job_id}").text
    curves = browser.get(f"/admin/trainings/{job_id}/curves").json()
    grid = browser.get(f"/admin/trainings/{job_id}/epochs/3/grid")

    assert page.count(f'data-curves="/admin/trainings/{job_id}/curves"') == 2
    assert 'hx-trigger="every 2s"' in page
    assert curves == {
        "epochs": [1, 2, 3],
        "losses": {"l1": [1.0, 0.5, 1 / 3]},
        "scores": {"PSNR, dB": [20.0, 21.0, None]},
    }
    assert grid.headers["content-type"] == "image/png"
    assert job_id in browser.get("/admin/trainings?op=train&state=").text


def test_what_serves_is_promoted_and_taken_back(browser: Browser) -> None:
    mine = version()

    refused = browser.post(f"/admin/versions/{mine}/promote", share="1")
    told = browser.post(f"/admin/versions/{mine}/promote", share="1", force="yes", reason="try it")

    assert refused.status_code == 409
    assert "not_evaluated" in refused.text
    assert told.headers["location"] == f"/admin/versions/{mine}?did=promoted"
    assert _state(mine) == "serving"
    assert "try it" in browser.get("/admin/versions").text
    back = browser.post("/admin/versions/rollback", network="vae")
    assert back.headers["location"] == "/admin/versions?did=rolled_back"
    assert _state(mine) != "serving"


def test_a_share_of_the_jobs_tries_a_version(browser: Browser) -> None:
    mine = version()

    browser.post(f"/admin/versions/{mine}/promote", share="0.25", force="yes")

    assert "25 % of jobs" in browser.get(f"/admin/versions/{mine}").text


def test_what_is_no_share_is_told(browser: Browser) -> None:
    mine = version()

    for share in ("much", "nan", "inf", "2", "0", "1e999"):
        told = browser.post(f"/admin/versions/{mine}/promote", share=share, force="yes")
        assert told.status_code in (400, 422), share
        assert "<main" in told.text
    assert _state(mine) == "candidate"


def test_what_a_card_says_is_shown_and_never_done(browser: Browser) -> None:
    page = browser.get(f"/admin/versions/{version()}").text

    assert HOSTILE not in page
    assert "&lt;b onclick=x()&gt;" in page


def test_what_another_shop_learns_is_not_there(browser: Browser, other_shop: TestClient) -> None:
    theirs, theirs_too = version("secret", tenant="other"), training(tenant="other")

    assert "secret" not in browser.get("/admin/versions").text
    assert theirs_too not in browser.get("/admin/trainings").text
    for path in (
        f"versions/{theirs}",
        f"trainings/{theirs_too}",
        f"trainings/{theirs_too}/curves",
        f"trainings/{theirs_too}/epochs/3/grid",
    ):
        assert browser.get(f"/admin/{path}").status_code == 404, path
    assert browser.post(f"/admin/versions/{theirs}/promote", force="yes").status_code == 404


def _state(version_id: str) -> str:
    with reading() as session:
        return versions.find(session, TENANT, version_id).state
