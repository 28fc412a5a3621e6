"""Somebody at a terminal: what a page of the docs shows is typed in as it stands."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.journeys.conftest import ROOT, Studio

_WITHIN_S = 560
_SHOWN = ("http://127.0.0.1:8700", "localhost:8700")
"""Where a page says that Packshot is."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """A folder with the studio's key, and `packshot` and `python` on the PATH."""

    studio: Studio
    folder: Path

    def shell(self, commands: str) -> "subprocess.CompletedProcess[str]":
        """The commands, up to the first that fails."""
        return self._run("bash", "-euo", "pipefail", "-c", commands)

    def typed(self, commands: str) -> str:
        """What commands say, all of which succeed."""
        return _said(self.shell(commands))

    def program(self, text: str) -> str:
        """What a Python program says that ends well."""
        return _said(self._run(sys.executable, "-c", text))

    def _run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        *before, last = words
        for shown in _SHOWN:
            last = last.replace(shown, self.studio.url)
        return subprocess.run(
            [*before, last],
            cwd=self.folder,
            env={
                **self.studio.env,
                "API_URL": self.studio.url,
                "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT),
            },
            capture_output=True,
            text=True,
            timeout=_WITHIN_S,
            check=False,
        )


def opened(studio: Studio, folder: Path) -> Terminal:
    """A terminal in this folder."""
    (folder / "var").mkdir()
    (folder / "var" / "api.key").write_text(str(studio.key()))
    (folder / "bin").mkdir()
    for name, module in (("python", ""), ("packshot", "-m api.cli")):
        script = folder / "bin" / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n')
        script.chmod(0o755)
    return Terminal(studio, folder)


def blocks(page: str, language: str) -> list[str]:
    """The page's blocks of this language, of which there are some; `page` below docs/."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found, f"{page} shows no {language}"
    return found


def _said(ended: "subprocess.CompletedProcess[str]") -> str:
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
