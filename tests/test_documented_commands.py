"""Every `packshot …` that a page shows is one that the command line takes, to its last option.

Pages whose stories fit into minutes are also typed in against a studio, in tests/journeys.
"""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from api.cli import app
from api.commands import parameters
from db.operations.order import parse
from db.operations.union import schemas
from tests.factories import NOWHERE

DOCS = Path(__file__).parents[1] / "docs"
_BLOCK = re.compile(r"^```(?:sh|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_ID = re.compile(r"[A-Z]+(_[A-Z]+)*|\$\w+")


def _lines() -> Iterator[tuple[str, list[str]]]:
    """Each command with the page it stands on; a line that goes on is one."""
    for page in sorted(DOCS.rglob("*.md")):
        for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(line.split(" > ")[0], comments=True)
                # Completion is typer's own, and `$(…)` the shell's: journeys type those pages in.
                if words[:1] == ["packshot"] and "completion" not in line and "$(" not in line:
                    yield str(page.relative_to(DOCS)), words[1:]


LINES = list(_lines())
ORDERS = [(page, words[1:]) for page, words in LINES if words[:1] == ["submit"]]


def _said(line: tuple[str, list[str]]) -> str:
    return f"{line[0]}: {' '.join(line[1])}"


def _parsed(words: list[str]) -> dict[str, Any]:
    """What the command's own parser makes of the words, as it would when they are typed."""
    command, name = typer.main.get_command(app), "packshot"
    context = command.make_context(name, list(words), resilient_parsing=False)
    while hasattr(command, "resolve_command"):
        rest = [*context._protected_args, *context.args]
        if not rest and command.invoke_without_command:
            break
        found, command, rest = command.resolve_command(context, rest)
        assert command is not None, found
        context = command.make_context(found, rest, parent=context)
    return dict(context.params)


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody types: with what the pages name."""
    monkeypatch.chdir(tmp_path)
    for _, words in LINES:
        for word in words:
            if re.fullmatch(r"(\./)?[\w/-]+\.(tar|toml|jsonl|json|safetensors|png|jpg|jpeg)", word):
                Path(word).parent.mkdir(parents=True, exist_ok=True)
                Path(word).touch()
    Path("pictures").mkdir(exist_ok=True)


@pytest.mark.parametrize("line", LINES, ids=_said)
def test_a_command_on_a_page_is_taken_by_the_command_line(line: tuple[str, list[str]]) -> None:
    _parsed(line[1])


@pytest.mark.parametrize("line", ORDERS, ids=_said)
def test_an_order_on_a_page_is_an_order(line: tuple[str, list[str]]) -> None:
    given = _parsed(["submit", *line[1]])
    op, schema = given["operation"], schemas()[given["operation"]]
    named = parameters.values(given["param"] or [], schema)
    open_fields = {n: f for n, f in schema["properties"].items() if n not in named}
    needed = [name for name in schema.get("required", []) if name not in named]
    left = {**schema, "properties": open_fields, "required": needed}

    typed = [one for file in given["files"] or [] for one in (file,) * (1 + ("*" in file))]
    for share in parameters.share_out(typed, left, op):
        order = json.loads(json.dumps({"op": op, **named, **share}), object_hook=_with_ids)
        parse(json.dumps({"operation": order}).encode())


def _with_ids(value: dict[str, Any]) -> dict[str, Any]:
    """Ids in the place of files and of what stands for an id."""
    seen = iter(range(1, 100))
    return {name: _id(one, seen) if name != "op" else one for name, one in value.items()}


def _id(value: Any, seen: Iterator[int]) -> Any:
    match value:
        case str() if value.startswith("@") or _ID.fullmatch(value) or _is_file(value):
            return f"{NOWHERE[:-2]}{next(seen):02}"
        case list():
            return [_id(one, seen) for one in value]
        case _:
            return value


def _is_file(value: str) -> bool:
    return value.endswith((".png", ".jpg", ".jpeg")) or "*" in value
