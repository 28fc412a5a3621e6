"""DB_*: where the rows and the bytes are kept."""

from functools import cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


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

    def database_url(self) -> str:
        return self.url or f"sqlite:///{self.home.resolve() / 'packshot.db'}"

    def blob_url(self) -> str:
        return self.blobs or str(self.home.resolve() / "blobs")


@cache
def get() -> DbSettings:
    """The settings of this process; read once."""
    return DbSettings()
