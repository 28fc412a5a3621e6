"""What routes ask for by name in their signatures."""

from typing import Annotated

from fastapi import Depends, Header, Request

from api import auth
from api.errors import Problem
from api.settings import ApiSettings
from api.waiting import preferred_s
from api.watching import Watch

_LONGEST_KEY = 255


async def _settings(request: Request) -> ApiSettings:
    settings: ApiSettings = request.app.state.settings
    return settings


async def _tenant(caller: Annotated[auth.Caller, Depends(auth.caller_of)]) -> str:
    """Whose request this is: the key says."""
    return caller.tenant


async def _watch(request: Request) -> Watch:
    watch: Watch = request.app.state.watch
    return watch


async def _idempotency_key(
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="The same key and body again give the same job.",
        ),
    ] = None,
) -> str | None:
    if key is None:
        return None
    if not 0 < len(key) <= _LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise Problem(
            "invalid_idempotency_key", f"send 1 to {_LONGEST_KEY} printable ASCII characters"
        )
    return key


async def _wait_s(
    request: Request,
    prefer: Annotated[
        str | None, Header(description="`wait=N` holds the answer back until the job is over.")
    ] = None,
) -> float | None:
    longest = (await _settings(request)).max_wait_s
    wanted = preferred_s(prefer or "")
    return None if wanted is None else min(wanted, longest)


Settings = Annotated[ApiSettings, Depends(_settings)]
Caller = Annotated[auth.Caller, Depends(auth.caller_of)]
Tenant = Annotated[str, Depends(_tenant)]
Watching = Annotated[Watch, Depends(_watch)]
IdempotencyKey = Annotated[str | None, Depends(_idempotency_key)]
WaitSeconds = Annotated[float | None, Depends(_wait_s)]
