"""`packshot dataset`: folders of pictures become something to learn from."""

from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from api.client import ApiError, Client, Json
from api.commands.folders import Found, ProductBy, pictures
from api.commands.options import (
    AsJson,
    Url,
    connect,
    dump,
    errors,
    progress_bar,
    say,
    table,
)
from api.commands.parameters import BadArgument

app = typer.Typer(no_args_is_help=True, help="What networks learn from: add a folder, list them.")
_COLUMNS = ["name", "version", "kind", "pictures", "categories", "licence"]
# What the door says of a file that is no picture; the others are taken all the same.
_NO_PICTURE = "image_"


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What it will be called.")],
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False)],
    *,
    licence: Annotated[
        str | None, typer.Option(help="What may be done with it, and by whose consent.")
    ] = None,
    product_by: Annotated[
        ProductBy,
        typer.Option(help="What names a picture's product: folder in folder, or file_name."),
    ] = ProductBy.NONE,
    include_generated: Annotated[
        bool, typer.Option("--include-generated", help="Also results that no camera saw.")
    ] = False,
    consent: Annotated[
        bool, typer.Option("--consent", help="All persons in the pictures agreed to it.")
    ] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Send a folder with one folder of pictures for each category, and register it."""
    found = pictures(folder, product_by)
    with connect(url) as client:
        sent = _sent(client, found, consent=consent)
        dataset = client.add_dataset(
            name, sent, licence=licence, include_generated=include_generated
        )
    _show(dataset, as_json=as_json)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Its name, name@version or id.")],
    *,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """One of them with its report: what was left out, what is held out, what it trains."""
    with connect(url) as client:
        dataset = client.dataset(name)
    _show(dataset, as_json=as_json)


@app.command()
def feedback(
    name: Annotated[str, typer.Argument(help="Its name.")],
    *,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Its next version, by what people thought of results: `packshot rate`."""
    with connect(url) as client:
        dataset = client.add_feedback(name)
    _show(dataset, as_json=as_json)


@app.command("list")
def list_(*, url: Url = None, as_json: AsJson = False) -> None:
    """The datasets that `train` may name."""
    with connect(url) as client:
        found = client.datasets()
    if as_json:
        dump(found)
    else:
        table(_COLUMNS, [[row.get(column) for column in _COLUMNS] for row in found])


def _sent(client: Client, found: list[Found], *, consent: bool) -> list[Json]:
    """What the API has of these files now; files that are no pictures are told, and left out.

    Raises:
        BadArgument: none of them is a picture, or one is in two categories.
    """
    sent: list[Json] = []
    first: dict[str, Found] = {}
    bar = progress_bar()
    with bar if errors.is_terminal else nullcontext():
        task = bar.add_task("pictures", total=len(found), now="")
        for one in found:
            bar.update(task, advance=1, now=one.path.name)
            try:
                picture = client.upload(one.path)["id"]
            except ApiError as error:
                if not error.code.startswith(_NO_PICTURE):
                    raise
                told = f"{one.category}/{one.path.name} is left out: {error.detail}"
                errors.print(told, markup=False, soft_wrap=True)
                continue
            other = first.setdefault(picture, one)
            if other.category != one.category:
                raise BadArgument(
                    f"{other.category}/{other.path.name} and {one.category}/{one.path.name} are "
                    "the same picture; it can be in one category only"
                )
            said: Json = {"product": one.product} if one.product else {}
            said |= {"consent": True} if consent else {}
            sent.append({"picture": picture, "category": one.category, **said})
    if not sent:
        raise BadArgument("none of the files is a picture that can be taken in")
    return sent


def _show(dataset: Json, *, as_json: bool) -> None:
    if as_json:
        dump(dataset)
        return
    table(_COLUMNS, [[dataset.get(column) for column in _COLUMNS]])
    report = dataset.get("report") or {}
    for line in _lines(report):
        say(line)


def _lines(report: Json) -> Iterable[str]:
    """The report in sentences, as a person reads it."""
    if not report:
        return
    held = sum(one["validation"] for one in report["categories"])
    yield f"{report['taken']} of {report['asked']} pictures taken, of {report['products']} products"
    if report["persons"]:
        yield f"{report['persons']} show persons, by their consent"
    if report["categories"]:
        yield f"{held} pictures are held out, which no network learns from:"
    for one in report["categories"]:
        yield (
            f"  {one['name']}: {one['train']} to learn from, {one['validation']} held out, "
            f"{one['products']} products"
        )
    for one in report["left_out"]:
        yield f"{one['count']} left out as {one['reason']}: {one['detail']}"
    for name in report["empty_categories"]:
        yield f"nothing is left of {name}: it is no category of the dataset"
    for one in report["trains"]:
        yield f"{one['network']}: " + (
            "can be trained" if one["trains"] else f"no, {one['why_not']}"
        )
