"""STOREFRONT_*: where the shop is, and where its Packshot."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class StorefrontSettings(BaseSettings):
    """What the shop is told by its environment."""

    model_config = SettingsConfigDict(env_prefix="STOREFRONT_", frozen=True)

    packshot: str = "http://127.0.0.1:8700"
    key: SecretStr
    """An API key with the scopes that README.md names."""
    host: str = "127.0.0.1"
    port: int = 8800
    address: str = "http://127.0.0.1:8800"
    """How Packshot reaches us."""
    folder: Path = Path("storefront")
