"""Weights that others trained: registered by an operator, measured, served and learnt on from."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from sqlalchemy import func, select
from torch import nn

from db import blobs, datasets, pictures, promotions, versions
from db.engine import reading, transaction
from db.intake import Checked
from db.promotions import NotBetter, NotEvaluated
from db.tables.jobs import Job
from db.tables.results import Result
from db.tables.versions import Version
from models import images
from models.failures import CannotDo
from models.weights import Card
from tests import benches, issued, rows, strangers, tiny
from tests.factories import LOOK, NOWHERE, encoded, png
from tests.rows import TENANT
from workers import community, run
from workers.community import REFUSED, Told
from workers.perform import perform

strangers.spandrel()

TOLD = Told("denoiser", "theirs", "MIT", "pictures of theirs")


@pytest.fixture(autouse=True)
def shop(home: Path) -> Iterator[Path]:
    issued.key(TENANT)
    yield home
    shutil.rmtree(home / "runs", ignore_errors=True)


def published(folder: Path, network: nn.Module) -> Path:
    file = folder / "theirs.safetensors"
    file.write_bytes(strangers.file_of(network))
    return file


def registered(folder: Path, network: nn.Module, told: Told = TOLD) -> Version:
    label = community.register(published(folder, network), told, tenant=TENANT)["version"]
    with reading() as session:
        return versions.find(session, TENANT, label)


def count() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Version)) or 0


def test_a_file_of_weights_becomes_a_candidate_with_its_provenance(tmp_path: Path) -> None:
    version = registered(tmp_path, strangers.dncnn())

    card = Card.from_json(version.card)
    assert (version.label, version.network, version.state) == ("theirs@1", "denoiser", "candidate")
    assert (card.licence, card.data, card.recipe) == (
        "MIT",
        "pictures of theirs",
        {"community": True},
    )
    assert card.config["architecture"] == "DnCNN"
    assert card.config["parameters"]["nc"] == 8
    published_bytes = (tmp_path / "theirs.safetensors").read_bytes()
    assert blobs.get(TENANT, version.weights_key) == published_bytes
    assert card.sha256 == version.weights_key


def test_it_serves_nobody_by_itself(tmp_path: Path) -> None:
    registered(tmp_path, strangers.dncnn())

    with reading() as session:
        assert versions.serving_now(session, TENANT, "denoiser") is None


def test_registering_again_changes_nothing_and_another_licence_is_refused(tmp_path: Path) -> None:
    first = registered(tmp_path, strangers.dncnn())

    again = registered(tmp_path, strangers.dncnn())

    assert again.id == first.id
    with pytest.raises(CannotDo) as error:
        registered(tmp_path, strangers.dncnn(), replace(TOLD, licence="GPL-3"))
    assert error.value.code == "version_exists"
    assert count() == 1


def test_the_command_says_what_it_is_and_that_it_is_blind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(published(tmp_path, strangers.dncnn())), *_options()]

    assert community.main(words) == 0
    assert community.main([*words, "--json"]) == 0

    said, row = capsys.readouterr().out.splitlines()
    assert said == (
        "theirs@1 is a candidate: a DnCNN, ×1, MIT. "
        "It is blind: the sigma that it is told changes nothing."
    )
    assert json.loads(row)["config"]["is_told_sigma"] is False


def _options(**told: str) -> list[str]:
    given = {"network": "denoiser", "name": "theirs", "licence": "MIT", "data": "unknown"}
    given = {"tenant": TENANT, **given, **told}
    return [word for name, value in given.items() for word in (f"--{name}", value)]


def _pickled(folder: Path) -> Path:
    torch.save(strangers.dncnn().state_dict(), folder / "theirs.pth")
    return folder / "theirs.pth"


def _old_pickle(folder: Path) -> Path:
    state, file = strangers.dncnn().state_dict(), folder / "theirs.ckpt"
    torch.save(state, file, _use_new_zipfile_serialization=False)
    return file


def _disguised(folder: Path) -> Path:
    return _pickled(folder).rename(folder / "theirs.safetensors")


def _cut(folder: Path) -> Path:
    file = published(folder, strangers.dncnn())
    file.write_bytes(file.read_bytes()[:-9])
    return file


@pytest.mark.parametrize(
    ("file", "options", "code"),
    [
        (_pickled, {}, "pickle_refused"),
        (_old_pickle, {}, "pickle_refused"),
        (_disguised, {}, "pickle_refused"),
        (_cut, {}, "model_file_invalid"),
        (lambda folder: folder / "nowhere", {}, "file_missing"),
        (lambda folder: published(folder, nn.Linear(3, 3)), {}, "architecture_unknown"),
        (lambda folder: published(folder, strangers.compact()), {}, "network_unfit"),
        (lambda folder: published(folder, strangers.dncnn()), {"licence": " "}, "licence_missing"),
        (lambda folder: published(folder, strangers.dncnn()), {"data": ""}, "data_missing"),
        (lambda folder: published(folder, strangers.dncnn()), {"name": "a b"}, "name_invalid"),
        (
            lambda folder: published(folder, strangers.dncnn()),
            {"tenant": "nobody"},
            "tenant_not_found",
        ),
    ],
    ids=[
        "pickle", "old-pickle", "disguised", "cut", "missing", "unknown", "other-kind",
        "no-licence", "no-data", "bad-name", "no-tenant",
    ],
)  # fmt: skip
def test_what_is_refused_leaves_nothing_and_says_why(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    file: Callable[[Path], Path],
    options: dict[str, str],
    code: str,
) -> None:
    assert community.main([str(file(tmp_path)), *_options(**options)]) == REFUSED

    said = capsys.readouterr()
    assert (said.out, said.err.partition(":")[0]) == ("", code)
    assert count() == 0


def test_a_job_may_name_it(home: Path, tmp_path: Path) -> None:
    version = registered(tmp_path, strangers.drunet())
    job = _denoising(version)

    with benches.set_up(max_batch=4) as bench:
        perform(job, bench)

    ended = rows.read(job.id)
    with reading() as session:
        (result,) = session.scalars(select(Result).where(Result.job_id == job.id))
    assert (ended.state, ended.error_detail) == ("succeeded", None)
    assert result.model_version == "theirs@1"
    made = images.read(blobs.get(TENANT, result.blob_key)).image
    assert made.shape[2:] == (37, 61)


def test_without_the_extra_a_job_says_what_to_install(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = _denoising(registered(tmp_path, strangers.drunet()))
    monkeypatch.setitem(sys.modules, "spandrel", None)

    with benches.set_up(max_batch=4) as bench:
        perform(job, bench)

    ended = rows.read(job.id)
    assert (ended.state, ended.error_code) == ("failed", "community_not_installed")
    assert ended.error_detail is not None
    assert "packshot[community]" in ended.error_detail


def _denoising(version: Version) -> Job:
    """A claimed job on a picture of 61 by 37."""
    data = png(61, 37)
    checked = Checked(blobs.put(TENANT, data), "png", len(data), 61, 37, "RGB", LOOK)
    with transaction() as session:
        picture = pictures.register(session, TENANT, checked, name=None).picture.id
    operation = {"picture": picture, "sigma": 25, "version": version.label}
    rows.queued("denoise", envelope={"operation": operation})
    (job,) = rows.claim(queue="gpu")
    rows.change(job.id, versions={"denoiser": version.id})
    return rows.read(job.id)


def _photographs() -> str:
    """The shop's own pictures, of which the last two are held out."""
    pictures_ = strangers.photographs(10, 128).permute(0, 2, 3, 1).numpy()
    manifest = [
        {
            "picture": NOWHERE,
            "sha256": blobs.put(TENANT, encoded(Image.fromarray(one), "PNG")),
            "category": "teapot",
            "product": f"teapot {number}",
            "split": "validation" if number >= 8 else "train",
            "side_px": 128,
        }
        for number, one in enumerate(pictures_)
    ]
    with transaction() as session:
        return datasets.add(
            session, tenant=TENANT, name="teapots", kind=datasets.PICTURES, pictures=10,
            categories=["teapot"], manifest=manifest, licence="CC0",
        ).name  # fmt: skip


def _done(op: str, **operation: Any) -> Job:
    """By its child, on the shop's pictures."""
    asked = {"dataset": _photographs(), **operation}
    job_id = rows.queued(op, envelope={"operation": asked})
    rows.claim(queue="train")
    lease = rows.lease_of(rows.read(job_id))
    run.main(job_id, lease.owner, lease.token)
    return rows.read(job_id)


def _promote(version: Version, **how: Any) -> None:
    with transaction() as session:
        promotions.promote(session, TENANT, version.label, by=None, **how)


def test_it_passes_the_same_gate_as_any_version(tmp_path: Path) -> None:
    version = registered(tmp_path, strangers.dncnn())
    with pytest.raises(NotEvaluated):
        _promote(version)

    job = _done("evaluate", version=version.label)

    assert job.state == "succeeded", job.error_detail
    assert job.report is not None
    found = job.report["evaluation"]
    assert (found["measure"], found["baseline"]) == ("psnr_db", "non-local means")
    assert not found["beats_baseline"]  # it has learnt nothing
    with pytest.raises(NotBetter):
        _promote(version)


def test_ours_is_measured_beside_theirs_while_theirs_serves(tmp_path: Path) -> None:
    theirs = registered(tmp_path, strangers.dncnn())
    _promote(theirs, force=True)
    ours = tiny.denoiser(tmp_path, state="candidate")

    job = _done("evaluate", version=ours.label)

    assert job.state == "succeeded", job.error_detail
    assert job.report is not None
    assert job.report["evaluation"]["incumbent_id"] == theirs.id
    assert job.report["evaluation"]["over_incumbent"] is not None


@pytest.mark.parametrize(
    ("network", "build", "scale"),
    [("denoiser", strangers.dncnn, 1), ("upscaler", strangers.compact, 2)],
    ids=["denoiser", "upscaler"],
)
def test_a_training_goes_on_from_it(
    tmp_path: Path, network: str, build: Callable[[], nn.Module], scale: int
) -> None:
    told = replace(TOLD, network=network)
    theirs = registered(tmp_path, strangers.trained(build(), scale=scale), told)

    job = _done(
        "train",
        network=network,
        epochs=2,
        batch_size=8,
        learning_rate=1e-4,
        start_from=theirs.label,
    )

    assert job.state == "succeeded", job.error_detail
    with reading() as session:
        made = versions.of_job(session, job.id)
    assert made is not None
    card, before = Card.from_json(made.card), Card.from_json(theirs.card)
    assert card.config == before.config
    assert (card.recipe["start_from"], card.recipe["start_sha256"]) == (
        theirs.label,
        theirs.weights_key,
    )
    assert card.licence == "CC0; MIT"
    assert job.report is not None
    assert job.report["evaluation"] is not None
    assert job.report["start_val_psnr_db"] > 20


def test_a_version_of_theirs_can_be_quantised(tmp_path: Path) -> None:
    theirs = registered(tmp_path, strangers.trained(strangers.dncnn()))

    job = _done("compress", version=theirs.label, how="quantise")

    assert job.state == "succeeded", job.error_detail
    with reading() as session:
        made = versions.of_job(session, job.id)
    assert made is not None
    assert Card.from_json(made.card).config["architecture"] == "DnCNN"
