"""Messages as Packshot signs them, for the receivers among the examples."""

import json
import time
from typing import Any

from db import signing

SECRET = signing.new_secret()
RESULT = "0190a0b0-0000-7000-8000-000000000002"


def message(
    order: str, *, job: str = "j1", kind: str = "job.succeeded", sku: str = "SHOE-1"
) -> bytes:
    """The body of what is told when a job has ended."""
    results = [{"id": RESULT, "ordinal": 0, "visibility": "published"}]
    data = {"job_id": "j1", "sku": sku, "external_id": order, "results": results}
    told = {"type": kind, "timestamp": "2026-11-23T17:22:25.123000Z", "data": data}
    return json.dumps(told, separators=(",", ":")).encode()


def headers(body: bytes, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    sent_at = int(time.time() if at is None else at)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(sent_at),
        "webhook-signature": signing.sign(secret, message_id="msg_1", timestamp=sent_at, body=body),
    }


def unbelievable(body: bytes) -> dict[str, dict[str, Any]]:
    """Headers that no receiver may believe, by what is wrong with them."""
    return {
        "nothing": {},
        "another secret": headers(body, secret=signing.new_secret()),
        "long ago": headers(body, at=time.time() - 3600),
        "another body": headers(body + b" "),
        "half a signature": headers(body) | {"webhook-signature": "v1,AAAA"},
        "another version": headers(body)
        | {"webhook-signature": headers(body)["webhook-signature"].replace("v1,", "v2,")},
    }
