"""`packshot presets`: what sales channels want of a picture."""

from typing import Annotated, Final

import typer

from api.commands.options import AsJson, Url, connect, dump, show

app = typer.Typer(
    invoke_without_command=True, help="What sales channels want of a picture: list, show."
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
) -> None:
    """One of them with every rule, as JSON."""
    with connect(url) as client:
        dump(client.preset(name))


def _list(url: str | None, *, as_json: bool) -> None:
    with connect(url) as client:
        show(client.presets(), _PRESET, as_json=as_json)
