"""`packshot dataset`: folders of pictures become something to learn from."""

from pathlib import Path
from typing import Annotated

import typer

from api.client import Client, Json
from api.commands.options import AsJson, Url, connect, dump, errors, table
from api.commands.parameters import BadArgument

app = typer.Typer(no_args_is_help=True, help="What networks learn from: add a folder, list them.")
ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".avif"})
_COLUMNS = ["name", "kind", "pictures", "categories", "licence"]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What it will be called.")],
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False)],
    *,
    licence: Annotated[str | None, typer.Option(help="What may be done with it.")] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Send a folder with one folder of pictures for each category, and register it."""
    found = pictures(folder)
    with connect(url) as client:
        sent = [_send(client, path, category) for path, category in found]
        dataset = client.add_dataset(name, sent, licence=licence)
    if as_json:
        dump(dataset)
    else:
        table(_COLUMNS, [[dataset.get(column) for column in _COLUMNS]])


@app.command("list")
def list_(*, url: Url = None, as_json: AsJson = False) -> None:
    """The datasets that `train` may name."""
    with connect(url) as client:
        found = client.datasets()
    if as_json:
        dump(found)
    else:
        table(_COLUMNS, [[row.get(column) for column in _COLUMNS] for row in found])


def pictures(folder: Path) -> list[tuple[Path, str]]:
    """Every picture in a folder's folders with its category, in order.

    Raises:
        BadArgument: there are none.
    """
    found = [
        (path, path.parent.name)
        for path in sorted(folder.glob("*/*"))
        if path.suffix.lower() in ENDINGS
    ]
    if not found:
        raise BadArgument(
            f"{folder} holds no folders with pictures; put each category's pictures in a folder "
            "of its own, named like the category"
        )
    return found


def _send(client: Client, path: Path, category: str) -> Json:
    errors.print(f"{category}/{path.name}", style="dim")
    return {"picture": client.upload(path)["id"], "category": category}
