"""The shop window: `uvicorn api.main:build_app --factory`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

import structlog
from fastapi import APIRouter, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute

from api import counters, description, handlers, operation_ids, query_names, settings, stopping
from api.acts import Ledger
from api.admin import site
from api.answered import Answered
from api.auth import Keyring
from api.counters import Counting
from api.edge import Edge
from api.listeners import Seats
from api.nearest import Nearest
from api.readiness import Ready
from api.routes import (
    assist,
    audit,
    batches,
    blocklist,
    campaigns,
    datasets,
    deliveries,
    discovery,
    epochs,
    events,
    feedback,
    health,
    jobs,
    keys,
    labels,
    links,
    metrics,
    pictures,
    policies,
    presets,
    provenance,
    queues,
    rankings,
    results,
    rules,
    search,
    shop_events,
    stages,
    tastes,
    tenants,
    trainings,
    trials,
    usage,
    versions,
    webhooks,
)
from api.settings import ApiSettings
from api.uploads import Door
from api.watching import Watch
from db import default_secrets, logs, migrate, tracing
from workers import settings as worker_settings

_ROUTERS = (
    *(pictures, jobs, assist, events, stages, batches, results, links, feedback, search),
    *(provenance, campaigns, shop_events, tastes, rankings, labels),
    *(trainings, epochs, trials, datasets, rules, versions, usage),
    *(policies, blocklist),
    *(discovery, presets, deliveries, webhooks, keys, tenants, audit, queues, health, metrics),
)
_MEND = "put TLS in front and say so: API_URL=https://…; or listen on 127.0.0.1"
_log = structlog.get_logger(__name__)


def build_app(given: ApiSettings | None = None) -> FastAPI:
    """The app under these settings; without, that of a process of its own, by the environment."""
    if given is None:
        logs.configure("api")
        tracing.configure("api")
    chosen = settings.get() if given is None else given
    app = FastAPI(
        title="Packshot",
        version="1",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        routes=_routes(),
        openapi_tags=description.TAGS,
    )
    app.state.settings = chosen
    app.state.keyring = Keyring(chosen.key_remembered_s)
    app.state.watch = Watch()
    app.state.seats = Seats(chosen.max_listeners)
    app.state.batches_at_once = asyncio.Semaphore(batches.AT_ONCE)
    app.state.door = Door()
    app.state.nearest = Nearest(chosen.search_index_bytes)
    app.state.ready = Ready()
    app.state.counting = Counting(counters.address())
    app.add_middleware(Ledger)
    app.add_middleware(Answered)
    app.add_middleware(Edge, settings=chosen)
    handlers.install(app)
    site.install(app)
    description.install(app)
    return app


@cache
def _routes() -> list[BaseRoute]:
    """What every app answers to: no two apps differ in it, and FastAPI reads each route slowly."""
    every = APIRouter(
        responses=description.PROBLEM_RESPONSES, generate_unique_id_function=operation_ids.of
    )
    for module in _ROUTERS:
        every.include_router(query_names.refuse_unread(module.router))
    site.include(every)
    return every.routes


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    await run_in_threadpool(_refuse)
    if app.state.settings.keys_travel_in_the_clear():
        _log.warning("other machines reach this API, and keys travel in the clear", mend=_MEND)
    with stopping.heard(app.state.watch.close):
        yield
    app.state.watch.close()
    await app.state.counting.close()
    await run_in_threadpool(tracing.flush)


def _refuse() -> None:
    """What is not right is refused here, not met by the first customer.

    Raises:
        UnsafeBroker: others reach it and read along.
        DefaultSecret: everybody knows it.
        WrongRevision: the tables are of another build.
    """
    worker_settings.check_broker()
    default_secrets.check()
    migrate.check()
