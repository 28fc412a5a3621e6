"""Every route as openapi.json describes it, for tests that walk: a new one is never left out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.main import build_app
from api.settings import ApiSettings

DOCUMENT: Final[Mapping[str, Any]] = build_app(ApiSettings()).openapi()
JSON: Final = {"Content-Type": "application/json"}
# Else the answer would not end: tests/api/test_events.py listens to it.
_SHORT: Final = {"Last-Event-ID": "none of ours"}


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path, whether it wants a key, and the scope that opens it (None: any)."""

    method: str
    path: str
    said: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def wants_key(self) -> bool:
        return bool(self.said.get("security"))

    @property
    def scope(self) -> str | None:
        scopes = [scope for need in self.said.get("security", ()) for scope in need["key"]]
        (one,) = scopes or [None]
        return one

    @property
    def is_of_one(self) -> bool:
        """Whether its path names a thing."""
        return "{" in self.path

    def at(self, *values: str) -> str:
        """Its path with these values in order, the last one for all that follow."""
        given = list(values)
        parts = self.path.split("/")
        return "/".join(
            (given.pop(0) if len(given) > 1 else given[0]) if "{" in part else part
            for part in parts
        )

    def sent(self) -> dict[str, Any]:
        """What a request to it carries: the example that openapi.json has of its body."""
        content = self.said.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
            example = DOCUMENT["components"]["schemas"][name]["examples"][0]
            return {"content": json.dumps(example), "headers": JSON}
        return {"headers": _SHORT} if self.path == "/v1/events" else {}


ROUTES: Final = tuple(
    Route(method.upper(), path, said)
    for path, methods in DOCUMENT["paths"].items()
    for method, said in methods.items()
)
GUARDED: Final = tuple(route for route in ROUTES if route.wants_key)
