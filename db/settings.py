"""DB_*: where the rows and the bytes are kept. LOG_*: how every process logs."""

from functools import cache, cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from db.addresses import Allowed


class DbSettings(BaseSettings):
    """Where the archive lies; everything has a default that needs no service."""

    model_config = SettingsConfigDict(env_prefix="DB_", frozen=True)

    home: Path = Field(
        default=Path("var"),
        description="Folder for everything that has no address of its own: database, pictures, "
        "broker, data packages.",
    )
    url: str = Field(
        default="",
        description="Database, as SQLAlchemy writes it: sqlite:///… or postgresql+psycopg://…. "
        "Empty: SQLite in DB_HOME.",
    )
    blobs: str = Field(
        default="",
        description="Where picture bytes lie: a folder, s3://bucket/prefix, or memory://. "
        "Empty: DB_HOME/blobs.",
    )
    max_pixels: int = Field(default=64_000_000, description="Largest picture taken in, in pixels.")
    max_side_px: int = Field(default=12_000, description="Longest side taken in.")
    intake_seconds: float = Field(default=20.0, description="Time one picture may take to check.")
    intake_memory_mb: int = Field(default=2_048, description="Memory one check may use.")

    keep_jobs_days: float = Field(
        default=0.0,
        ge=0.0,
        allow_inf_nan=False,
        description="Finished jobs are removed with their results after so many days, 1 or more; "
        "0 keeps them for ever.",
    )
    keep_deliveries_days: float = Field(
        default=30.0,
        ge=1.0,
        allow_inf_nan=False,
        description="Webhooks that arrived or were given up stay in their log for so many days.",
    )

    keep_audit_days: float = Field(
        default=365.0,
        ge=0.0,
        allow_inf_nan=False,
        description="Who changed what stays on record for so many days; 0 keeps it for ever.",
    )

    keep_event_ids_days: float = Field(
        default=7.0,
        ge=1.0,
        allow_inf_nan=False,
        description="An impression, click or order is counted once, however often it is told, for "
        "so many days; one that happened before is refused.",
    )

    keep_persons_days: float = Field(
        default=7.0,
        ge=0.0,
        allow_inf_nan=False,
        description="Pictures of persons are erased with all that was made from them so many days "
        "after something was last tried on in them (`try_on`); 0 keeps them for ever.",
    )

    keep_tastes_days: float = Field(
        default=365.0,
        ge=0.0,
        allow_inf_nan=False,
        description="What shoppers and segments liked is kept for so many days; 0 keeps it for "
        "ever.",
    )

    clock_offset_s: float = Field(
        default=0.0,
        allow_inf_nan=False,
        description="Tests only: what this process adds to the database's clock, in seconds.",
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="Encrypts the secrets of webhooks: 32 random bytes or more, in any spelling "
        "(`openssl rand -base64 32`). Several with commas: the first encrypts, all decrypt. Empty: "
        "the file secret.key in DB_HOME, which `packshot init` makes.",
    )
    webhook_allow: str = Field(
        default="",
        description="Storefronts of the house that webhooks may reach though they are not on the "
        "open internet: names, addresses and networks with commas, as "
        "127.0.0.1,10.0.0.0/8,storefront.internal. A name or address here may also be http and "
        "on any port.",
    )

    @field_validator("keep_jobs_days")
    @classmethod
    def _long_enough(cls, days: float) -> float:
        if 0 < days < 1:
            raise ValueError("an idempotency key is promised to be good for a day: 0, or 1 or more")
        return days

    @field_validator("webhook_allow")
    @classmethod
    def _readable(cls, text: str) -> str:
        Allowed.of(text)
        return text

    def allowed(self) -> Allowed:
        """Whom webhooks may reach beside the open internet."""
        return Allowed.of(self.webhook_allow)

    def database_url(self) -> str:
        return self.url or f"sqlite:///{self._folder / 'packshot.db'}"

    def blob_url(self) -> str:
        return self.blobs or str(self._folder / "blobs")

    @cached_property
    def _folder(self) -> Path:
        """Asked at every transaction, and for each its links would be followed anew."""
        return self.home.resolve()


class LogSettings(BaseSettings):
    """How lines are written, by the API, by workers and by whoever starts them."""

    model_config = SettingsConfigDict(env_prefix="LOG_", frozen=True)

    format: Literal["console", "json"] = Field(
        default="console",
        description="Lines on standard error: `console` for people, `json` for collectors.",
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="The least grave lines of ours that are written. Libraries' begin at warning.",
    )
    traces_to: str = Field(
        default="",
        description="Collector that takes traces by OTLP over HTTP, as http://collector:4318; "
        "needs the extra `otel`. Empty: there are none.",
    )
    traces_share: float = Field(
        default=1.0, ge=0, le=1, description="Of the traces that begin here, how many are told."
    )


@cache
def get() -> DbSettings:
    """The settings of this process; read once."""
    return DbSettings()


@cache
def logs() -> LogSettings:
    """How this process logs; read once."""
    return LogSettings()
