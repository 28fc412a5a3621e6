"""A studio at work is backed up, lost, and comes back as it was: the same rows, the same bytes."""

import json
import shutil
import subprocess
import sys
from typing import Any

import pytest

from tests.factories import png
from tests.journeys.conftest import ROOT, Studio

pytestmark = pytest.mark.journey


def _packshot(studio: Studio, *words: str) -> Any:
    ended = subprocess.run(
        [sys.executable, "-m", "api.cli", *words, "--json"],
        cwd=ROOT,
        env=studio.env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def _shown(studio: Studio) -> list[dict[str, Any]]:
    with studio.client() as client:
        return [*client.jobs(), *client.results({"visibility": "all"})]


def test_a_lost_studio_comes_back_from_its_backup(
    own_studio: Studio, tmp_path_factory: pytest.TempPathFactory
) -> None:
    studio, file = own_studio, tmp_path_factory.mktemp("safe") / "kept.tar"
    picture = studio.upload(png(48, 32))
    job = studio.do({"op": "upscale", "picture": picture, "scale": 2}, sku="A-1")
    before, delivered = _shown(studio), studio.content(job["results"][0])
    made = _packshot(studio, "backup", str(file), "--with-secrets")
    studio.stop()
    for path in studio.home.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    back = _packshot(studio, "restore", str(file))
    studio.start()

    assert _shown(studio) == before
    assert studio.content(job["results"][0]) == delivered
    assert (back["rows"]["job"], back["pictures"]) == (1, made["pictures"])
