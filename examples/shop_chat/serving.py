"""Runs the chat by its settings."""

import uvicorn

from api.client import Client
from examples.shop_chat.chat import build_chat
from examples.shop_chat.settings import ChatSettings


def main() -> None:
    """Serve until Ctrl-C."""
    given = ChatSettings()
    with Client(given.packshot, given.key.get_secret_value()) as packshot:
        uvicorn.run(build_chat(packshot), host=given.host, port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
