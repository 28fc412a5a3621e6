"""CHAT_*: where the chat is, and where its Packshot."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ChatSettings(BaseSettings):
    """What the chat is told by its environment."""

    model_config = SettingsConfigDict(env_prefix="CHAT_", frozen=True)

    packshot: str = "http://127.0.0.1:8700"
    key: SecretStr
    """An API key with the scopes that README.md names."""
    host: str = "127.0.0.1"
    port: int = 8801
