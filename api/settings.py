"""API_*: where the shop window stands, and how much it takes in at once."""

from functools import cache
from ipaddress import ip_address
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from db import tenants


class ApiSettings(BaseSettings):
    """How this API serves; nothing needs to be set on one machine."""

    model_config = SettingsConfigDict(env_prefix="API_", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address that `packshot up` listens on.")
    port: int = Field(default=8700, ge=0, le=65_535, description="Port that it listens on.")
    url: str = Field(
        default="",
        description="Where the command line finds the API, and where callers do: https:// says "
        "that something in front speaks TLS, and answers bind browsers to it. Empty: http://API_HOST:API_PORT.",
    )
    key: SecretStr | None = Field(
        default=None,
        description="The key that the command line asks with. Empty: on this machine the one in "
        "DB_HOME/api.key.",
    )
    tenant: str = Field(
        default="shop",
        pattern=tenants.NAME,
        description="The first tenant: `packshot init` and `up` make it and its first key.",
    )
    max_upload_bytes: int = Field(
        default=25_000_000, ge=1, description="Largest picture file taken in."
    )
    max_json_bytes: int = Field(default=2_000_000, ge=1, description="Largest JSON body taken in.")
    max_batch_bytes: int = Field(
        default=50_000_000,
        ge=1,
        description="Largest body of a batch; each of its lines is at most API_MAX_JSON_BYTES.",
    )
    body_grace_s: float = Field(
        default=30.0,
        gt=0,
        description="Time for a body to arrive, beside what it may take at the slowest speed.",
    )
    slowest_bytes_per_s: float = Field(
        default=20_000.0, gt=0, description="Below this speed an upload is broken off with 408."
    )
    key_remembered_s: float = Field(
        default=5.0,
        ge=0,
        description="How long a key that was found live is not looked up again: what it takes "
        "until a revoked one opens nothing.",
    )
    requests_per_min: int = Field(
        default=6_000,
        ge=0,
        le=2**31 - 1,
        description="Requests of one key in a minute; a tenant may have a number of its own. "
        "0: no limit.",
    )
    upload_bytes_per_day: int = Field(
        default=50_000_000_000,
        ge=0,
        le=2**53 - 1,
        description="Bytes of pictures that a tenant may send in a day; a tenant may have a number "
        "of its own. 0: no limit.",
    )
    max_wait_s: float = Field(
        default=60.0, ge=0, description="Longest that `Prefer: wait` holds an answer back."
    )

    metrics: Literal["key", "open"] = Field(
        default="key",
        description="Who may read /metrics: `key`, whoever has one with the scope metrics; `open`, "
        "whoever reaches the API.",
    )
    search_index_bytes: int = Field(
        default=500_000_000,
        ge=0,
        description="Vectors that one API process keeps in memory for GET /v1/search, 2.3 KB each; "
        "beyond, whose search was longest ago are let go, and what alone is more is read from the "
        "database at each search.",
    )
    max_listeners: int = Field(
        default=1_000,
        ge=1,
        description="Event streams that one API process keeps open at once; beyond, 503.",
    )

    def address(self) -> str:
        """Where a client on this machine finds the API."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.url or f"http://{host}:{self.port}"

    def keys_travel_in_the_clear(self) -> bool:
        """Other machines reach us, and nobody said that something in front speaks TLS."""
        return not is_this_machine(self.host) and not self.is_reached_by_tls()

    def is_reached_by_tls(self) -> bool:
        """Whether somebody said that callers come by https."""
        return self.url.startswith("https://")


def is_this_machine(host: str) -> bool:
    """Whether a host name or address can only mean the machine we run on."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@cache
def get() -> ApiSettings:
    """The settings of this process; read once."""
    return ApiSettings()
