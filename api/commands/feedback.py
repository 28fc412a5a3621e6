"""Verbs for what people think of results: rate, feedback, review."""

from typing import Annotated, Literal

import typer

from api.commands.options import AsJson, Limit, Url, connect, show

app = typer.Typer()
_COLUMNS = ("result_id", "rating", "reason", "rater", "created_at")
# So that the -1 of a rating is no option.
_NUMBERS = {"ignore_unknown_options": True}
_Result = Annotated[str, typer.Argument(metavar="RESULT", help="Its id.")]


@app.command(context_settings=_NUMBERS)
def rate(
    result: _Result,
    rating: Annotated[
        Literal["-1", "0", "1"],
        typer.Argument(metavar="RATING", help="-1 rejected, 0 neither, 1 accepted."),
    ],
    *,
    reason: Annotated[str | None, typer.Option(help="In a few words.")] = None,
    rater: Annotated[
        str | None, typer.Option(help="Who says so: their later rating of it counts.")
    ] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Say what somebody thought of a result."""
    with connect(url) as client:
        found = client.rate(result, int(rating), reason=reason, rater=rater)
    show([found], _COLUMNS, as_json=as_json)


@app.command()
def feedback(
    *,
    result: Annotated[str | None, typer.Option(help="Of this result.")] = None,
    rating: Annotated[int | None, typer.Option(min=-1, max=1)] = None,
    limit: Limit = 20,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """What people thought of results, newest first."""
    with connect(url) as client:
        query = {"result_id": result, "rating": rating}
        found = list(client.feedback(query, limit=limit))
    show(found, _COLUMNS, as_json=as_json)


@app.command()
def review(
    result: _Result,
    verdict: Annotated[Literal["approve", "reject"], typer.Argument(metavar="VERDICT")],
    *,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Decide about a result that a gate held back: `packshot results --visibility held`."""
    with connect(url) as client:
        found = client.review(result, verdict)
    show([found], ["id", "op", "visibility"], as_json=as_json)
