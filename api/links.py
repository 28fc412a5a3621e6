"""The URL of a signed link: made for a file that is there, and read back from any text."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from fastapi import Request

from api.errors import Problem
from api.schemas.links import LinkIn, LinkOut
from api.settings import ApiSettings
from db import link_signing
from db.link_signing import Kind, Link

_NAMES = {"expires", "signature"}


def made(request: Request, tenant: str, kind: Kind, row_id: str, wanted: LinkIn) -> LinkOut:
    """The link to one file, at API_URL or where the caller has found us.

    Raises:
        SecretKeyMissing: there is nothing to sign with.
    """
    settings: ApiSettings = request.app.state.settings
    expires = int(time.time()) + wanted.lasts_s
    link = Link(tenant, kind, row_id, expires, wanted.inline)
    query = {"expires": str(expires), "signature": link_signing.sign(link)}
    if wanted.inline:
        query["inline"] = "1"
    base = settings.url or str(request.base_url)
    url = f"{base.rstrip('/')}/v1/links/{tenant}/{kind}/{row_id}?{urlencode(query)}"
    return LinkOut(url=url, expires_at=datetime.fromtimestamp(expires, UTC))


def opened(tenant: str, kind: str, row_id: str, query: Mapping[str, str]) -> Link:
    """The link that a request came by.

    Raises:
        Problem: `invalid_signature`, the same for every reason, after the same work.
    """
    expires = query.get("expires", "")
    # More digits than a time has would be a number that takes long to read.
    until = int(expires) if expires.isascii() and expires.isdecimal() and len(expires) < 12 else 0
    link = Link(tenant, kind, row_id, until, query.get("inline") == "1")
    is_ours = link_signing.is_signed(link, query.get("signature", ""))
    is_whole = set(query) == _NAMES | ({"inline"} if link.shown else set())
    if not (is_ours and is_whole and expires == str(until) and time.time() < until):
        raise Problem("invalid_signature", "ask for another link")
    return link
