"""A merchant's story: train on a dataset, see each epoch, use the version that comes out."""

import io
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from api.client import ApiError
from tests.journeys.conftest import Studio, until

pytestmark = pytest.mark.journey

SMALL = "fashion-mnist-small"


@pytest.mark.parametrize("network", ["vae", "gan"])
def test_a_trained_network_serves_under_its_own_name(studio: Studio, network: str) -> None:
    trained = studio.do(
        {
            "op": "train",
            "dataset": SMALL,
            "network": network,
            "epochs": 2,
            "augment": {"rotate_deg": 5.0, "crop": 0.1, "scale": 0.1, "flip": True},
            "seed": 1,
        }
    )

    assert trained["state"] == "succeeded", trained["error"]
    assert [epoch["number"] for epoch in trained["epochs"]] == [1, 2]
    losses = {"vae": {"reconstruction", "kl"}, "gan": {"generator", "discriminator"}}[network]
    assert all(losses <= set(epoch["losses"]) for epoch in trained["epochs"])
    measured = [epoch["val_psnr_db"] is not None for epoch in trained["epochs"]]
    assert measured == [network == "vae"] * 2  # a random sample has no reference
    drawn = studio.do(
        {"op": "sample", "network": network, "version": trained["version"]["label"], "n": 2}
    )
    assert drawn["state"] == "succeeded", drawn["error"]
    assert drawn["results"][0]["model_version"] == trained["version"]["label"]


def test_a_promoted_version_serves_without_a_restart_and_is_taken_back(studio: Studio) -> None:
    trained = studio.do(
        {"op": "train", "dataset": SMALL, "network": "vae", "epochs": 1, "label": "promoted"}
    )
    label = trained["version"]["label"]
    drawn = {"op": "sample", "network": "vae", "n": 1}
    with studio.client() as client:
        workers = [one["id"] for one in client.workers()]
        with pytest.raises(ApiError) as refused:
            client.promote(label)
        client.promote(label, force=True, reason="a journey")
        promoted = until_served(studio, drawn, label)
        client.roll_back("vae")
        back = until_served(studio, drawn, "vae-fashion@1")

        assert refused.value.code == "not_better"  # one epoch of two hundred pictures
        assert (promoted, back) == (label, "vae-fashion@1")
        assert [one["id"] for one in client.workers()] == workers
        (kept,) = [one for one in client.promotions("vae") if one["reason"] == "a journey"]
        assert kept["forced"]
        assert kept["undone_at"] is not None


def until_served(studio: Studio, drawn: dict[str, Any], label: str) -> str:
    """The version of the newest job, once it is this one: workers ask every second."""
    for _ in range(10):
        served: str = studio.do(drawn)["results"][0]["model_version"]
        if served == label:
            break
        time.sleep(0.5)
    return served


def test_training_asked_for_twice_at_once_is_done_once_and_later_gives_another_version(
    studio: Studio,
) -> None:
    asked = {"operation": {"op": "train", "dataset": SMALL, "network": "vae", "epochs": 1}}
    with studio.client() as client:
        job = client.submit(asked)["id"]
        with pytest.raises(ApiError) as refused:
            client.submit(asked)
        first = client.wait([job], timeout_s=120)[0]
        second = client.wait([client.submit(asked)["id"]], timeout_s=120)[0]

    assert (refused.value.status, refused.value.code) == (409, "training_running")
    assert job in refused.value.detail
    assert first["state"] == second["state"] == "succeeded"
    assert first["version"]["label"] != second["version"]["label"]


def test_a_training_process_that_is_killed_goes_on_where_it_was(studio: Studio) -> None:
    with studio.client() as client:
        job = client.submit(
            {"operation": {"op": "train", "dataset": SMALL, "network": "vae", "epochs": 12}}
        )
        until(lambda: len(client.job(job["id"])["epochs"]) >= 2, 90, studio.lines)
        os.kill(_child_of(job["id"]), signal.SIGKILL)
        ended = client.wait([job["id"]], timeout_s=180)[0]

    assert ended["state"] == "succeeded", ended["error"]
    assert [epoch["number"] for epoch in ended["epochs"]] == list(range(1, 13))
    assert len(ended["attempts"]) == 2


def test_a_training_whose_worker_is_killed_ends_as_if_nothing_had_happened(
    studio: Studio,
) -> None:
    asked = {"op": "train", "dataset": SMALL, "network": "vae", "epochs": 12, "seed": 3}
    undisturbed = studio.do(asked | {"label": "undisturbed"})
    with studio.client() as client:
        job = client.submit({"operation": asked | {"label": "disturbed"}})["id"]
        until(lambda: len(client.job(job)["epochs"]) >= 2, 90, studio.lines)
        child = _child_of(job)
        (worker,) = [one["pid"] for one in client.workers() if one["queues"] == ["train"]]
        os.kill(worker, signal.SIGKILL)
        until(lambda: not Path(f"/proc/{child}").exists(), 30, studio.lines)
        ended = client.wait([job], timeout_s=180)[0]
        until(studio.has_workers, 60, studio.lines)

    assert ended["state"] == "succeeded", ended["error"]
    assert len(ended["attempts"]) == 2
    last, without = ended["epochs"][-1], undisturbed["epochs"][-1]
    assert last["number"] == without["number"] == 12
    assert last["val_psnr_db"] == pytest.approx(without["val_psnr_db"], abs=0.05)


def test_a_running_training_is_cancelled(studio: Studio) -> None:
    with studio.client() as client:
        job = client.submit(
            {"operation": {"op": "train", "dataset": SMALL, "network": "vae", "epochs": 1000}}
        )
        until(lambda: len(client.job(job["id"])["epochs"]) >= 1, 90)
        client.cancel(job["id"])
        ended = client.wait([job["id"]], timeout_s=60)[0]

    assert ended["state"] == "cancelled", ended["error"]
    # What it had come to is a candidate, and serves whoever names it.
    drawn = {"op": "sample", "network": "vae", "n": 1, "version": ended["version"]["label"]}
    assert studio.do(drawn)["state"] == "succeeded"


def test_a_shops_own_pictures_are_a_dataset(studio: Studio) -> None:
    pictures = [
        {"picture": studio.upload(_tile(hue)), "category": "warm" if hue < 60 else "cold"}
        for hue in range(0, 120, 5)
    ]
    with studio.client() as client:
        dataset = client.add_dataset("tiles", pictures, licence="own photographs")

    trained = studio.do(
        {"op": "train", "dataset": "tiles", "network": "vae", "epochs": 1, "batch_size": 4}
    )

    assert dataset["pictures"] == 24
    assert trained["state"] == "succeeded", trained["error"]
    drawn = studio.do(
        {"op": "sample", "network": "vae", "version": trained["version"]["id"], "category": "cold"}
    )
    with Image.open(io.BytesIO(studio.content(drawn["results"][0]))) as picture:
        assert picture.mode == "RGB"


def test_past_results_are_a_dataset_but_not_those_that_no_camera_saw(studio: Studio) -> None:
    made = [
        studio.do(
            {"op": "upscale", "picture": studio.upload(_tile(hue)), "scale": 2}, sku=f"s{hue}"
        )
        for hue in range(0, 100, 10)
    ]
    results = [
        {"picture": job["results"][0]["id"], "category": "tile"} for job in made if job["results"]
    ]
    drawn = studio.do({"op": "sample", "n": 1})["results"][0]["id"]
    with studio.client() as client:
        dataset = client.add_dataset("made", [*results, {"picture": drawn, "category": "tile"}])

    trained = studio.do(
        {"op": "train", "dataset": "made@1", "network": "gan", "epochs": 1, "batch_size": 4}
    )

    assert (dataset["pictures"], dataset["report"]["products"]) == (10, 10)
    assert [one["reason"] for one in dataset["report"]["left_out"]] == ["generated"]
    assert trained["state"] == "succeeded", trained["error"]


def test_three_pictures_are_too_few_to_learn_from(studio: Studio) -> None:
    pictures = [{"picture": studio.upload(_tile(hue)), "category": "few"} for hue in (5, 15, 25)]
    with studio.client() as client:
        client.add_dataset("three", pictures)

    problem = studio.refused({"op": "train", "dataset": "three", "network": "vae"})

    assert (problem.status, problem.code) == (422, "dataset_too_small")


def _tile(hue: int) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((40, 40), 40 + hue).convert("RGB").save(file, "PNG")
    return file.getvalue()


def _child_of(job_id: str) -> int:
    """The training process of a job, found as an operator would: by its command line."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if job_id.encode() in words and b"workers.run" in words:
                return int(entry.name)
    raise AssertionError(f"no process trains for job {job_id}")
