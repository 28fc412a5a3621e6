"""Pages as HTML: written by templates that escape all they are given, under a strict policy."""

from functools import cache
from typing import Any, Final

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.admin import assets, wording
from api.errors import PROBLEMS, Problem

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}


def show(request: Request, template: str, *, status: int = 200, **told: Any) -> Response:
    """A whole page; of who is signed in it knows by itself."""
    text = write(template, **_known(request), **told)
    return HTMLResponse(text, status_code=status, headers=HEADERS)


def write(template: str, **told: Any) -> str:
    return _templates().get_template(template).render(**told)


def back_to(address: str, *, did: str) -> Response:
    """After a form: the page that shows what it did."""
    mark = "&" if "?" in address else "?"
    return RedirectResponse(f"{address}{mark}did={did}", status_code=303, headers=HEADERS)


def tell_problem(request: Request, problem: Problem) -> Response:
    """A problem for people: the same words, as a page."""
    kind = PROBLEMS[problem.code]
    answer = show(request, "problem.html", status=kind.status, kind=kind, problem=problem)
    answer.headers.update(problem.headers)
    return answer


def _known(request: Request) -> dict[str, Any]:
    return {
        "request": request,
        "path": request.url.path,
        "admin": getattr(request.state, "admin", None),
        "did": wording.DID.get(request.query_params.get("did", "")),
    }


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("api.admin"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(wording.FILTERS)
    made.globals.update(asset=assets.address, integrity=assets.integrity)
    return made
