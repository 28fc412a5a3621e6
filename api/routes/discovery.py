"""What there is: operations, workers, problems."""

from functools import cache

from fastapi import APIRouter

from api.auth import any_key, needs
from api.errors import PROBLEMS, Problem
from api.schemas.discovery import (
    OperationOut,
    OperationsOut,
    ProblemKind,
    ProblemKinds,
    WorkerOut,
    WorkersOut,
)
from db import fleet
from db.engine import reading
from db.operations.union import OPERATIONS

router = APIRouter(prefix="/v1", tags=["discovery"])
# What this build can do and say is no secret among those who have a key.
_BUILD = [any_key()]


@router.get("/operations", dependencies=_BUILD)
async def operations() -> OperationsOut:
    """All that can be asked for, with the JSON Schema of each."""
    return OperationsOut(operations={name: _operation(name) for name in OPERATIONS})


@router.get("/operations/{name}", dependencies=_BUILD)
async def operation(name: str) -> OperationOut:
    if name not in OPERATIONS:
        raise Problem("operation_not_found", f"there are {', '.join(OPERATIONS)}")
    return _operation(name)


@router.get("/workers", dependencies=[needs("admin")])
def workers() -> WorkersOut:
    """Who takes jobs at this moment."""
    with reading() as session:
        return WorkersOut(items=[WorkerOut.model_validate(row) for row in fleet.present(session)])


@router.get("/problems", dependencies=_BUILD)
async def problems() -> ProblemKinds:
    """Every code that an error answer may have."""
    return ProblemKinds(items=[_problem(code) for code in PROBLEMS])


@router.get("/problems/{code}", dependencies=_BUILD)
async def problem(code: str) -> ProblemKind:
    """What the `type` of an error answer points at."""
    if code not in PROBLEMS:
        raise Problem("problem_not_found", "no problem has this code")
    return _problem(code)


@cache  # a schema takes a while to make, and is the same as long as the build is
def _operation(name: str) -> OperationOut:
    kind = OPERATIONS[name]
    return OperationOut(
        queue=kind.queue,
        description=(kind.__doc__ or "").strip(),
        networks=list(kind.networks),
        reference=kind.reference,
        parameters=kind.model_json_schema(),
    )


def _problem(code: str) -> ProblemKind:
    return ProblemKind(code=code, status=PROBLEMS[code].status, title=PROBLEMS[code].title)
