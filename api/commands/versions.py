"""`packshot versions`: the weights that jobs may name, and those that others trained."""

import subprocess
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from api import settings
from api.commands.options import AsJson, Url, connect, dump, show

_COLUMNS = ("label", "network", "state", "created_at", "id")


class _OrOneOfThem(TyperGroup):
    """`packshot versions LABEL` is `packshot versions show LABEL`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """What is no verb is a version's name."""
        given = args if args[0] in self.commands else ["show", *args]
        return super().resolve_command(ctx, given)


app = typer.Typer(
    cls=_OrOneOfThem,
    invoke_without_command=True,
    help="The weights that jobs may name: list, VERSION, add.",
)


@app.callback()
def versions(context: typer.Context, *, url: Url = None, as_json: AsJson = False) -> None:
    """All of them, newest first."""
    context.obj = url
    if context.invoked_subcommand is None:
        with connect(url) as client:
            show(client.versions(), _COLUMNS, as_json=as_json)


@app.command("show")
def one(
    context: typer.Context,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Id or label.")],
    *,
    url: Url = None,
    as_json: AsJson = False,  # noqa: ARG001 — as every verb has it; one version is JSON anyhow
) -> None:
    """All of one, with its card and what was measured of it."""
    with connect(url or context.obj) as client:
        dump(client.version(version))


@app.command()
def add(
    file: Annotated[str, typer.Argument(metavar="FILE", help="safetensors; no pickle is opened.")],
    *,
    network: Annotated[str, typer.Option(help="denoiser or upscaler.")],
    name: Annotated[str, typer.Option(help="Of the version, without its number.")],
    licence: Annotated[str, typer.Option(help="Of the weights, in a line.")],
    data: Annotated[str, typer.Option(help="What they learnt from, in a line.")],
    tenant: Annotated[str | None, typer.Option(help="Whose. Default: API_TENANT.")] = None,
    as_json: AsJson = False,
) -> None:
    """Register weights that others trained, on this machine: a candidate that serves nobody yet."""
    told = {"network": network, "name": name, "licence": licence, "data": data}
    told["tenant"] = tenant or settings.get().tenant
    words = [word for key, value in told.items() for word in (f"--{key}", value)]
    # Torch stays out of this process: what needs it is a program of its own.
    command = [sys.executable, "-m", "workers.community", *words, *["--json"] * as_json, "--", file]
    raise typer.Exit(subprocess.run(command, check=False).returncode)  # noqa: S603
