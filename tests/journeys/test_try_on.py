"""The page about `try_on`, followed word by word."""

from pathlib import Path

import pytest

from tests.journeys import terminal
from tests.journeys.conftest import Studio
from tests.journeys.terminal import blocks

pytestmark = pytest.mark.journey


def test_each_command_of_the_page_does_what_it_says(studio: Studio, tmp_path: Path) -> None:
    typing = terminal.opened(studio, tmp_path)

    for block in blocks("try-on.md", "sh"):
        for line in filter(str.strip, block.splitlines()):
            typing.typed(line)

    for folder in ("found", "masked", "pointed", "told"):
        assert [one.suffix for one in (tmp_path / "try-on" / folder).iterdir()] == [".png"]
