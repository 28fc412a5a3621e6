"""What docs/safety.md shows, typed in as it stands against a studio that runs, works."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from api.client import ApiError
from tests.factories import encoded, shot
from tests.journeys.conftest import ROOT, Studio

pytestmark = pytest.mark.journey
PAGE = (ROOT / "docs" / "safety.md").read_text(encoding="utf-8")
LINES = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
    if line.startswith("packshot")
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where somebody types: a picture, and `packshot` on the PATH."""
    (tmp_path / "shoe.png").write_bytes(encoded(shot(1, 96), "PNG"))
    packshot = tmp_path / "bin" / "packshot"
    packshot.parent.mkdir()
    packshot.write_text(f'#!/bin/sh\nexec {sys.executable} -m api.cli "$@"\n')
    packshot.chmod(0o755)
    return tmp_path


def _typed(studio: Studio, folder: Path, line: str) -> str:
    command, _, says = line.partition("#")
    ended = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={
            **studio.env,
            "API_URL": studio.url,
            "API_KEY": str(studio.key()),
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    expected = 1 if says.strip().startswith("failed") else 0
    assert ended.returncode == expected, f"{line}\n{ended.stdout}{ended.stderr}"
    return ended.stdout


def test_every_command_of_the_page_does_what_it_says(own_studio: Studio, folder: Path) -> None:
    told: dict[str, str] = {}
    with own_studio.client() as client:
        picture = client.upload(folder / "shoe.png")["id"]
        for line in LINES:
            named = line.replace("PICTURE", picture)
            if "ENTRY" in line:
                named = named.replace("ENTRY", next(client.blocklist())["id"])
            if "RESULT" in line:
                named = named.replace("RESULT", next(client.results({"visibility": "held"}))["id"])
            if line.startswith("packshot policy set") and "shop@1" in line:
                policy = folder / "policy.toml"
                text = policy.read_text(encoding="utf-8")
                policy.write_text(text.replace("= []", '= ["upscale"]'), encoding="utf-8")
            if "moderate" in line and "--json" in line:
                with pytest.raises(ApiError) as refused:
                    client._get(f"/v1/pictures/{picture}/content")
                assert (refused.value.status, refused.value.code) == (451, "quarantined")
            told[line] = _typed(own_studio, folder, named)

        first, blocked = (line for line in LINES if "moderate" in line)
        assert '"verdict": "block"' in told[first]
        assert "succeeded" in told[blocked]
        labels = {one["policy_version"] for one in client.results({"visibility": "all"})}
        assert labels == {"default@1", "shop@1"}
        assert [one["label"] for one in client.policies()] == ["shop@1", "channel:print@1"]
