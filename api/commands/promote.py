"""Verbs for what serves: promote, rollback, promotions."""

from typing import Annotated

import typer

from api.commands.options import AsJson, Url, connect, show

app = typer.Typer()
_COLUMNS = ("network", "version_id", "previous_id", "share", "forced", "created_at", "undone_at")
_Version = Annotated[str, typer.Argument(metavar="VERSION", help="Id or label.")]


@app.command()
def promote(
    version: _Version,
    *,
    share: Annotated[
        float, typer.Option(help="Of the jobs, from 0 to 1; below 1 it is a canary.")
    ] = 1.0,
    force: Annotated[
        bool, typer.Option("--force", help="Also if it was not measured to be better.")
    ] = False,
    reason: Annotated[str | None, typer.Option(help="For those who look later.")] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Let a version serve, if it beats its baseline and what serves now."""
    with connect(url) as client:
        found = client.promote(version, share=share, force=force, reason=reason)
    show([found], _COLUMNS, as_json=as_json)


@app.command()
def rollback(
    network: Annotated[
        str,
        typer.Argument(metavar="NETWORK", help="gan, vae, denoiser, deblocker …"),
    ],
    *,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Take the last promotion back: what served before serves again."""
    with connect(url) as client:
        found = client.roll_back(network)
    show([found], _COLUMNS, as_json=as_json)


@app.command()
def promotions(
    network: Annotated[str | None, typer.Argument(metavar="[NETWORK]")] = None,
    *,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """What was put into service and taken back, newest first."""
    with connect(url) as client:
        found = client.promotions(network)
    show(found, _COLUMNS, as_json=as_json)
