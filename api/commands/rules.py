"""`packshot rules`: what trains a network again by itself, and what came of it."""

from typing import Annotated, Final

import typer

from api.commands.options import AsJson, Url, connect, gone, show
from api.commands.orders import orders
from api.commands.parameters import BadArgument

app = typer.Typer(
    invoke_without_command=True, help="What trains a network again by itself: list, add, …"
)
_RULE: Final = ("id", "network", "dataset", "ratings", "drop_db", "over_results", "promotes")
_RETRAINING: Final = ("created_at", "cause", "outcome", "detail", "job_id", "version_id")
_RuleId = Annotated[str, typer.Argument(metavar="RULE", help="Its id: `packshot rules`.")]


@app.callback()
def rules(context: typer.Context, *, url: Url = None, as_json: AsJson = False) -> None:
    """All of them, oldest first."""
    if context.invoked_subcommand is None:
        list_(url=url, as_json=as_json)


@app.command("list")
def list_(*, url: Url = None, as_json: AsJson = False) -> None:
    """The same as without `list`."""
    with connect(url) as client:
        show(client.rules(), _RULE, as_json=as_json)


@app.command()
def add(
    network: Annotated[str, typer.Argument(metavar="NETWORK", help="gan, vae …")],
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="Its name, without a version.")],
    *,
    ratings: Annotated[int | None, typer.Option(help="So many new ones start a training.")] = None,
    drop_db: Annotated[
        float | None, typer.Option(help="So far fallen scores of results start one, in dB.")
    ] = None,
    over_results: Annotated[
        int | None, typer.Option(help="With --drop-db: the mean of so many results.")
    ] = None,
    promote: Annotated[
        bool, typer.Option(help="Let what comes out serve, if it is better.")
    ] = True,
    param: Annotated[
        list[str] | None, typer.Option("--param", "-p", metavar="K=V", help="Of the training.")
    ] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Train a network again on what people said of results, whenever it is due."""
    if ratings is None and drop_db is None:
        raise BadArgument("say when: --ratings N, --drop-db X, or both")
    given = {"ratings": ratings, "drop_db": drop_db, "over_results": over_results}
    when = {name: value for name, value in given.items() if value is not None}
    named = [f"network={network}", f"dataset={dataset}", *(param or [])]
    with connect(url) as client:
        (training,) = orders(client, "train", [], named, {})
        made = client.add_rule(training.body["operation"], when=when, promote=promote)
    show([made], _RULE, as_json=as_json)


@app.command("show")
def show_rule(rule: _RuleId, *, url: Url = None, as_json: AsJson = False) -> None:
    """What came of a rule, newest first."""
    with connect(url) as client:
        found = client.rule(rule)
    show([found], _RULE, as_json=as_json)
    if not as_json:
        show(found["retrainings"], _RETRAINING, as_json=False)


@app.command()
def remove(rule: _RuleId, *, url: Url = None, as_json: AsJson = False) -> None:
    """It starts nothing more; a training under way goes on."""
    with connect(url) as client:
        client.remove_rule(rule)
    gone({"rule": rule}, f"{rule} is removed", as_json=as_json)
