"""A browser without scripts: it keeps its cookie, and sends back what its page's forms hold."""

import re
from dataclasses import dataclass
from typing import Final

from httpx2 import Response
from starlette.testclient import TestClient

ODD: Final = {
    "nothing that prints": "\0\x1b",
    "another script": "鞋子 👟\u202e",
    "markup": "</title><script>alert(1)</script>",
    "a path": "../../etc/passwd",
    "long": "x" * 5_000,
    "a quote": '"; drop table job; --',
}
"""What somebody may write into any field."""


@dataclass(frozen=True, slots=True)
class Browser:
    """Where somebody signed in, or not yet."""

    client: TestClient

    def get(self, path: str, **headers: str) -> Response:
        return self.client.get(path, headers={"Accept": "text/html", **headers})

    def sign_in(self, key: str, *, back: str = "") -> Response:
        return self.client.post(
            "/admin/sign-in", data={"key": key, "next": back}, follow_redirects=False
        )

    def post(self, path: str, **fields: str) -> Response:
        """A form of the page, with the token that the page holds."""
        return self.client.post(path, data={"csrf": self.csrf(), **fields}, follow_redirects=False)

    def csrf(self) -> str:
        found = re.search(r'<meta name="csrf" content="([^"]+)">', self.get("/admin").text)
        assert found is not None
        return found[1]
