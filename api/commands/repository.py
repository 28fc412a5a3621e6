"""Verbs that come with the repository and not with the package: demo, bench."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Final

import typer

from api import tether
from api.commands.options import AsJson, dump, errors
from api.exits import Exit

app = typer.Typer()
ROOT: Final = Path(__file__).parents[2]
"""Of the repository, if this is one; of all packages, where Packshot is installed."""


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="The folder for what it makes.")] = Path("demo"),
    *,
    as_json: AsJson = False,
) -> None:
    """Send about forty jobs through everything; it needs the repository."""
    words = ["--out", str(out.resolve())]
    code = _run("examples/demo.py", words, is_quiet=as_json)
    report = out / "report.json"
    if as_json and code in (Exit.DONE, Exit.FAILED) and report.is_file():
        dump(json.loads(report.read_text(encoding="utf-8")))
    raise typer.Exit(code)


@app.command()
def bench(
    *,
    full: Annotated[bool, typer.Option("--full", help="Longer turns, and less noise.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure how fast this machine is, beside a plain loop; it needs the repository."""
    words = [] if full else ["--quick"]
    with tempfile.TemporaryDirectory(prefix="packshot-bench-") as name:
        rows = Path(name) / "rows.json"
        file = ["--json", str(rows)] if as_json else []
        code = _run("benchmarks/throughput.py", [*words, *file], is_quiet=as_json)
        if rows.is_file():
            dump(json.loads(rows.read_text(encoding="utf-8")))
    raise typer.Exit(code)


def _run(program: str, words: list[str], *, is_quiet: bool) -> int:
    """A program of the repository to its end; quiet: what it says goes to standard error."""
    if not (ROOT / program).is_file() or not (ROOT / "pyproject.toml").is_file():
        folder = program.partition("/")[0]
        errors.print(
            f"{folder}/ comes with Packshot's repository, not with the installed package: run "
            "this there, after `make setup`",
            style="red",
            markup=False,
            soft_wrap=True,
        )
        raise typer.Exit(Exit.REFUSED)
    module = program.removesuffix(".py").replace("/", ".")
    command = tether.command([sys.executable, "-m", module, *words])
    out = sys.stderr if is_quiet else None
    return subprocess.run(command, cwd=ROOT, stdout=out, check=False).returncode  # noqa: S603
