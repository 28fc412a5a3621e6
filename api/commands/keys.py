"""`packshot keys` and `packshot tenants`: who may ask, for what, and for how much."""

from typing import Annotated, Final

import typer

from api.client import Json
from api.commands.options import AsJson, Limit, Url, connect, dump, errors, show
from api.commands.parameters import BadArgument

keys_app = typer.Typer(invoke_without_command=True, help="The keys of a tenant: list, add, …")
tenants_app = typer.Typer(invoke_without_command=True, help="Whom the house serves: list, add, …")
_KEY: Final = ("id", "tenant", "name", "scopes", "expires_at", "revoked_at", "last_used_at")
_TENANT: Final = (
    *("name", "max_queued", "max_running", "max_requests_per_min", "max_upload_bytes_per_day"),
    "created_at",
)
_LIFTED: Final = "none"
_Tenant = Annotated[str | None, typer.Option(help="Whose. Default: the tenant of your own key.")]
_KeyId = Annotated[str, typer.Argument(metavar="KEY", help="Its id: `packshot keys`.")]
_Name = Annotated[str, typer.Argument(metavar="NAME")]
_Cap = Annotated[str | None, typer.Option(metavar="N", help="At most so many jobs; or none.")]
_Rate = Annotated[
    str | None, typer.Option(metavar="N", help="Requests of each key; none: as the settings say.")
]
_Bytes = Annotated[
    str | None, typer.Option(metavar="N", help="Bytes of pictures; none: as the settings say.")
]


@keys_app.callback()
def keys(
    context: typer.Context,
    *,
    tenant: _Tenant = None,
    limit: Limit = 50,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """The keys of a tenant, newest first, also those that no longer open."""
    if context.invoked_subcommand is None:
        list_keys(tenant=tenant, limit=limit, url=url, as_json=as_json)


@keys_app.command("list")
def list_keys(
    *, tenant: _Tenant = None, limit: Limit = 50, url: Url = None, as_json: AsJson = False
) -> None:
    """The same as without `list`."""
    with connect(url) as client:
        show(list(client.keys(tenant, limit=limit)), _KEY, as_json=as_json)


@keys_app.command("add")
def add_key(
    name: _Name,
    *,
    scope: Annotated[list[str], typer.Option(help="What it opens, as jobs:write; repeat it.")],
    expires_in_days: Annotated[int | None, typer.Option(help="Default: never.")] = None,
    tenant: _Tenant = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """A new key; this is the only time that anybody sees it."""
    with connect(url) as client:
        made = client.add_key(name, scope, tenant=tenant, expires_in_days=expires_in_days)
    _show_once(made, as_json=as_json)


@keys_app.command()
def rotate(
    key: _KeyId, *, tenant: _Tenant = None, url: Url = None, as_json: AsJson = False
) -> None:
    """A new key like an old one, which opens for 24 hours more."""
    with connect(url) as client:
        made = client.rotate_key(key, tenant=tenant)
    _show_once(made, as_json=as_json)


@keys_app.command()
def revoke(
    key: _KeyId, *, tenant: _Tenant = None, url: Url = None, as_json: AsJson = False
) -> None:
    """Let a key open nothing more."""
    with connect(url) as client:
        show([client.revoke_key(key, tenant=tenant)], _KEY, as_json=as_json)


@tenants_app.callback()
def tenants(
    context: typer.Context, *, limit: Limit = 50, url: Url = None, as_json: AsJson = False
) -> None:
    """Whom the house serves, newest first."""
    if context.invoked_subcommand is None:
        list_tenants(limit=limit, url=url, as_json=as_json)


@tenants_app.command("list")
def list_tenants(*, limit: Limit = 50, url: Url = None, as_json: AsJson = False) -> None:
    """The same as without `list`."""
    with connect(url) as client:
        show(list(client.tenants(limit=limit)), _TENANT, as_json=as_json)


@tenants_app.command("add")
def add_tenant(
    name: _Name,
    *,
    max_queued: _Cap = None,
    max_running: _Cap = None,
    max_requests_per_min: _Rate = None,
    max_upload_bytes_per_day: _Bytes = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """A new tenant; then `packshot keys add NAME --tenant …` gives it a key."""
    caps = _caps(
        max_queued=max_queued,
        max_running=max_running,
        max_requests_per_min=max_requests_per_min,
        max_upload_bytes_per_day=max_upload_bytes_per_day,
    )
    with connect(url) as client:
        show([client.add_tenant(name, caps)], _TENANT, as_json=as_json)


@tenants_app.command("set")
def set_tenant(
    name: _Name,
    *,
    max_queued: _Cap = None,
    max_running: _Cap = None,
    max_requests_per_min: _Rate = None,
    max_upload_bytes_per_day: _Bytes = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Change a tenant's caps."""
    caps = _caps(
        max_queued=max_queued,
        max_running=max_running,
        max_requests_per_min=max_requests_per_min,
        max_upload_bytes_per_day=max_upload_bytes_per_day,
    )
    with connect(url) as client:
        show([client.set_tenant(name, caps)], _TENANT, as_json=as_json)


def _caps(**given: str | None) -> dict[str, int | None]:
    """The caps that were named.

    Raises:
        BadArgument: one is neither a number nor `none`.
    """
    named = {name: text for name, text in given.items() if text is not None}
    for name, text in named.items():
        if text != _LIFTED and not text.isdecimal():
            raise BadArgument(f"{name} wants a number or {_LIFTED}, got {text!r}")
    return {name: None if text == _LIFTED else int(text) for name, text in named.items()}


def _show_once(made: Json, *, as_json: bool) -> None:
    if as_json:
        dump(made)
        return
    errors.print("Keep it: nobody can show it again.", style="yellow")
    typer.echo(made["key"])
