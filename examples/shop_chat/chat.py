"""A chat about one picture: what a customer of the shop writes becomes a picture, or an answer.

`python -m examples.shop_chat.serving` serves it at http://127.0.0.1:8801; README.md beside it says
more. The browser sees no API key: this is what stands between it and Packshot.
"""

from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import FastAPI, File, HTTPException, Request, Response, UploadFile
from fastapi import Path as InPath
from fastapi.responses import FileResponse
from pydantic import BaseModel

from api.client import ApiError, Client, Json, Unreachable

LARGEST_BYTES: Final = 20 * 2**20
_PAGE: Final = Path(__file__).parent / "page"
_FILES: Final = {"": "text/html", "chat.js": "text/javascript", "chat.css": "text/css"}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_UNCLEAR: Final = ("wish_not_understood", "wish_ambiguous", "wish_impossible")
Id = Annotated[str, InPath(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class Said(BaseModel):
    """What the customer wrote about a picture."""

    picture: str
    wish: str


def build_chat(packshot: Client) -> FastAPI:
    """The page, and the four questions that it asks of us."""
    app = FastAPI(title="A shop's chat", docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(ApiError)
    def refused(_request: Request, error: ApiError) -> Response:
        """What Packshot refuses for another reason than the words, as it says it."""
        status = error.status if error.status < 500 else 502
        return Response(error.detail, status, media_type="text/plain")

    @app.exception_handler(Unreachable)
    def away(_request: Request, _error: Unreachable) -> Response:
        return Response("the studio is away; try again", 502, media_type="text/plain")

    @app.get("/")
    @app.get("/{name}")
    def page(name: str = "") -> Response:
        if name not in _FILES:
            raise HTTPException(404)
        headers = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}
        return FileResponse(
            _PAGE / (name or "index.html"), media_type=_FILES[name], headers=headers
        )

    @app.post("/pictures", status_code=201)
    def send(picture: Annotated[UploadFile, File()]) -> dict[str, str]:
        """The photograph that the chat is about."""
        photograph = picture.file.read(LARGEST_BYTES + 1)
        if len(photograph) > LARGEST_BYTES:
            raise HTTPException(413, "the picture is too large")
        return {"picture": packshot.upload(photograph, name=picture.filename or "photo")["id"]}

    @app.post("/wishes")
    def say(said: Said) -> Json:
        """A result that is there, a job to ask after, or what could not be understood."""
        try:
            answer = packshot.assist(said.picture, said.wish)
        except ApiError as error:
            if error.code not in _UNCLEAR:
                raise
            return {"text": _explained(error), "words": _words(error)}
        return {
            "text": _told(answer),
            "result": answer["result"] and answer["result"]["id"],
            "job": answer["job"] and answer["job"]["id"],
        }

    @app.get("/jobs/{job_id}/state")
    def look(job_id: Id) -> Json:
        """How far a job is, and its published picture."""
        job = packshot.job(job_id)
        shown = [one["id"] for one in job["results"] if one["visibility"] == "published"]
        why = (job["error"] or {}).get("detail")
        return {"state": job["state"], "result": next(iter(shown), None), "why": why}

    @app.get("/results/{result_id}/picture")
    def show(result_id: Id) -> Response:
        kind = packshot.result(result_id)["format"]
        return Response(
            packshot.download(result_id),
            media_type=f"image/{kind}",
            headers={"X-Content-Type-Options": "nosniff"},
        )

    return app


def _told(answer: Json) -> str:
    """What was understood, in a sentence."""
    heard = [_named(one) for one in answer["understood"]]
    ignored = answer["ignored_terms"]
    unknown = f" I do not know: {', '.join(ignored)}." if ignored else ""
    return f"Understood: {', '.join(heard)}.{unknown}"


def _named(term: Json) -> str:
    name = term["name"].replace("_", " ")
    of = {"product": "product in ", "source": "from ", "ground": "background "}
    return ("no " if term["refused"] else "") + of.get(term["part"], "") + name


def _explained(error: ApiError) -> str:
    match error.code:
        case "wish_ambiguous":
            return f"Which one? {error.detail}"
        case "wish_impossible":
            return f"That cannot be made: {error.detail}"
        case _:
            return "I did not understand that. I know these words:"


def _words(error: ApiError) -> list[dict[str, Any]]:
    if error.code != "wish_not_understood":
        return []
    return [{"kind": one["code"], "said": one["detail"]} for one in error.errors]
