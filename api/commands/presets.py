"""`packshot presets`: what sales channels want of a picture, and what you want of your own."""

import json
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from api.commands.options import AsJson, Url, connect, dump, gone, show
from api.commands.parameters import BadArgument

app = typer.Typer(
    invoke_without_command=True,
    help="What sales channels want of a picture, and your own: list, show, add, remove.",
)
_PRESET: Final = ("name", "version", "confidence", "checked_on", "title")


@app.callback()
def presets(context: typer.Context, *, url: Url = None, as_json: AsJson = False) -> None:
    """All of them, with their source and how far it can be trusted."""
    if context.invoked_subcommand is None:
        _list(url, as_json=as_json)


@app.command("list")
def list_presets(*, url: Url = None, as_json: AsJson = False) -> None:
    """All of them, as without a verb."""
    _list(url, as_json=as_json)


@app.command("show")
def show_preset(
    name: Annotated[str, typer.Argument(metavar="NAME", help="amazon_main, ebay …")],
    *,
    url: Url = None,
    as_json: AsJson = False,  # noqa: ARG001 — as every verb has it; one preset is JSON anyhow
) -> None:
    """One of them with every rule, as JSON."""
    with connect(url) as client:
        dump(client.preset(name))


@app.command()
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Its rules, as TOML or JSON.")],
    *,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Make a preset of your own, or its next version."""
    with connect(url) as client:
        show([client.add_preset(_rules(file))], _PRESET, as_json=as_json)


@app.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="One of your own.")],
    *,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Take one of your own away; jobs that were taken in keep theirs."""
    with connect(url) as client:
        client.remove_preset(name)
    gone({"preset": name}, f"{name} is gone.", as_json=as_json)


def _rules(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
        found = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise BadArgument(f"{file}: {error}") from error
    if not isinstance(found, dict):
        raise BadArgument(f"{file} holds no rules")
    plain: dict[str, Any] = json.loads(json.dumps(found, default=str))  # TOML has dates
    plain.pop("version", None)  # of what was shown or ships: the next one is counted by the API
    return plain


def _list(url: str | None, *, as_json: bool) -> None:
    with connect(url) as client:
        show(client.presets(), _PRESET, as_json=as_json)
