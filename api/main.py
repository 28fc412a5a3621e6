"""The shop window: `uvicorn api.main:build_app --factory`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from api import description, handlers, settings, stopping
from api.edge import Edge
from api.routes import datasets, discovery, health, jobs, pictures, results
from api.settings import ApiSettings
from api.uploads import Door
from api.waiting import Waiting
from db import migrate

_ROUTERS = (pictures, jobs, results, datasets, discovery, health)


def build_app(given: ApiSettings | None = None) -> FastAPI:
    """The app under these settings, or those of the environment."""
    chosen = settings.get() if given is None else given
    app = FastAPI(
        title="Packshot",
        version="1",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        responses=description.PROBLEM_RESPONSES,
    )
    app.state.settings = chosen
    app.state.waiting = Waiting()
    app.state.door = Door()
    app.add_middleware(Edge, settings=chosen)
    handlers.install(app)
    for module in _ROUTERS:
        app.include_router(module.router)
    description.install(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    # Tables of another build are refused here, not met by the first customer.
    await run_in_threadpool(migrate.check)
    with stopping.heard(app.state.waiting.close):
        yield
    app.state.waiting.close()
