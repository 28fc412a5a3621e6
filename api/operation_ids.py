"""What each route is called in openapi.json: `list_jobs`, `get_job`, `create_job`, `cancel_job`."""

from typing import Final

from fastapi.routing import APIRoute

# The last part of a path that says what is done, not what is there.
_DEEDS: Final = frozenset(
    (
        *("cancel", "retry", "pause", "resume", "drain", "promote", "rollback", "review"),
        *("replay", "rotate", "test", "verify", "retire", "close"),
    )
)
_BY_METHOD: Final = {"POST": "create", "PUT": "set", "PATCH": "change", "DELETE": "delete"}
_STREAMS: Final = "events"


def of(route: APIRoute) -> str:
    """From its method and path, so that it stays as long as these do."""
    allowed = route.methods or set()
    method = next(
        one for one in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD") if one in allowed
    )
    parts = [part for part in route.path_format.replace("-", "_").split("/") if part]
    literals = [part for part in parts if not part.startswith("{") and part != "v1"]
    *before, last = literals
    around = [_one(part) for part in before]
    if method == "POST" and last in _DEEDS:
        return "_".join([last, *around])
    if method in _BY_METHOD:
        return "_".join([_BY_METHOD[method], *around, _one(last)])
    verb = "head" if method == "HEAD" else "get"
    if parts[-1].startswith("{"):
        return "_".join([verb, *around, _one(last)])
    if last == _STREAMS:
        verb = "stream"
    elif verb == "get" and _one(last) != last:
        verb = "list"
    return "_".join([verb, *around, last])


def _one(plural: str) -> str:
    """One of them."""
    if plural.endswith("ies"):
        return f"{plural.removesuffix('ies')}y"
    if plural.endswith("ches"):
        return plural.removesuffix("es")
    return plural.removesuffix("s")
