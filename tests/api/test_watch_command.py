"""`packshot watch`: how far a training is, how its epochs went, and what they show."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.commands.delivery import _seen
from tests.api import scripted
from tests.api.scripted import Answer, Asked
from tests.factories import NOWHERE

Run = Callable[..., int]


def job(state: str = "running", epochs: int = 1, step: int = 30) -> dict[str, Any]:
    told = [
        {
            "number": number, "losses": {"kl": 1.25}, "val_psnr_db": 20.0 + number, "val_ssim": 0.5,
            "scores": None, "seconds": 2.0, "peak_memory_mb": 300.0, "grid": f"/grid/{number}",
        }
        for number in range(1, epochs + 1)
    ]  # fmt: skip
    return {
        "id": NOWHERE, "op": "train", "state": state, "results": [], "error": None, "epochs": told,
        "progress": {"step": step, "total": 120, "epochs": 4}, "version": None, "revision": 1,
    }  # fmt: skip


def stream(*told: dict[str, Any]) -> Answer:
    """An event for each, the last of which is the end."""
    kinds = ["progress"] * (len(told) - 1) + ["end"]
    said = (
        f"id: {number}\nevent: {kind}\ndata: {json.dumps(data)}\n\n"
        for number, (kind, data) in enumerate(zip(kinds, told, strict=True), 1)
    )
    return Answer(body="".join(said).encode(), headers={"Content-Type": "text/event-stream"})


def told(job: dict[str, Any]) -> dict[str, Any]:
    epoch = job["epochs"][-1] if job["epochs"] else None
    return {"job_id": job["id"], "revision": 1, "epoch": epoch} | {
        name: job[name] for name in ("op", "state", "progress")
    }


def test_a_training_s_bar_says_the_epoch_and_the_last_score():
    assert _seen(job(), {}) == {
        "completed": 0.25,
        "now": "train running, epoch 2 of 4, val_psnr_db 21",
    }


def test_a_training_that_is_over_is_whole():
    assert _seen(job("succeeded", epochs=4, step=120), {}) == {
        "completed": 1.0,
        "now": "train succeeded",
    }


def test_a_job_that_says_nothing_of_its_progress_is_at_its_beginning():
    assert _seen({"id": "x", "op": "upscale", "state": "queued", "progress": None}, {}) == {
        "completed": 0,
        "now": "upscale queued",
    }


def test_watching_ends_with_the_epochs_and_writes_their_grids(
    packshot: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(asked: Asked) -> Any:
        if asked.path.endswith("/events"):
            return stream(told(job()), told(job("succeeded", epochs=2)))
        if asked.path.endswith("/grid"):
            return {"of": asked.path}
        return job("succeeded", epochs=2)

    with scripted.serving(answer) as server:
        code = packshot("watch", NOWHERE, "--grids", str(tmp_path), "--url", server.url)

    printed = capsys.readouterr().out
    assert not code
    assert "kl 1.25" in printed
    assert "succeeded" in printed
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{NOWHERE}-001.png", f"{NOWHERE}-002.png",
    ]  # fmt: skip


def test_where_no_more_may_listen_the_job_is_asked_after(packshot: Run) -> None:
    def answer(asked: Asked) -> Any:
        if asked.path.endswith("/events"):
            return Answer(404, {"code": "not_found", "detail": "an earlier build"})
        return job("succeeded")

    with scripted.serving(answer) as server:
        assert packshot("watch", NOWHERE, "--url", server.url) == 0


def test_a_training_that_failed_is_said_and_is_no_success(packshot: Run) -> None:
    def answer(asked: Asked) -> Any:
        return stream(told(job("failed"))) if asked.path.endswith("/events") else job("failed")

    with scripted.serving(answer) as server:
        assert packshot("watch", NOWHERE, "--url", server.url) == 1
