"""API_*: where the shop window stands, and how much it takes in at once."""

from functools import cache
from ipaddress import ip_address
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class ApiSettings(BaseSettings):
    """How this API serves; nothing needs to be set on one machine."""

    model_config = SettingsConfigDict(env_prefix="API_", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address that `packshot up` listens on.")
    port: int = Field(default=8700, ge=0, le=65_535, description="Port that it listens on.")
    url: str = Field(
        default="",
        description="Where the command line finds the API. Empty: http://API_HOST:API_PORT.",
    )
    allow_open: bool = Field(
        default=False,
        description="Serve whoever reaches the port. There are no keys yet: without this the API "
        "listens on this machine only and answers to its own names only.",
    )
    tenant: str = Field(
        default="shop",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$",
        description="Whom every request belongs to, until there are keys.",
    )
    max_upload_bytes: int = Field(
        default=25_000_000, ge=1, description="Largest picture file taken in."
    )
    max_json_bytes: int = Field(default=2_000_000, ge=1, description="Largest JSON body taken in.")
    body_grace_s: float = Field(
        default=30.0,
        gt=0,
        description="Time for a body to arrive, beside what it may take at the slowest speed.",
    )
    slowest_bytes_per_s: float = Field(
        default=20_000.0, gt=0, description="Below this speed an upload is broken off with 408."
    )
    max_wait_s: float = Field(
        default=60.0, ge=0, description="Longest that `Prefer: wait` holds an answer back."
    )

    def address(self) -> str:
        """Where a client on this machine finds the API."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.url or f"http://{host}:{self.port}"

    @model_validator(mode="after")
    def _stay_at_home(self) -> Self:
        if not self.allow_open and not is_this_machine(self.host):
            raise ValueError(
                f"the API has no keys yet, and {self.host} can be reached from other machines; "
                "set API_ALLOW_OPEN=true if that is meant"
            )
        return self


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
