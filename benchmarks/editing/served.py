"""The networks that ship, as the operations take them; where one is missing, its classical way."""

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from benchmarks import mattes
from models import calling, weights
from models.editing.mending import Mender
from models.editing.upscale import Enlarger
from models.matting import matte
from models.matting.matte import Finder
from models.restyling import Restyler
from models.weights import Card

CLASSICAL = "classical"
NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Served:
    """What does the operations here; None where none ships."""

    denoiser: Mender | None
    deblocker: Mender | None
    deblurrer: Mender | None
    enlargers: tuple[Enlarger, ...]
    finder: Finder | None
    restyler: Restyler | None

    @property
    def finders(self) -> dict[str, Finder]:
        """What finds products, by its engine: the classical one, and the network that ships."""
        return {CLASSICAL: matte.find} | ({NETWORK: self.finder} if self.finder else {})


def served(folder: Path = weights.SHIPPED) -> Served:
    """What lies in a folder of weights."""
    read = [(weights.read(file.read_bytes(), card), card) for file, card in weights.shipped(folder)]
    kinds = {card.network: (network.eval(), card) for network, card in read}
    enlargers = (_enlarger(*one) for one in read if one[1].network == "upscaler")
    return Served(
        denoiser=_mender(kinds.get("denoiser")),
        deblocker=_mender(kinds.get("deblocker")),
        deblurrer=_mender(kinds.get("deblurrer")),
        enlargers=tuple(sorted(enlargers, key=lambda one: one.scale)),
        finder=mattes.finder(kinds["matte"][0]) if "matte" in kinds else None,
        restyler=_restyler(kinds.get("style")),
    )


def said(network: object) -> str:
    """By what an operation is done here."""
    return CLASSICAL if network is None else NETWORK


def _mender(found: tuple[nn.Module, Card] | None) -> Mender | None:
    if found is None:
        return None
    network, card = found
    return Mender(calling.doors(network)["denoise"], calling.tiling(card))


def _enlarger(network: nn.Module, card: Card) -> Enlarger:
    doors = calling.doors(network.eval())
    return Enlarger(doors["upscale"], int(card.config["scale"]), calling.tiling(card))


def _restyler(found: tuple[nn.Module, Card] | None) -> Restyler | None:
    if found is None:
        return None
    doors = calling.doors(found[0])
    return Restyler(doors["measure"], doors["restyle"], calling.tiling(found[1]))
