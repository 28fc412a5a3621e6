"""What the shop shows: for each product a picture, and the order that may replace it."""

import json
import re
import secrets
from pathlib import Path
from threading import Lock
from typing import Final

SKU: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


class NotOnTheShelf(LookupError):
    """The shop has no such product."""


class Shelf:
    """A folder with SKU.picture and SKU.json; each file appears whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, sku: str, photograph: bytes, media_type: str, *, order: str) -> None:
        """A product as it was photographed, until the picture of this order comes.

        Before the order is placed: its webhook may be quicker than the answer to it.
        """
        with self._turn:
            if self._knows(sku, order):
                return  # the same photograph once more: what is shown may be better already
            self._write(sku, photograph, {"order": order, "made_by": None, "type": media_type})

    def swap(self, sku: str, picture: bytes, media_type: str, *, order: str, job: str) -> bool:
        """Show what the job made, unless another order came after its own; twice is as once."""
        with self._turn:
            if not self._knows(sku, order):
                return False
            self._write(sku, picture, {"order": order, "made_by": job, "type": media_type})
            return True

    def shown(self, sku: str) -> tuple[bytes, str, str | None]:
        """The picture, its media type, and the job that made it.

        Raises:
            NotOnTheShelf: there is no such product.
        """
        with self._turn:
            told = self._read(sku)
            picture = (self._folder / f"{sku}.picture").read_bytes()
            return picture, str(told["type"]), told["made_by"]

    def _knows(self, sku: str, order: str) -> bool:
        try:
            return self._read(sku)["order"] == order
        except NotOnTheShelf:
            return False

    def _read(self, sku: str) -> dict[str, str | None]:
        if not re.fullmatch(SKU, sku):  # it names a file
            raise NotOnTheShelf(sku)
        try:
            told: dict[str, str | None] = json.loads((self._folder / f"{sku}.json").read_text())
        except FileNotFoundError as error:
            raise NotOnTheShelf(sku) from error
        return told

    def _write(self, sku: str, picture: bytes, told: dict[str, str | None]) -> None:
        self._whole(f"{sku}.picture", picture)
        self._whole(f"{sku}.json", json.dumps(told).encode())

    def _whole(self, name: str, data: bytes) -> None:
        unfinished = self._folder / secrets.token_hex(8)
        unfinished.write_bytes(data)
        unfinished.replace(self._folder / name)
