"""The notebook is one that any reader of notebooks opens, and its cells are Python."""

import ast
import json
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).parents[2] / "examples" / "catalogue.ipynb"


def _read() -> Any:
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))


def test_it_is_a_notebook_of_format_4_5() -> None:
    notebook = _read()

    assert set(notebook) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    for cell in notebook["cells"]:
        own = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert set(cell) == {"cell_type", "id", "metadata", "source"} | own
        assert cell["cell_type"] in {"code", "markdown"}
        assert all(isinstance(line, str) for line in cell["source"])


def test_its_cells_are_python_without_outputs() -> None:
    cells = [cell for cell in _read()["cells"] if cell["cell_type"] == "code"]

    for cell in cells:
        ast.parse("".join(cell["source"]))
    assert [cell["outputs"] for cell in cells] == [[]] * len(cells)
