"""Trainings as their shop sees them: the best epoch, what came out, long runs by pages."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from db import datasets, erasure, transitions, versions
from db.engine import transaction
from tests import rows
from tests.factories import NOWHERE

EPOCH: dict[str, Any] = {
    "losses": {"l1": 0.5}, "val_psnr_db": None, "val_ssim": None, "identical": 0,
    "learning_rate": 1e-3, "seconds": 2.0, "images_per_s": 99.0, "peak_memory_mb": 321.5,
}  # fmt: skip


def training(op: str = "train", **asked: Any) -> str:
    wanted = {"dataset": "shoes", "network": "denoiser", **asked}
    return rows.queued(op, envelope={"operation": wanted})


def ended(job_id: str, *epochs: dict[str, Any]) -> None:
    with transaction() as session:
        for number, values in enumerate(epochs, 1):
            datasets.record_epoch(session, job_id, number, EPOCH | values)


def test_a_training_tells_its_best_epoch_and_what_came_out(client: TestClient) -> None:
    job_id = training(label="mine")
    (job,) = rows.claim(queue="train")
    ended(job_id, {"val_psnr_db": 20.0}, {"val_psnr_db": 30.0, "grid_key": "0" * 64},
          {"val_psnr_db": 25.0})  # fmt: skip
    with transaction() as session:
        transitions.report_progress(session, rows.lease_of(job), {"step": 5, "total": 10})
        made = versions.add(
            session, tenant="shop", name="mine", network="denoiser", state="candidate",
            weights_key="0" * 64, card="{}", job_id=job_id,
        )  # fmt: skip

    (listed,) = client.get("/v1/trainings").json()["items"]
    told = client.get(f"/v1/trainings/{job_id}").json()

    assert {name: told[name] for name in listed if name != "progress"} == {
        name: value for name, value in listed.items() if name != "progress"
    }
    assert (told["network"], told["dataset"], told["label"]) == ("denoiser", "shoes", "mine")
    assert (told["best"]["number"], told["last"]["number"], told["epochs_done"]) == (2, 3, 3)
    assert told["best"]["grid"] == f"/v1/jobs/{job_id}/epochs/2/grid"
    assert (told["progress"]["step"], told["progress"]["total"]) == (5, 10)
    assert told["made"] == {"id": made.id, "label": made.label}
    assert [epoch["number"] for epoch in told["epochs"]] == [1, 2, 3]


@pytest.mark.parametrize(
    ("epochs", "best"),
    [
        ([{"scores": {"accuracy": 0.9, "loss": 9.0}}, {"scores": {"accuracy": 0.8, "loss": 1}}], 1),
        ([{"val_psnr_db": 20.0}, {"val_psnr_db": 20.0}], 2),
        ([{}, {}, {}], 3),
    ],
    ids=["by its first score", "of two as good the later", "without a score the last"],
)
def test_the_best_is_what_the_training_keeps(
    client: TestClient, epochs: list[dict[str, Any]], best: int
) -> None:
    job_id = training()
    ended(job_id, *epochs)

    assert client.get(f"/v1/trainings/{job_id}").json()["best"]["number"] == best


def test_pages_lead_through_all_of_them_whatever_they_do(client: TestClient) -> None:
    made = [
        training(),
        training("tune"),
        rows.queued("evaluate", envelope={"operation": {"dataset": "d", "version": "v"}}),
        rows.queued(
            "compress", envelope={"operation": {"dataset": "d", "version": "v", "how": "prune"}}
        ),
        training(network="vae"),
    ]
    rows.queued("upscale")

    first = client.get("/v1/trainings?limit=3").json()
    rest = client.get(f"/v1/trainings?limit=3&cursor={first['next_cursor']}").json()

    found = [one["id"] for one in (*first["items"], *rest["items"])]
    assert found == made[::-1]
    assert rest["next_cursor"] is None
    measuring = client.get("/v1/trainings?op=evaluate").json()["items"]
    assert [(one["version"], one["network"]) for one in measuring] == [("v", None)]
    assert client.get("/v1/trainings?state=running").json()["items"] == []


def test_the_epochs_of_a_long_run_come_by_pages(client: TestClient) -> None:
    job_id = training()
    ended(job_id, *[{}] * 205)

    told = client.get(f"/v1/trainings/{job_id}").json()
    page = client.get(f"/v1/trainings/{job_id}/epochs?limit=200").json()
    last = client.get(told["links"]["epochs"], params={"cursor": page["next_cursor"]}).json()

    assert (len(told["epochs"]), told["epochs_done"]) == (200, 205)
    assert [one["number"] for one in (*page["items"], *last["items"])] == list(range(1, 206))
    assert last["next_cursor"] is None
    assert client.get(told["links"]["epochs"], params={"cursor": "x"}).status_code == 400


def test_an_epoch_more_is_another_revision_and_nothing_new_is_not_sent(client: TestClient) -> None:
    path = f"/v1/trainings/{(job_id := training())}"
    tag = client.get(path).headers["etag"]
    same = client.get(path, headers={"If-None-Match": tag})
    ended(job_id, {})
    other = client.get(path, headers={"If-None-Match": tag})

    assert (same.status_code, same.headers["retry-after"]) == (304, "2")
    assert other.status_code == 200


def test_another_shop_sees_none_and_what_is_none_is_not_found(
    client: TestClient, other_shop: TestClient
) -> None:
    job_id, other = training(), rows.queued("upscale")
    theirs = [other_shop.get(f"/v1/trainings/{job_id}{behind}") for behind in ("", "/epochs")]
    strange = [*theirs, *(client.get(f"/v1/trainings/{name}") for name in (other, NOWHERE, "x"))]

    assert other_shop.get("/v1/trainings").json()["items"] == []
    assert {(one.status_code, one.json()["code"]) for one in strange} == {
        (404, "training_not_found")
    }


def test_a_training_that_was_erased_is_gone(client: TestClient) -> None:
    job_id = training()
    client.post(f"/v1/jobs/{job_id}/cancel")
    with transaction() as session:
        erasure.erase_job(session, "shop", job_id)

    assert client.get(f"/v1/trainings/{job_id}").json()["code"] == "erased"
