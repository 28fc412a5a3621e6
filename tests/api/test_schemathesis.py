"""Whatever the description allows, and what it forbids, is answered as the description says."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from api.main import build_app
from api.settings import ApiSettings
from tests import issued
from tests.api.test_tenancy import Ids, ids

__all__ = ["ids"]  # the shop that has one of everything
SEED = 20_261
EXAMPLES = 2
"""Of each route, valid and again invalid."""
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
SCHEMA = schemathesis.openapi.from_dict(build_app(ApiSettings()).openapi())
SCHEMA.config.generation.with_security_parameters = False  # test_auth.py tries every key there is
OPERATIONS = {
    f"{found.method.upper()} {found.path}": found
    for found in (one.ok() for one in SCHEMA.get_all_operations())
}
# What is there is asked after before it is erased.
IN_TURN = sorted(OPERATIONS, key=lambda name: name.startswith("DELETE"))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
def test_every_route_answers_as_it_is_described(
    serve: Callable[..., TestClient], api_key: str, ids: Ids, mode: GenerationMode
) -> None:
    app = serve(requests_per_min=0, upload_bytes_per_day=0, max_wait_s=0.05).app
    wrong: dict[str, str] = {}

    with asgi.get_client(app) as session:

        def ask(case: Case) -> Any:
            if mode is GenerationMode.POSITIVE:
                _name_what_is_there(case, ids)
            return case.call(app=app, session=session)

        session.headers.update(issued.headers(api_key))
        for name in IN_TURN:
            try:
                _tried(name, mode, ask)
            except Unsatisfiable:
                continue  # nothing that this route takes can be wrong
            except Exception as error:  # noqa: BLE001 — all routes are tried before any is told
                wrong[name] = _told(error)

    assert wrong == {}


def _tried(name: str, mode: GenerationMode, ask: Callable[[Case], Any]) -> None:
    cases: st.SearchStrategy[Case] = OPERATIONS[name].as_strategy(generation_mode=mode)

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def answers(case: Case) -> None:
        case.validate_response(ask(case), checks=list(CHECKS))

    answers()


def _name_what_is_there(case: Case, ids: Ids) -> None:
    """Fill the path with what the shop has, where it has one: else all would end at 404."""
    for name in case.path_parameters or {}:
        found = ids.get(name.removesuffix("_id"))
        if found is not None:
            case.path_parameters[name] = found


def _told(error: BaseException) -> str:
    """What failed, and how to see it again."""
    return "\n".join([str(error), *getattr(error, "__notes__", ())])[:1_500]
