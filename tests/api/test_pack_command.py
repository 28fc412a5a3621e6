"""`packshot data pack` is the program that packs, with its words and its exit code."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.mark.slow  # a process with torch
def test_a_folder_that_is_taken_ends_the_command_with_1(
    packshot: Callable[..., int], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("keep")

    code = packshot("data", "pack", str(tmp_path))

    assert code == 1
    assert capfd.readouterr().out.startswith(f"nothing is packed: {tmp_path} is there already")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
