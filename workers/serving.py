"""The versions that serve a job's request, as its claim fixes them."""

import time

from sqlalchemy.orm import Session

from db import choosing
from db.choosing import Choice
from db.operations.order import Order
from db.tables.jobs import Job

SERVES_S = 1.0
"""How long what serves a request is taken to go on serving it."""


class Serving:
    """Asked again every second: so soon a promotion is met."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], dict[str, Choice]] = {}
        self._until = 0.0

    def versions(self, session: Session, job: Job) -> dict[str, str]:
        """Of each network that the job needs, by its name.

        Raises:
            pydantic.ValidationError: the request is none that this build can read.
            VersionNotFound: what it asks for does not serve.
        """
        if time.monotonic() > self._until:
            self._known, self._until = {}, time.monotonic() + SERVES_S
        needs = Order.model_validate_json(job.request).operation.needs()
        key = (job.tenant, repr(needs))
        if key not in self._known:
            self._known[key] = choosing.choices(session, job.tenant, needs)
        return {network: choice.of_job(job.id) for network, choice in self._known[key].items()}
