"""What we are compared with, each in an environment of its own.

It lies in .bench/, which git ignores, and sees behind its own packages those of this one, so that
torch and whatever else is not the peer are the same for all.
"""

import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.throughput_stage import ROOT

FOLDER: Final = ROOT / ".bench"
_INSTALLED_WITHIN_S: Final = 900


@dataclass(frozen=True, slots=True)
class Peer:
    """What is installed, and that its licence lets anybody run it: read in its own package.

    Attributes:
        name: of the package and of its environment.
        extras: of the package, as pip writes them.
        beside: what it needs, where it cannot be installed with its own list of that.
    """

    name: str
    version: str
    licence: str
    extras: str = ""
    beside: tuple[str, ...] = ()

    @property
    def requirement(self) -> str:
        return f"{self.name}{self.extras}=={self.version}"

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")

    @property
    def packages(self) -> Path:
        version = sysconfig.get_python_version()
        return self.folder / "lib" / f"python{version}" / "site-packages"

    def is_installed(self) -> bool:
        return (self.packages / f"{self.name}-{self.version}.dist-info").is_dir()


def setup(peer: Peer) -> str:
    """An environment for it, made anew; a sentence about how that went."""
    paths = "\n".join((sysconfig.get_path("purelib"), str(ROOT), ""))
    pip = ["-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    wanted = ["--no-deps", *peer.beside] if peer.beside else []
    try:
        _run([sys.executable, "-m", "venv", "--clear", str(peer.folder)])
        (peer.packages / "packshot.pth").write_text(paths)
        _run([peer.python, *pip, peer.requirement, *wanted])
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        return f"{peer.requirement} was not installed: {said.strip().splitlines()[-1]}"
    return f"{peer.requirement} ({peer.licence}) is in {peer.folder}"


def _run(argv: Sequence[str]) -> None:
    subprocess.run(argv, check=True, capture_output=True, text=True, timeout=_INSTALLED_WITHIN_S)
