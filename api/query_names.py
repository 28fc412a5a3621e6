"""A parameter behind the question mark that a route does not read is refused, on every route."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.routing import APIRoute

from api.schemas import base


def refuse_unread(router: APIRouter) -> APIRouter:
    """The same router, whose routes that read no parameter refuse each; others refuse theirs.

    What is not under /v1 is asked by probes and scrapers, which may add what they like.
    """
    for route in router.routes:
        if isinstance(route, APIRoute) and _is_ours(route) and not route.dependant.query_params:
            route.dependencies.append(Depends(_none))
    return router


def _is_ours(route: APIRoute) -> bool:
    return route.path.startswith("/v1/")


def _none(query: Annotated[base.Query, Query()]) -> None:
    """Reads what has no field: whatever is given is one too many."""
