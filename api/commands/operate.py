"""The operator's verbs: workers, queues, pause, resume, drain; and the record: audit."""

from typing import Annotated

import typer

from api.client import Json
from api.commands.options import AsJson, Limit, Url, connect, show

app = typer.Typer()
_Queue = Annotated[str, typer.Argument(metavar="QUEUE", help="gpu, train or cpu.")]


@app.command()
def workers(*, url: Url = None, as_json: AsJson = False) -> None:
    """Who works now."""
    with connect(url) as client:
        _show_workers(client.workers(), as_json=as_json)


@app.command()
def drain(
    worker: Annotated[str, typer.Argument(metavar="WORKER", help="Its id: `packshot workers`.")],
    *,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Have a worker put its jobs down and end; what keeps it running starts a fresh one."""
    with connect(url) as client:
        _show_workers([client.drain(worker)], as_json=as_json)


@app.command()
def queues(*, url: Url = None, as_json: AsJson = False) -> None:
    """What waits and runs in each queue."""
    with connect(url) as client:
        _show_queues(client.queues(), as_json=as_json)


@app.command()
def pause(queue: _Queue, *, url: Url = None, as_json: AsJson = False) -> None:
    """Claim nothing more from a queue; what runs goes on."""
    with connect(url) as client:
        _show_queues([client.pause(queue)], as_json=as_json)


@app.command()
def resume(queue: _Queue, *, url: Url = None, as_json: AsJson = False) -> None:
    """Claim from a paused queue again."""
    with connect(url) as client:
        _show_queues([client.resume(queue)], as_json=as_json)


@app.command()
def audit(
    picture: Annotated[
        str | None, typer.Argument(metavar="ID", help="Of a picture or result: all of its story.")
    ] = None,
    *,
    tenant: Annotated[
        str | None, typer.Option(help="Whose. Default: that of your own key.")
    ] = None,
    limit: Limit = 50,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Who changed what, newest first; or who did what to which picture."""
    columns = ["created_at", "key_id", "outcome", "what", "verb", "resource"]
    with connect(url) as client:
        show(list(client.audit(picture, tenant=tenant, limit=limit)), columns, as_json=as_json)


def _show_workers(found: list[Json], *, as_json: bool) -> None:
    columns = ["id", "host", "pid", "device", "queues", "state", "in_flight", "last_seen_at"]
    show(found, columns, as_json=as_json)


def _show_queues(found: list[Json], *, as_json: bool) -> None:
    columns = ["name", "queued", "due", "running", "oldest_due_s", "paused_at"]
    show(found, columns, as_json=as_json)
