"""`packshot retrain`: what people thought of results goes into the next training."""

from typing import Annotated

import typer

from api.client import ApiError, Client
from api.commands.delivery import show, watched
from api.commands.options import AsJson, Url, connect, errors
from api.commands.orders import orders
from api.commands.parameters import BadArgument
from api.exits import Exit

app = typer.Typer()
_UNCHANGED = "nothing_rated"


@app.command()
def retrain(
    network: Annotated[str, typer.Argument(metavar="NETWORK", help="gan, vae …")],
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="Its name.")],
    *,
    from_feedback: Annotated[
        bool, typer.Option("--from-feedback", help="On its next version, by what people said.")
    ] = False,
    promote: Annotated[
        bool, typer.Option("--promote", help="Let it serve if it is better; this waits.")
    ] = False,
    param: Annotated[
        list[str] | None, typer.Option("--param", "-p", metavar="K=V", help="Of the training.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Until the training has ended.")] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Train a network again, and let the version serve if it was measured to be better."""
    with connect(url) as client:
        name = _rated(client, dataset) if from_feedback else dataset
        named = [f"network={network}", f"dataset={name}", *(param or [])]
        jobs = [client.submit(one.body) for one in orders(client, "train", [], named, {})]
        if wait or promote:
            jobs = watched(client, jobs, label="retrain")
        if promote and jobs[0]["state"] == "succeeded":
            version = jobs[0]["report"]["version"]
            client.promote(version, reason=f"retrained on {name}")
            errors.print(f"{version} serves", markup=False, soft_wrap=True)
    show(jobs, {}, as_json=as_json)
    if (wait or promote) and jobs[0]["state"] != "succeeded":
        raise typer.Exit(Exit.FAILED)


def _rated(client: Client, dataset: str) -> str:
    """`name@version` of the dataset that people's ratings make of it.

    Raises:
        BadArgument: no rating changes it.
    """
    try:
        row = client.add_feedback(dataset)
    except ApiError as error:
        if error.code == _UNCHANGED:
            told = f"{dataset}: {error.detail}; nothing was trained. Without --from-feedback it is"
            raise BadArgument(f"{told} trained on as it is") from error
        raise
    name = f"{row['name']}@{row['version']}"
    errors.print(f"{name}: {row['pictures']} pictures", markup=False, soft_wrap=True)
    return name
