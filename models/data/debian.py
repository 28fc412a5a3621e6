"""The data packages of Debian: where their files lie, and how they get here.

apt installs them where it may. Elsewhere the same files are read out of `.deb` archives from the
mirror the user configures, each checked against its pinned sha256, into `HOME/data/PACKAGE`.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

from models.data.debfile import BadPackageError, unpack

SYSTEM = Path("/")
APT_TIMEOUT_S, MIRROR_TIMEOUT_S = 900, 60
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Package:
    """One pinned package; `probe` is a file or folder of it that we read."""

    name: str
    path: str
    sha256: str
    size_bytes: int
    probe: str
    licence: str


PACKAGES = (
    Package(
        name="dataset-fashion-mnist",
        path="pool/main/d/dataset-fashion-mnist/"
        "dataset-fashion-mnist_0.0~git20200523.55506a9-1_all.deb",
        sha256="39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0",
        size_bytes=30_900_652,
        probe="usr/share/datasets/fashion-mnist",
        licence="MIT",
    ),
    Package(
        name="sweethome3d-furniture",
        path="pool/main/s/sweethome3d-furniture/sweethome3d-furniture_1.8-1_all.deb",
        sha256="3ccb90c63f9525e887a767b9cd5c8b6933b8b6b2973a615a5359ee68a2118668",
        size_bytes=119_782_356,
        probe="usr/share/sweethome3d/furniture",
        licence="CC0-1.0, CC-BY-3.0",
    ),
    Package(
        name="lomiri-wallpapers-16.04",
        path="pool/main/l/lomiri-wallpapers/lomiri-wallpapers-16.04_20.04.0-2_all.deb",
        sha256="a99ff6a3bfe451e4cc0682ecb3cc82e71740626d59e4845ae34a0a0e45421eab",
        size_bytes=15_783_184,
        probe="usr/share/backgrounds/life_by_Aitzol_Berasategi.jpg",
        licence="CC-BY-4.0, CC-BY-SA-4.0, CC0-1.0",
    ),
    Package(
        name="mate-backgrounds",
        path="pool/main/m/mate-backgrounds/mate-backgrounds_1.26.0-1_all.deb",
        sha256="7bf4c2209f34b4f61ba6d24c8b58c28b361e82e4b943aae6d42c030169af9e04",
        size_bytes=46_638_500,
        probe="usr/share/backgrounds/mate/nature",
        licence="GPL-2+",
    ),
)


class FetchError(RuntimeError):
    """A package that could not be had, and why."""


def find(relative: str, *, home: Path, system: Path = SYSTEM) -> Path | None:
    """A package's file or folder, such as `usr/share/datasets/fashion-mnist`; None if not here."""
    plain = relative.lstrip("/")
    places = (system / plain, *(folder / plain for folder in sorted(home.glob("data/[!.]*"))))
    return next((place for place in places if place.exists()), None)


def install(package: Package) -> None:
    """Lets apt-get install the package; FetchError where apt is not there, not ours or fails."""
    apt = apt_command()
    if apt is None:
        raise FetchError("apt-get is not here, or we may not use it")
    install_it = [*apt, "install", "-y", "--no-install-recommends", package.name]
    if _succeeds(install_it):
        return
    if not (_succeeds([*apt, "update"]) and _succeeds(install_it)):
        raise FetchError(f"apt-get could not install {package.name}")


def download(package: Package, *, home: Path, mirror: str) -> Path:
    """Reads the package from the mirror, checks it and unpacks it: HOME/data/PACKAGE."""
    data = home / "data"
    data.mkdir(parents=True, exist_ok=True)
    target = data / package.name
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=data) as folder:
        archive, part = Path(folder) / "package.deb", Path(folder) / "part"
        _copy(package, mirror, archive)
        try:
            unpack(archive, part)
        except BadPackageError as error:
            raise FetchError(f"{package.name}: {error}") from error
        shutil.rmtree(target, ignore_errors=True)
        part.replace(target)
    return target


def apt_command() -> list[str] | None:
    """How apt-get is called without a question: as root, or with a sudo that asks nothing."""
    apt, sudo = shutil.which("apt-get"), shutil.which("sudo")
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", apt or ""]
    if apt and os.geteuid() == 0:
        return quiet
    if apt and sudo and _succeeds([sudo, "-n", "true"]):
        return [sudo, "-n", *quiet]
    return None


def _succeeds(command: list[str]) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 the words are ours
            command, capture_output=True, timeout=APT_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _copy(package: Package, mirror: str, target: Path) -> None:
    if not mirror:
        raise FetchError("no mirror is configured (WORKER_DEBIAN_MIRROR)")
    if urlsplit(mirror).scheme not in {"http", "https", "file"}:
        raise FetchError(f"the mirror must be an http, https or file address, not {mirror!r}")
    digest, size = hashlib.sha256(), 0
    try:
        with (
            urllib.request.urlopen(  # noqa: S310 the scheme was checked
                f"{mirror.rstrip('/')}/{package.path}", timeout=MIRROR_TIMEOUT_S
            ) as source,
            target.open("wb") as file,
        ):
            while size <= package.size_bytes and (chunk := source.read(CHUNK_BYTES)):
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
    except (URLError, OSError) as error:
        raise FetchError(f"{package.name} cannot be read from the mirror: {error}") from error
    if digest.hexdigest() != package.sha256:
        raise FetchError(f"{package.name} from the mirror is not the file we pinned (sha256)")
