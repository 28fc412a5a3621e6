"""Verbs that keep a house and bring it back: backup, restore. They run on the house's machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api import alone
from api.commands.options import AsJson, dump, errors, progress_bar, say
from api.exits import Exit
from db import backup as backups
from db import restore as restores
from db import settings as db_settings
from db.backup_inventory import BackupError, Inventory

app = typer.Typer()
_Told = Callable[[str, int, int], None]


@app.command()
def backup(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="The archive. Default: packshot-DAY-TIME.tar here."),
    ] = None,
    *,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Also secret.key and c2pa/: guard it as those.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write rows, pictures and an inventory into one archive, while everything runs."""
    path = file or Path(f"packshot-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar")
    with _refusals(), _progress() as told:
        made = backups.make(path, told=told, secrets="included" if with_secrets else "left out")
    if as_json:
        dump({"file": str(path), **_described(made)})
    else:
        for line in _lines(path, made):
            say(line)
    if made.left_out:
        errors.print("not in the backup, their bytes have changed on disk:", style="red")
        for name in made.left_out:
            errors.print(f"  {name}", markup=False, soft_wrap=True)
        raise typer.Exit(Exit.FAILED)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `packshot backup` wrote.")],
    *,
    force: Annotated[
        bool, typer.Option("--force", help="In place of what is there, which is gone then.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring a backup back, once all of it was found whole; nothing may run here meanwhile."""
    home = db_settings.get().home.resolve()
    with _refusals(), alone.in_folder(home, "packshot restore"), _progress() as told:
        back = restores.bring_back(file, told=told, over="what is there" if force else "nothing")
    if as_json:
        dump({"file": str(file), **_described(back.inventory), "rows": back.rows})
        return
    counted = ", ".join(f"{count} {table}s" for table, count in back.rows.items())
    say(f"Restored into {home}, as it was on {back.inventory.made_at:%Y-%m-%d %H:%M} UTC:")
    say(f"{counted}; {_bytes_of(back.inventory)}.")
    say("`packshot up` goes on from here; `packshot init` where something else starts it.")


@contextmanager
def _refusals() -> Iterator[None]:
    """What cannot be done is said in words."""
    try:
        yield
    except (BackupError, alone.Refused) as error:
        errors.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(Exit.FAILED) from error


@contextmanager
def _progress() -> Iterator[_Told]:
    """A bar on standard error that says what is being done."""
    bar = progress_bar()
    with bar if errors.is_terminal else nullcontext():
        task = bar.add_task("", total=None, now="")

        def told(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield told


def _described(inventory: Inventory) -> dict[str, Any]:
    told = inventory.model_dump(mode="json", exclude={"files", "format"})
    return {**told, "pictures": len(inventory.blobs()), "bytes": inventory.size_bytes()}


def _lines(path: Path, inventory: Inventory) -> Iterator[str]:
    yield (
        f"{path}: {inventory.database} at revision {inventory.revision}, {_bytes_of(inventory)}, "
        f"{inventory.size_bytes() / 2**20:.1f} MiB."
    )
    if not inventory.has_secrets:
        yield "secret.key and c2pa/ are not in it: keep them elsewhere, or say --with-secrets."


def _bytes_of(inventory: Inventory) -> str:
    if inventory.bytes_in != "the archive":
        return f"its pictures stay in {inventory.bytes_in}"
    return f"{len(inventory.blobs())} files of pictures and weights"
