"""The house rules that a reader relies on, each as a test over the source itself."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("api", "db", "models", "workers")
SOURCE = (*PACKAGES, "benchmarks", "examples")
NAMELESS = {"utils", "util", "helpers", "helper", "common", "manager", "service", "misc"}
UNPICKLERS = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
HEAVY = ("torch", "torchvision", "skimage", "cv2", "models")
THIS_MACHINE = re.compile(r"(?<![\w.>-])/(?:work\b|root\b|opt/|tmp/team)")
IGNORED = [".git", *(one.strip("/") for one in (ROOT / ".gitignore").read_text().split())]
REGISTRY = re.compile(
    r"\bpy" r"pi\.org|python" r"hosted|--(?:extra-)?index" r"-url|hugging" r"face"
)


def _files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _reached(path: Path, owner: str) -> Iterator[ast.Attribute]:
    """Every `owner.something` in a file; `safetensors.torch.load` is none of torch's."""
    for node in ast.walk(_tree(path)):
        match node:
            case ast.Attribute(value=ast.Name(id=name)) if name == owner:
                yield node


def _tracked(folder: Path = ROOT) -> Iterator[Path]:
    """What belongs to the project: all but what .gitignore leaves out."""
    for path in sorted(folder.iterdir()):
        if any(fnmatch(path.name, pattern) for pattern in IGNORED):
            continue
        if path.is_dir():
            yield from _tracked(path)
        else:
            yield path


def test_an_init_file_holds_one_line_of_docstring_and_nothing_else() -> None:
    inits = [path for path in _files(*SOURCE) if path.name == "__init__.py"]

    longer = [_name(path) for path in inits if not _is_one_docstring(path)]

    assert inits
    assert longer == []


def _is_one_docstring(path: Path) -> bool:
    tree = _tree(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    return len(lines) == 1 and len(tree.body) == 1 and ast.get_docstring(tree) is not None


def test_every_file_begins_with_its_idea() -> None:
    untold = [_name(path) for path in _files(*SOURCE, "tests") if not _idea(path)]

    assert untold == []


def _idea(path: Path) -> str:
    """The docstring's first line, as it stands on the first line of the file."""
    told = ast.get_docstring(_tree(path))
    first_line = path.read_text(encoding="utf-8").split("\n", 1)[0]
    return first_line if told and first_line.startswith('"""') else ""


def test_no_file_is_named_by_a_word_that_names_nothing() -> None:
    parts = [(path, set(re.split(r"[_.]", path.stem))) for path in _files(*SOURCE, "tests")]

    assert [_name(path) for path, words in parts if words & NAMELESS] == []


def test_every_folder_of_source_is_a_package() -> None:
    folders = {path.parent for path in _files(*PACKAGES)}

    assert [_name(one) for one in sorted(folders) if not (one / "__init__.py").exists()] == []


def test_tests_are_no_package() -> None:
    assert [_name(path) for path in _files("tests") if path.name == "__init__.py"] == []


@pytest.mark.parametrize("module", ["api.main", "api.cli", "api.client", "workers.queues"])
def test_the_shop_window_comes_up_without_the_studio(module: str) -> None:
    ask = f"import sys, {module}; print([m for m in {HEAVY} if m in sys.modules])"

    fresh = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert fresh.stdout.strip() == "[]", fresh.stderr


def test_the_client_may_be_copied_as_one_file() -> None:
    roots = {name.split(".")[0] for name in _imports(ROOT / "api" / "client.py")}

    assert roots.isdisjoint((*SOURCE, "tests"))
    assert roots - sys.stdlib_module_names == {"httpx2"}


def test_nothing_that_can_run_code_is_ever_unpickled() -> None:
    guilty = [
        f"{_name(path)}: {name}"
        for path in _files(*SOURCE)
        for name in (*_imports(path), *(f"torch.{node.attr}" for node in _reached(path, "torch")))
        if name.split(".")[0] in UNPICKLERS or name in {"torch.load", "torch.save", "torch.hub"}
    ]

    assert guilty == []


def test_no_source_names_a_pickled_file() -> None:
    texts = [
        f"{_name(path)}: {node.value}"
        for path in _files(*SOURCE)
        if path.name != "environments.py"  # Python's own .pth: where another Python looks
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search(r"\.(pt|pth|pkl|ckpt)$", node.value)
    ]

    assert texts == []


def test_the_environment_is_read_in_settings_and_nowhere_else() -> None:
    readers = [
        _name(path)
        for path in _files(*SOURCE)
        if path.name != "settings.py" and _reads_the_environment(path)
    ]

    assert readers == []


def _reads_the_environment(path: Path) -> bool:
    """A child may be given the whole of it: that reads no variable."""
    whole = {id(part) for node in ast.walk(_tree(path)) for part in _handed_on(node)}
    reached = [node for node in _reached(path, "os") if node.attr in {"environ", "getenv"}]
    named = {"os.environ", "os.getenv"} & set(_imports(path))
    return bool(named) or any(id(node) not in whole for node in reached)


def _handed_on(node: ast.AST) -> list[ast.expr]:
    """The parts of `{**part, …}` and of `dict(part)`."""
    match node:
        case ast.Dict(keys=keys, values=values):
            return [value for key, value in zip(keys, values, strict=True) if key is None]
        case ast.Call(func=ast.Name(id="dict"), args=parts):
            return parts
        case _:
            return []


def test_no_file_knows_the_machine_it_was_written_on_or_where_packages_come_from() -> None:
    found = [
        f"{_name(path)}:{number}: {line.strip()[:80]}"
        for path in _tracked()
        for number, line in enumerate(_text(path).splitlines(), start=1)
        if THIS_MACHINE.search(line) or REGISTRY.search(line)
    ]

    assert found == []


def _text(path: Path) -> str:
    data = path.read_bytes()
    return "" if b"\0" in data[:4096] else data.decode("utf-8", "replace")
