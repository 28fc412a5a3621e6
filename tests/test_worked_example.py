"""What docs/adding-an-operation.md shows, typed in as it stands, runs."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "adding-an-operation.md"
TRY = """
import sys
import pytest
import torch
from db.operations.order import parse
from models.images import Loaded
from workers.apply import Given, apply
from tests.factories import NOWHERE, order

operation = parse(order("sharpen", picture=NOWHERE, amount=1.0)).operation
image = torch.rand(1, 3, 16, 16)
given = Given({"picture": Loaded(image, None)}, {}, lambda name: None, 0)
assert apply(operation, given).images[0].shape == (1, 3, 16, 16)

tested = ["-q", "--noconftest", "-p", "no:cacheprovider", "tests/models/editing/test_sharpen.py"]
sys.exit(pytest.main(tested))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the house in which somebody followed the page."""
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    asked, union, done, case, tested = blocks
    _copy(tmp_path)
    operations = tmp_path / "db" / "operations"
    _append(operations / "restoration.py", asked)
    _put(operations / "union.py", union.splitlines()[0], after="from db.operations.product")
    _put(operations / "union.py", "    | Sharpen", after="    | Upscale")
    (tmp_path / "models/editing/sharpen.py").write_text(done, encoding="utf-8")
    head, body = case.split("\n\n        case", 1)
    imports = head.partition("\n\n")[0]
    _put(tmp_path / "workers/edit.py", imports, after="from workers.served import")
    _put(tmp_path / "workers/edit.py", "    | Sharpen", after="    | Upscale")
    _put(tmp_path / "workers/edit.py", f"        case{body}".rstrip(), after="    match operation:")
    (tmp_path / "tests/models/editing/test_sharpen.py").write_text(tested, encoding="utf-8")
    return tmp_path


def _copy(folder: Path) -> None:
    left_out = shutil.ignore_patterns("__pycache__", "*.safetensors", "test_*")
    for name in ("api", "db", "models", "workers", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=left_out)
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "tests/models/editing").mkdir(parents=True, exist_ok=True)


def _append(file: Path, block: str) -> None:
    file.write_text(f"{file.read_text(encoding='utf-8')}\n\n{block}", encoding="utf-8")


def _put(file: Path, lines: str, *, after: str) -> None:
    """Write lines below the first line that begins so."""
    before, found, behind = file.read_text(encoding="utf-8").partition(f"\n{after}")
    assert found, f"{file.name} has no line that begins with {after!r}"
    rest_of_line, newline, behind = behind.partition("\n")
    written = f"{before}{found}{rest_of_line}{newline}{lines}\n{behind}"
    file.write_text(written, encoding="utf-8")


@pytest.mark.slow
def test_the_new_operation_can_be_asked_for_done_and_tested(tree: Path) -> None:
    tried = subprocess.run(
        [sys.executable, "-c", TRY], cwd=tree, capture_output=True, text=True, check=False
    )

    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert "3 passed" in tried.stdout
