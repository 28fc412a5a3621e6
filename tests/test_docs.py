"""The pages say what is there: links, commands, settings, paths, states and SQL."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from sqlalchemy import text

from api.cli import app
from api.settings import ApiSettings
from db.engine import reading
from db.settings import DbSettings, LogSettings
from db.tables.all import Row
from db.tables.jobs import STATES, TERMINAL
from workers.settings import WorkerSettings

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "models").rglob("*.md")])
# It tells of files that are not there yet.
TODAYS_PAGES = [page for page in PAGES if page.name != "adding-an-operation.md"]
HOUSE_WORDS = {"network", "picture", "operation", "job", "task", "wake-up", "version", "tenant"}
PARTS = ("## Context", "## Decision", "## Consequences", "## Alternatives")


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _code(page: Path) -> str:
    """What a page shows as code, blocks and spans."""
    blocks = re.findall(r"^```.*?^```", _read(page), re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"(?ms)^```.*?^```", "", _read(page)))
    return "\n".join([*blocks, *spans])


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _read(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def _dead_links(page: Path) -> Iterator[str]:
    prose = re.sub(r"(?ms)^```.*?^```|`[^`\n]+`", "", _read(page))
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        path, _, anchor = target.partition("#")
        found = page.parent / path if path else page
        if "://" not in target and (
            not found.exists() or (anchor and anchor not in _anchors(found))
        ):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert list(_dead_links(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_make_verb_that_a_page_names_is_in_the_makefile(page: Path) -> None:
    verbs = set(re.findall(r"^([a-z]+):.*## ", _read(ROOT / "Makefile"), re.MULTILINE))

    assert set(re.findall(r"\bmake ([a-z]+)", _code(page))) <= verbs


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_packshot_verb_that_a_page_names_is_a_command(page: Path) -> None:
    command = typer.main.get_command(app)

    named = set(re.findall(r"\bpackshot ([a-z]+)\b", _code(page)))

    assert named <= set(getattr(command, "commands", ()))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_setting_that_a_page_names_is_one(page: Path) -> None:
    settings = {
        f"{prefix}_{field.upper()}"
        for prefix, kind in (
            *(("API", ApiSettings), ("DB", DbSettings)),
            *(("LOG", LogSettings), ("WORKER", WorkerSettings)),
        )
        for field in kind.model_fields
    }

    assert set(re.findall(r"\b(?:API|DB|LOG|WORKER)_[A-Z_]+\b", _read(page))) <= settings


@pytest.mark.parametrize("page", TODAYS_PAGES, ids=_name)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    folders = "api|benchmarks|db|deploy|docs|examples|models|tests|workers"

    named = re.findall(rf"`((?:{folders})/[\w./-]*)`", _read(page))

    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_readme_begins_with_one_picture_and_two_commands() -> None:
    readme = _read(ROOT / "README.md")

    (block,) = re.findall(r"^```\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)

    assert re.findall(r"^make \w+", block, re.MULTILINE) == ["make demo", "make test"]
    first, *others = re.findall(r"!\[.*?\]\((.*?)\)", readme)
    assert first == "docs/contact-sheet.jpg"
    assert len(others) == 2
    assert all(one.startswith("docs/gallery/") for one in others)


def _glossary() -> list[list[str]]:
    lines = [line for line in _read(DOCS / "glossary.md").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def test_the_glossary_has_each_word_once_in_order() -> None:
    words = [row[0] for row in _glossary()]

    assert words == sorted(set(words))
    assert set(words) >= HOUSE_WORDS


def test_the_glossary_explains_every_table() -> None:
    words = {row[0] for row in _glossary()}

    assert {name.replace("_", " ") for name in Row.metadata.tables} <= words


def test_a_word_says_what_it_is_what_it_is_not_and_where() -> None:
    assert [row for row in _glossary() if len(row) != 4 or not all(row)] == []


def test_the_picture_of_states_shows_all_of_them() -> None:
    (picture,) = re.findall(r"```mermaid\n(.*?)```", _read(DOCS / "architecture.md"), re.DOTALL)

    arrows = re.findall(r"^ +(\S+) --> ([\w*\[\]]+)", picture, re.MULTILINE)
    assert {state for arrow in arrows for state in arrow} == {*STATES, "[*]"}
    assert {start for start, end in arrows if end == "[*]"} == set(TERMINAL)


def test_the_sql_that_the_page_shows_runs(home: Path) -> None:
    (shown,) = re.findall(r"```sql\n(.*?)```", _read(DOCS / "operating.md"), re.DOTALL)

    with reading() as session:
        answers = [session.execute(text(one)).all() for one in shown.split(";") if one.strip()]

    assert len(answers) == 5


def test_decisions_are_numbered_listed_and_have_their_four_parts() -> None:
    pages = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    index = _read(DOCS / "decisions" / "README.md")

    assert [page.name[:4] for page in pages] == [f"{n:04}" for n in range(1, len(pages) + 1)]
    assert [page.name for page in pages if f"({page.name})" not in index] == []
    assert [page.name for page in pages if _parts(page) != PARTS] == []


def _parts(page: Path) -> tuple[str, ...]:
    return tuple(re.findall(r"^## .+$", _read(page), re.MULTILINE))
