"""Signed files as a worker delivers them: who signed, what was told, and what tampering does."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from db import authority, blobs, pictures
from db import settings as db_settings
from db.engine import reading, transaction
from db.intake import Checked
from db.tables.jobs import Job
from db.tables.results import Result
from models import labels, signed
from tests import benches, factories, rows, shots
from tests.factories import LOOK
from tests.rows import TENANT
from workers import refusals, sealing, settings
from workers.perform import Bench, perform
from workers.sources import File
from workers.verifying import findings

pytest.importorskip("c2pa")
KINDS = ["png", "jpeg", "webp", "avif"]


@pytest.fixture
def bench(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    authority.ensure()
    _set(monkeypatch, c2pa="all")
    with benches.set_up(max_batch=4) as bench:
        yield bench
    _forget()


def _set(monkeypatch: pytest.MonkeyPatch, **given: str) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"WORKER_{name.upper()}", value)
    _forget()


def _forget() -> None:
    settings.get.cache_clear()
    sealing.signer.cache_clear()


def _keep(data: bytes) -> str:
    key = blobs.put(TENANT, data)
    with Image.open(io.BytesIO(data)) as opened:
        kind = opened.format or ""
        checked = Checked(key, kind.lower(), len(data), *opened.size, opened.mode, LOOK)
    with transaction() as session:
        return pictures.register(session, TENANT, checked, name=None).picture.id


def _done(bench: Bench, op: str, *, queue: str = "gpu", envelope: Any = None, **given: Any) -> Job:
    job_id = rows.queued(op, envelope={"operation": given, **(envelope or {})})
    (job,) = rows.claim(queue=queue)
    perform(job, bench)
    assert job.id == job_id
    return rows.read(job_id)


def _delivered(
    bench: Bench, op: str, *, envelope: Any = None, **given: Any
) -> tuple[Result, bytes]:
    job = _done(bench, op, envelope=envelope, **given)
    assert job.state == "succeeded", job.error_detail
    with reading() as session:
        row = session.scalars(select(Result).where(Result.job_id == job.id)).one()
    return row, blobs.get(TENANT, row.blob_key)


def _upscaled(bench: Bench, source: bytes, kind: str = "png") -> tuple[Result, bytes]:
    return _delivered(
        bench, "upscale", picture=_keep(source), envelope={"output": {"format": kind}}
    )


def _verified(data: bytes) -> dict[str, Any]:
    return findings(TENANT, File("0" * 64, data))


@pytest.mark.parametrize("kind", KINDS)
def test_a_delivered_file_is_signed_by_us_and_tells_job_and_scores(bench: Bench, kind: str) -> None:
    row, data = _upscaled(bench, factories.png(), kind)

    report = _done(bench, "verify", queue="cpu", picture=row.id).report

    numbers = {k: v for k, v in row.scores.items() if isinstance(v, float | int)}
    assert report["c2pa"] == "ours"
    assert row.model_version is None
    assert report["manifest"]["job"] == {
        "job_id": row.job_id,
        "op": "upscale",
        "scores_sha256": sealing.digest(numbers),
    }
    assert labels.read(data) == labels.Label(row.source_kind, row.job_id)


@pytest.mark.parametrize("kind", KINDS)
def test_one_pixel_changed_under_the_signature_is_told(bench: Bench, kind: str) -> None:
    _, data = _upscaled(bench, factories.png(), kind)
    with Image.open(io.BytesIO(data)) as opened:
        changed = np.array(opened)
    changed[0, 0] ^= 255
    quality = {} if kind == "png" else {"quality": 95}
    bare = factories.encoded(Image.fromarray(changed), kind.upper(), **quality)
    forged = _with_store_of(data, bare, kind)

    assert _verified(forged)["c2pa"] == "broken"
    assert any(code.endswith("ash.mismatch") for code in _verified(forged)["manifest"]["why"])


def _with_store_of(data: bytes, bare: bytes, kind: str) -> bytes:
    """The signed file with another's pixels in the place of its own."""
    if kind == "png":
        return data[: data.index(b"IDAT") - 4] + bare[bare.index(b"IDAT") - 4 :]
    # Elsewhere the last bytes are the pixels'.
    at = len(data) - 200 if kind != "webp" else data.index(b"VP8") + 60
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_the_source_s_manifest_is_carried_over(bench: Bench) -> None:
    first, data = _upscaled(bench, factories.png())

    _, again = _upscaled(bench, data, "jpeg")

    report = _verified(again)
    assert report["c2pa"] == "ours"
    assert report["manifest"]["job"]["job_id"] != first.job_id
    assert first.job_id.encode() in again


def test_a_source_whose_manifest_is_broken_is_still_worked_on(bench: Bench) -> None:
    _, data = _upscaled(bench, factories.png(96, 64), "jpeg")
    broken = data[:-40] + bytes([data[-40] ^ 1]) + data[-39:]

    _, made = _upscaled(bench, broken)

    assert _verified(broken)["c2pa"] == "broken"
    assert _verified(made)["c2pa"] == "ours"


def test_a_source_with_a_manifest_that_is_none_is_still_worked_on(bench: Bench) -> None:
    junk = b"\0\0\0\x40jumb\0\0\0\x1ejumdc2pa" + b"x" * 60
    data = factories.png()
    source = data[:33] + labels.containers.png_chunk(b"caBX", junk) + data[33:]

    _, made = _upscaled(bench, source)

    assert _verified(source)["c2pa"] == "broken"
    assert _verified(made)["c2pa"] == "ours"


def test_a_picture_that_was_generated_is_created_not_edited(bench: Bench) -> None:
    made = sealing.sealer({}, tenant=TENANT, channel=None, op="sample", version="vae@1")
    assert made is not None
    story = made.story(labels.source_type("generated"), job_id="j1", scores={"psnr_db": None})

    data = signed.sign(factories.webp(), signed.Seal(made.signer, story), format="webp")

    assert b"c2pa.created" in data
    assert b"c2pa.opened" not in data
    assert b"trainedAlgorithmicMedia" in data
    assert (_verified(data)["manifest"]["job"] or {})["version"] == "vae@1"


def test_a_channel_s_file_is_no_larger_than_it_takes_with_its_signature(bench: Bench) -> None:
    shot = shots.jpeg(shots.shot(side=64))

    row, data = _delivered(bench, "pipeline", picture=_keep(shot), preset="amazon_main")

    found = row.scores["details"]["delivered"]["rules"]
    assert _verified(data)["c2pa"] == "ours"
    assert next(r for r in found if r["rule"] == "file_bytes")["measured"]["bytes"] == len(data)


@pytest.mark.parametrize(
    ("named", "is_signed"), [("all", True), (TENANT, True), ("another", False), ("", False)]
)
def test_only_whom_the_setting_names_gets_a_signature(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, named: str, *, is_signed: bool
) -> None:
    _set(monkeypatch, c2pa=named)

    _, data = _upscaled(bench, factories.png())

    assert _verified(data)["c2pa"] == ("ours" if is_signed else "absent")


def test_one_channel_of_a_shop_can_be_named(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, c2pa=f"another, {TENANT}/web")

    assert sealing.signs_for(TENANT, "web")
    assert not sealing.signs_for(TENANT, "print")
    assert not sealing.signs_for(TENANT, None)


def test_another_s_signature_is_untrusted_until_its_root_is_named(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, data = _upscaled(bench, factories.png())
    theirs = authority.folder().rename(tmp_path / "theirs")
    authority.ensure()
    _forget()

    unknown = _verified(data)
    _set(monkeypatch, c2pa_trust=str(theirs / authority.ROOT))
    known = _verified(data)

    assert (unknown["c2pa"], known["c2pa"]) == ("untrusted", "trusted")
    assert unknown["manifest"]["organisation"] == "Packshot"


def test_a_certificate_of_one_s_own_signs_and_is_known_as_ours(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = authority.folder().rename(tmp_path / "given")
    _set(
        monkeypatch,
        c2pa_certificates=str(given / authority.CERTIFICATES),
        c2pa_key=str(given / authority.KEY),
    )

    _, data = _upscaled(bench, factories.png())

    assert _verified(data)["c2pa"] == "ours"


def test_a_file_whose_signature_cannot_be_read_back_is_not_delivered(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signed, "check", lambda *_, **__: None)

    job = _done(bench, "upscale", picture=_keep(factories.png()))

    assert (job.state, job.error_code) == ("failed", "label_unreadable")


def test_without_the_package_the_setting_is_refused_at_start(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signed, "find_spec", lambda _: None)

    with pytest.raises(refusals.Refused, match=r"packshot\[c2pa\]"):
        refusals.check(["cpu"])


def test_a_file_s_manifest_is_unchecked_without_the_package(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, data = _upscaled(bench, factories.png())
    monkeypatch.setattr(signed, "find_spec", lambda _: None)

    assert _verified(data)["c2pa"] == "unchecked"


@pytest.mark.parametrize("missing", [authority.CERTIFICATES, authority.KEY])
def test_without_certificate_or_key_a_worker_does_not_start(bench: Bench, missing: str) -> None:
    (authority.folder() / missing).unlink()
    _forget()

    with pytest.raises(sealing.NoSigner, match="packshot init"):
        refusals.check(["cpu"])


def test_a_key_that_is_not_the_certificate_s_is_refused(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = authority.folder().rename(tmp_path / "theirs")
    authority.ensure()
    _set(monkeypatch, c2pa_key=str(theirs / authority.KEY))

    with pytest.raises(sealing.NoSigner, match="not that of"):
        refusals.check(["cpu"])


def test_the_authority_is_made_once_and_for_its_owner_alone(home: Path) -> None:
    assert authority.ensure()
    before = {path.name: path.read_bytes() for path in authority.folder().iterdir()}

    assert not authority.ensure()
    assert {path.name: path.read_bytes() for path in authority.folder().iterdir()} == before
    assert {path.stat().st_mode & 0o777 for path in authority.folder().iterdir()} == {0o600}
    assert authority.folder().stat().st_mode & 0o777 == 0o700
    assert authority.folder() == db_settings.get().home / "c2pa"
