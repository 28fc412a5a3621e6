"""The page about `try_on`, followed word by word."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.conftest import ROOT, Studio

pytestmark = pytest.mark.journey


def _commands() -> list[str]:
    page = (ROOT / "docs/try-on.md").read_text()
    return [
        line
        for block in re.findall(r"(?ms)^```sh\n(.*?)^```", page)
        for line in block.splitlines()
        if line.strip()
    ]


def test_each_command_of_the_page_does_what_it_says(studio: Studio, tmp_path: Path) -> None:
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for name, what in (("python", ""), ("packshot", "-m api.cli")):
        script = bin_folder / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {what} "$@"\n')
        script.chmod(0o755)
    env = {
        **studio.env,
        "API_URL": studio.url,
        "PYTHONPATH": str(ROOT),
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
    }

    for command in _commands():
        ended = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, env=env, capture_output=True, text=True,
            timeout=200, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"

    for folder in ("found", "masked", "pointed"):
        assert [one.suffix for one in (tmp_path / "try-on" / folder).iterdir()] == [".png"]
