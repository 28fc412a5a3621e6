"""How often a key may ask and how much a tenant may send, told as the IETF's RateLimit fields.

The fields are those of draft-ietf-httpapi-ratelimit-headers-10: `RateLimit-Policy` says the budget
(q) and its window in seconds (w), `RateLimit` what is left (r) and when it is whole again (t).
"""

from dataclasses import dataclass
from typing import Final

from fastapi import Request
from limits import RateLimitItemPerDay, RateLimitItemPerMinute

from api.counters import Counting, Left
from api.errors import Problem
from api.settings import ApiSettings

_REQUESTS: Final = "requests"
_UPLOADS: Final = "uploads"
_SPENT: Final = "spent"


async def spend_request(request: Request, key_id: str, own: int | None) -> None:
    """One request of a key, which its tenant may have a number of its own for.

    Raises:
        Problem: `rate_limited`.
    """
    settings: ApiSettings = request.app.state.settings
    most = settings.requests_per_min if own is None else own
    # A route asks who its caller is more than once; the request is still one.
    if not most or _SPENT in request.scope["state"]:
        return
    request.scope["state"][_SPENT] = True
    item = RateLimitItemPerMinute(most, namespace=_REQUESTS)
    left = await _counting(request).spend(item, key_id, 1)
    if left is None:
        return
    _tell(request, f'"{_REQUESTS}";q={most};w=60', f'"{_REQUESTS}"', left)
    if not left.spent:
        raise _over("rate_limited", f"{most} requests in a minute is the most for a key", left)


@dataclass(frozen=True, slots=True)
class Uploads:
    """What a tenant may still send today."""

    request: Request
    tenant: str
    most: int

    async def check(self, declared: str) -> None:
        """Before a body is read: whether what it says of its length is left.

        Raises:
            Problem: `upload_quota`.
        """
        length = int(declared[:20]) if declared.isdecimal() else 1
        await self._ask(length, is_spent=False)

    async def spend(self, length: int) -> None:
        """What has come, whether or not it is a picture.

        Raises:
            Problem: `upload_quota`.
        """
        await self._ask(length, is_spent=True)

    async def _ask(self, length: int, *, is_spent: bool) -> None:
        if not self.most:
            return
        item = RateLimitItemPerDay(self.most, namespace=_UPLOADS)
        counting = _counting(self.request)
        ask = counting.spend if is_spent else counting.look
        left = await ask(item, self.tenant, length)
        if left is None:
            return
        policy = f'"{_UPLOADS}";q={self.most};qu="content-bytes";w=86400'
        _tell(self.request, policy, f'"{_UPLOADS}"', left)
        if not left.spent:
            raise _over("upload_quota", f"{self.most} bytes in a day is the most", left)


async def uploads(request: Request, tenant: str, own: int | None) -> Uploads:
    settings: ApiSettings = request.app.state.settings
    return Uploads(request, tenant, settings.upload_bytes_per_day if own is None else own)


def _counting(request: Request) -> Counting:
    counting: Counting = request.app.state.counting
    return counting


def _tell(request: Request, policy: str, name: str, left: Left) -> None:
    """Put it among the answer's headers, beside what was told of another budget."""
    told: dict[str, str] = request.scope["state"].setdefault("headers", {})
    parts = {
        "RateLimit-Policy": policy,
        "RateLimit": f"{name};r={left.amount};t={left.resets_in_s}",
    }
    for header, value in parts.items():
        others = [
            one for one in told.get(header, "").split(", ") if one and not one.startswith(name)
        ]
        told[header] = ", ".join([*others, value])


def _over(code: str, detail: str, left: Left) -> Problem:
    return Problem(code, detail, headers={"Retry-After": str(left.resets_in_s)})
