"""Verbs for what shoppers like: like, ranking; `packshot erase shopper` forgets one."""

from typing import Annotated, Literal

import typer

from api.commands.options import AsJson, Url, connect, dump, show, table

app = typer.Typer()
_Segment = Annotated[str | None, typer.Option(help="Whom the shopper is counted among.")]
_Shopper = Annotated[str | None, typer.Option(help="What you call one person: opaque.")]


# So that the -1 of an opinion is no option.
@app.command(context_settings={"ignore_unknown_options": True})
def like(
    picture: Annotated[str, typer.Argument(metavar="ID", help="Of a picture or result.")],
    liked: Annotated[
        Literal["-1", "1"], typer.Argument(metavar="LIKED", help="1 liked, -1 disliked.")
    ] = "1",
    *,
    segment: _Segment = None,
    shopper: _Shopper = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Say that a shopper, or somebody of a segment, liked a picture or result."""
    with connect(url) as client:
        found = client.like(picture, int(liked), segment=segment, shopper=shopper)
    show([found], ["picture", "liked", "segment", "shopper"], as_json=as_json)


@app.command()
def ranking(
    sku: Annotated[str, typer.Argument(metavar="SKU", help="Of which product.")],
    *,
    segment: _Segment = None,
    shopper: _Shopper = None,
    version: Annotated[str | None, typer.Option(help="Of the classifier that looked.")] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """A product's results, what a segment or shopper will like most first."""
    asked = {"sku": sku, "segment": segment, "shopper": shopper, "version": version}
    with connect(url) as client:
        told = client.ranking(asked)
    if as_json:
        dump(told)
        return
    items = told["items"]
    rows = [(f"{one['expected']:.3f}", f"{one['deviation']:.3f}", one["id"]) for one in items]
    table(["expected", "deviation", "id"], rows)
