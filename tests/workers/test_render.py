"""`python -m workers.render`: the catalogue is photographed ahead, with a bar."""

import io
import json
from pathlib import Path

import pytest

from tests.furniture import libraries
from workers import render, rendered
from workers.render import Bar


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def furniture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = libraries(tmp_path / "furniture", models=1)
    monkeypatch.setattr(rendered, "furniture", lambda: made)
    return made


@pytest.mark.usefixtures("graphics")
def test_all_views_are_there_afterwards_and_counted(home: Path, furniture: Path, capsys):
    code = render.main(["--json"])

    told = capsys.readouterr()
    assert code == 0
    assert json.loads(told.out) == {"views": 72, "folder": str(home / "cache")}
    assert told.err.splitlines()[-1] == "3 of 3 models"


def test_without_the_models_it_says_what_is_missing_and_exits_with_1(
    home: Path, furniture: Path, capsys
):
    (furniture / "Scopia.sh3f").unlink()

    code = render.main([])

    assert code == 1
    assert capsys.readouterr().err.startswith("dataset_missing: the furniture libraries Scopia")


def test_on_a_terminal_one_line_grows():
    terminal = Terminal()
    bar = Bar(terminal)

    for done in (0, 246, 492):
        bar.tell(done, 492)

    lines = terminal.getvalue().split("\r")[1:]
    assert [line.count("█") for line in lines] == [0, 20, 40]
    assert terminal.getvalue().endswith("492/492 models\n")


def test_elsewhere_there_is_a_line_for_each_tenth():
    out = io.StringIO()
    bar = Bar(out)

    for done in range(493):
        bar.tell(done, 492)

    assert len(out.getvalue().splitlines()) == 11
