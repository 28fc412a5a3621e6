"""`packshot webhooks`: who hears of events, what was told, and once more."""

from typing import Annotated, Final

import typer

from api.client import Json
from api.commands.options import AsJson, Limit, Url, connect, dump, errors, table

app = typer.Typer(no_args_is_help=True, help="Who hears of events: list, add, test, deliveries, …")
_WEBHOOK: Final = ("id", "url", "events", "enabled", "disabled_because", "description")
_DELIVERY: Final = ("id", "event", "subject", "url", "state", "attempt", "due_at", "created_at")
_Webhook = Annotated[
    str, typer.Argument(metavar="WEBHOOK", help="Its id: `packshot webhooks list`.")
]
_Text = Annotated[str | None, typer.Option()]


@app.command("list")
def list_(*, url: Url = None, as_json: AsJson = False) -> None:
    """The webhooks of the shop."""
    with connect(url) as client:
        _show(client.webhooks(), _WEBHOOK, as_json=as_json)


@app.command()
def add(
    address: Annotated[str, typer.Argument(metavar="URL", help="https://…")],
    *,
    event: Annotated[
        list[str] | None, typer.Option(help="As job.failed; repeat it. Default: all events.")
    ] = None,
    description: _Text = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Have an address hear of events; this is the only time that anybody sees its secret."""
    with connect(url) as client:
        made = client.add_webhook(address, events=event or (), description=description)
    if as_json:
        dump(made)
    else:
        _show([made], ("id", "url", "events", "secret"), as_json=False)
        errors.print("Keep the secret: nobody can show it again.", style="dim")


@app.command("test")
def ping(webhook: _Webhook, *, url: Url = None, as_json: AsJson = False) -> None:
    """Send it a ping; `packshot webhooks deliveries` says how that went."""
    with connect(url) as client:
        _show([client.test_webhook(webhook)], _DELIVERY, as_json=as_json)


@app.command()
def deliveries(
    delivery: Annotated[
        str | None, typer.Argument(metavar="[DELIVERY]", help="One, with every attempt.")
    ] = None,
    *,
    state: Annotated[str | None, typer.Option(help="pending, delivered or failed.")] = None,
    webhook: Annotated[str | None, typer.Option(help="To this webhook.")] = None,
    subject: Annotated[str | None, typer.Option(help="Of this job or batch.")] = None,
    limit: Limit = 20,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """What was told, newest first; `--state failed` is what nobody will send again by itself."""
    with connect(url) as client:
        if delivery:
            dump(client.delivery(delivery))
            return
        query = {"state": state, "webhook_id": webhook, "subject": subject}
        _show(list(client.deliveries(query, limit=limit)), _DELIVERY, as_json=as_json)


@app.command()
def replay(
    delivery: Annotated[str, typer.Argument(metavar="DELIVERY")],
    *,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Tell it once more; the receiver sees the same message."""
    with connect(url) as client:
        _show([client.replay(delivery)], _DELIVERY, as_json=as_json)


def _show(found: list[Json], columns: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        dump(found)
    else:
        table(columns, [[row.get(name) for name in columns] for row in found])
