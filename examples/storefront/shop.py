"""A storefront: a product's picture is enqueued as it comes, and swapped when its webhook arrives.

`python -m examples.storefront.serving` serves it at http://127.0.0.1:8800; README.md beside it says
more. Of Packshot it needs api/client.py alone, which may be copied into any shop.
"""

from hashlib import sha256
from typing import Annotated, Any, Final

from fastapi import FastAPI, File, Form, HTTPException, Request, Response, UploadFile
from starlette.concurrency import run_in_threadpool

from api.client import Client, InvalidWebhook, Json, verify_webhook
from examples.storefront.shelf import SKU, NotOnTheShelf, Shelf

LARGEST_BYTES: Final = 20 * 2**20
LARGEST_MESSAGE_BYTES: Final = 64 * 2**10
OPERATION: Final[Json] = {"op": "background", "rgb": [255, 255, 255]}
GATES: Final[Json] = {"product_psnr_db": {"min": 45}}
"""A picture in which the product itself changed is held back, and the photograph stays."""


def build_shop(
    packshot: Client, shelf: Shelf, *, address: str, secret: str | None = None
) -> FastAPI:
    """The shop, which Packshot reaches at `address`; `secret` signs what it is told."""
    app = FastAPI(title="A storefront")
    signed_with = secret or packshot.webhook_secret()

    @app.post("/products", status_code=202)
    def add_product(
        sku: Annotated[str, Form(pattern=SKU)], picture: Annotated[UploadFile, File()]
    ) -> dict[str, str]:
        """Show the photograph at once, and ask for a better picture of it."""
        photograph = picture.file.read(LARGEST_BYTES + 1)
        if len(photograph) > LARGEST_BYTES:
            raise HTTPException(413, "the picture is too large")
        # The same photograph of the same product is the same order, however often it is sent.
        order = f"{sku}-{sha256(photograph).hexdigest()[:32]}"
        shelf.put(sku, photograph, picture.content_type or "image/*", order=order)
        taken_in = packshot.upload(photograph, name=picture.filename or sku)
        asked = {
            "operation": {**OPERATION, "picture": taken_in["id"]},
            "sku": sku,
            "external_id": order,
            "gates": GATES,
            "webhook_url": f"{address}/told",
        }
        return {"sku": sku, "job": packshot.submit(asked, key=order)["id"]}

    @app.get("/products/{sku}/picture")
    def show(sku: str) -> Response:
        """What customers see now."""
        try:
            picture, media_type, made_by = shelf.shown(sku)
        except NotOnTheShelf as error:
            raise HTTPException(404, "there is no such product") from error
        headers = {"X-Made-By": made_by or "photograph", "X-Content-Type-Options": "nosniff"}
        return Response(picture, media_type=media_type, headers=headers)

    @app.post("/told", status_code=204)
    async def told(request: Request) -> None:
        """A webhook: believed only when its signature is right, over the bytes as they came."""
        body = await _small(request)
        try:
            message = verify_webhook(body, request.headers, signed_with)
        except InvalidWebhook as error:
            raise HTTPException(401, str(error)) from error
        if message["type"] == "job.succeeded":
            # Before the answer: if it fails, the answer is no 2xx, and the message comes again.
            await run_in_threadpool(_swap, packshot, shelf, message["data"])

    return app


async def _small(request: Request) -> bytes:
    """The body, of a stranger until it is verified."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_MESSAGE_BYTES:
            raise HTTPException(413, "no webhook is so long")
    return body


def _swap(packshot: Client, shelf: Shelf, job: dict[str, Any]) -> None:
    """The job's published picture in place of the photograph."""
    published = [one for one in job["results"] if one["visibility"] == "published"]
    if published and job["sku"] and job["external_id"]:
        result = packshot.result(published[0]["id"])
        shelf.swap(
            job["sku"],
            packshot.download(result["id"]),
            f"image/{result['format']}",
            order=job["external_id"],
            job=job["job_id"],
        )
