"""`packshot train`: a network learns from a dataset, and becomes a version."""

from typing import Annotated

import typer

from api.commands.delivery import followed, show
from api.commands.options import AsJson, Url, connect
from api.commands.orders import orders
from api.exits import Exit

app = typer.Typer()


@app.command()
def train(
    network: Annotated[str, typer.Argument(metavar="NETWORK", help="gan, vae …")],
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET", help="Its name; see `packshot dataset list`.")
    ],
    *,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="K=V", help="As epochs=20; `submit train --help`."),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Until it has ended.")] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Train a network on a dataset; `packshot watch JOB` tells how each epoch went."""
    named = [f"network={network}", f"dataset={dataset}", *(param or [])]
    with connect(url) as client:
        (asked,) = orders(client, "train", [], named, {})
        job = client.submit(asked.body)
        if wait:
            job = followed(client, job)
    show([job], {}, as_json=as_json)
    if wait and job["state"] != "succeeded":
        raise typer.Exit(Exit.FAILED)
