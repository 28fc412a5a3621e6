"""Runs the storefront by its settings."""

import uvicorn

from api.client import Client
from examples.storefront.settings import StorefrontSettings
from examples.storefront.shelf import Shelf
from examples.storefront.shop import build_shop


def main() -> None:
    """Serve until Ctrl-C."""
    given = StorefrontSettings()
    with Client(given.packshot, given.key.get_secret_value()) as packshot:
        shop = build_shop(packshot, Shelf(given.folder), address=given.address)
        uvicorn.run(shop, host=given.host, port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
