"""Verbs that ask the API and change little: jobs, results, operations, cancel, retry."""

from typing import Annotated, Any

import typer

from api.client import Json
from api.commands import parameters
from api.commands.options import AsJson, Limit, Url, connect, dump, say, score, table
from api.commands.orders import schema_of

app = typer.Typer()
_Text = Annotated[str | None, typer.Option()]
_Least = Annotated[float | None, typer.Option()]
_RESULT = (
    *("id", "op", "sku", "format", "width", "height", "psnr_db", "ssim", "product_psnr_db"),
    *("model_version", "created_at"),
)
_JobId = Annotated[str, typer.Argument(metavar="JOB")]


@app.command()
def jobs(
    job: Annotated[str | None, typer.Argument(metavar="[JOB]", help="One job, whole.")] = None,
    *,
    state: _Text = None,
    op: _Text = None,
    sku: _Text = None,
    external_id: _Text = None,
    limit: Limit = 20,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """The newest jobs, or all of one."""
    with connect(url) as client:
        if job:
            dump(client.job(job))
            return
        query = {"state": state, "op": op, "sku": sku, "external_id": external_id}
        found = list(client.jobs(query, limit=limit))
    _show(found, ["id", "op", "state", "attempt", "sku", "created_at", "error"], as_json=as_json)


@app.command()
def results(
    *,
    job: Annotated[str | None, typer.Option(help="Of this job.")] = None,
    op: _Text = None,
    sku: _Text = None,
    channel: _Text = None,
    visibility: Annotated[
        str, typer.Option(help="published, held (what waits for a review), or all.")
    ] = "published",
    min_psnr_db: _Least = None,
    min_ssim: _Least = None,
    min_product_psnr_db: _Least = None,
    limit: Limit = 20,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """The newest delivered pictures with their scores."""
    query: dict[str, str | int | float | None] = {
        "job_id": job,
        "op": op,
        "sku": sku,
        "channel": channel,
        "visibility": visibility,
        "min_psnr_db": min_psnr_db,
        "min_ssim": min_ssim,
        "min_product_psnr_db": min_product_psnr_db,
    }
    with connect(url) as client:
        found = list(client.results(query, limit=limit))
    if as_json:
        dump(found)
    else:
        table(_RESULT, [[score(row, name) for name in _RESULT] for row in found])


@app.command()
def operations(
    name: Annotated[str | None, typer.Argument(help="One of them, with its parameters.")] = None,
    *,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """What can be asked for."""
    with connect(url) as client:
        answer = client.operation(name) if name else client.operations()
    if as_json:
        dump(answer)
    elif name:
        schema = schema_of(answer)
        say(f"{name}: {schema.get('description', '')}\n")
        table(["parameter", "kind", "default", "meaning"], parameters.describe(schema))
    else:
        rows = [(n, o["queue"], schema_of(o).get("description", "")) for n, o in answer.items()]
        table(["operation", "queue", "what it does"], rows)


@app.command()
def cancel(job: _JobId, *, url: Url = None, as_json: AsJson = False) -> None:
    """Stop a job that has not ended."""
    with connect(url) as client:
        found = client.cancel(job)
    _show([found], ["id", "op", "state"], as_json=as_json)


@app.command()
def retry(job: _JobId, *, url: Url = None, as_json: AsJson = False) -> None:
    """Ask again for a job that ended badly; a new job comes of it."""
    with connect(url) as client:
        found = client.retry(job)
    _show([found], ["id", "op", "state", "retry_of"], as_json=as_json)


def _show(found: list[Json], columns: list[str], *, as_json: bool) -> None:
    if as_json:
        dump(found)
    else:
        table(columns, [[_cell(row.get(name)) for name in columns] for row in found])


def _cell(value: Any) -> Any:
    return value.get("code") if isinstance(value, dict) else value
