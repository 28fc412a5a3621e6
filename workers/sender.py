"""One delivery, signed and sent once; whatever happens is an answer."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Final

import structlog

from db import secrets, settings, signing
from db.engine import reading, transaction
from db.sending import Answer
from db.tables.deliveries import Delivery
from workers import fetch
from workers.fetch import Failed, Reply

LONGEST_S: Final = 10.0
KEPT_CHARACTERS: Final = 1_000
_USER_AGENT: Final = "Packshot-Webhooks/1"
_ASK_FOR_PATIENCE: Final = (429, 503)

_log = structlog.get_logger(__name__)


def attempt(delivery: Delivery) -> Answer:
    """Send it to its URL with the signatures that count now."""
    began = time.monotonic()
    try:
        keys = _keys(delivery)
        if not keys:
            return _failed(began, "the webhook was removed or switched off", is_last=True)
        body = delivery.body.encode()
        reply = fetch.post(
            delivery.url,
            headers=_headers(delivery.message_id, body, keys),
            body=body,
            allowed=settings.get().allowed(),
            longest_s=LONGEST_S,
        )
        return _answered(began, reply)
    except (Failed, secrets.SecretKeyMissing) as error:
        return _failed(began, str(error))
    except Exception as error:  # noqa: BLE001 — uncounted, it would be made again for ever
        _log.exception("a delivery failed in a way that nobody foresaw", delivery=delivery.id)
        return _failed(began, f"something went wrong on our side: {type(error).__name__}")


def _keys(delivery: Delivery) -> list[str]:
    with reading() as session:
        keys = signing.valid(session, delivery)
    if keys or delivery.endpoint_id is not None:
        return keys
    with transaction() as session:
        return [signing.of_tenant(session, delivery.tenant)]


def _headers(message_id: str, body: bytes, keys: list[str]) -> dict[str, str]:
    now = int(time.time())
    sign = partial(signing.sign, message_id=message_id, timestamp=now, body=body)
    return {
        "Content-Type": "application/json",
        "User-Agent": _USER_AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": str(now),
        "webhook-signature": " ".join(sign(key) for key in keys),
    }


def _failed(began: float, error: str, *, is_last: bool = False) -> Answer:
    return Answer(took_s=time.monotonic() - began, error=_kept(error), is_last=is_last)


def _answered(began: float, reply: Reply) -> Answer:
    patience = reply.status in _ASK_FOR_PATIENCE
    return Answer(
        took_s=time.monotonic() - began,
        status=reply.status,
        text=_kept(reply.body.decode("utf-8", "replace")),
        retry_after_s=_seconds(reply.headers.get("retry-after", "")) if patience else None,
    )


def _kept(text: str) -> str:
    """As much as is worth a row, without what PostgreSQL takes in no text."""
    return text.replace("\0", "")[:KEPT_CHARACTERS]


def _seconds(retry_after: str) -> float | None:
    """A number of seconds, or until a date; what is neither asks for nothing."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        until = parsedate_to_datetime(retry_after).astimezone(UTC)
    except (ValueError, OverflowError):  # no date, or one that is in no calendar as UTC
        return None
    return (until - datetime.now(UTC)).total_seconds()
