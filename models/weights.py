"""Weights on disk: float16 or int8 safetensors with a card, checked before a number is used."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from models import int8
from models.networks import community
from models.networks.classifier import ClassifierConfig, ProductClassifier
from models.networks.community import Community, CommunityConfig
from models.networks.denoiser import TAKES, Denoiser, DenoiserConfig
from models.networks.gan import GanConfig, Generator
from models.networks.inpainter import Inpainter, InpainterConfig
from models.networks.matte import MatteConfig, MatteNet
from models.networks.style import StyleAutoencoder, StyleConfig
from models.networks.translator import Translator, TranslatorConfig
from models.networks.upscaler import Upscaler, UpscalerConfig
from models.networks.vae import ConditionalVae, VaeConfig
from models.networks.warp import WarpConfig, WarpNet

SHIPPED = Path(__file__).parent / "shipped"
MODEL_FILE = "model.safetensors"
CARD_FILE = "card.json"
MAX_HEADER_BYTES = 1_000_000
DTYPES = (torch.float16, torch.float32)


class WeightsError(ValueError):
    """model_file_invalid: the weights are not what their card says."""


@dataclass(frozen=True, slots=True)
class Card:
    """Where weights come from and how good they are, written by the run that made them.

    Attributes:
        name: short, unique among what is shipped.
        network: of `models.training.config.Network`.
        config: of the network, as its config class takes it.
        sha256: of the file of weights.
        licence: of the weights and of what they learnt from, in a line.
        data: what they learnt from, in a line.
        categories: what the labels mean, in order.
        recipe: everything that decided the result, and what it took.
        scores: measured numbers by name.
        baseline: the same numbers of the method to beat.
    """

    name: str
    network: str
    config: dict[str, Any]
    sha256: str
    licence: str
    data: str
    categories: tuple[str, ...] = ()
    recipe: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, float | None] = field(default_factory=dict)
    baseline: dict[str, float | None] = field(default_factory=dict)

    @classmethod
    def from_json(cls, text: str) -> "Card":
        try:
            row = json.loads(text)
            return cls(**{**row, "categories": tuple(row.get("categories", ()))})
        except (TypeError, AttributeError, ValueError) as error:
            raise WeightsError(f"the card cannot be read: {error}") from error

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


def shipped(folder: Path = SHIPPED) -> tuple[tuple[Path, Card], ...]:
    """Every file of weights that comes with us, with its card."""
    cards = sorted(folder.glob(f"*/{CARD_FILE}"))
    return tuple((path.with_name(MODEL_FILE), _card(path)) for path in cards)


def read(weights: bytes, card: Card) -> nn.Module:
    """A network ready to serve, on the CPU, in float32.

    Raises:
        WeightsError: anything is amiss.
        CannotDo: it is of an architecture of others, and spandrel is not here or knows it not.
    """
    if hashlib.sha256(weights).hexdigest() != card.sha256:
        raise WeightsError("the file of weights is not the one its card was written for")
    if community.is_community(card.config):
        theirs = _of_others(card, checked(weights, dtypes=community.DTYPES))
        return theirs.requires_grad_(requires_grad=False)
    tensors = checked(weights)
    network = _skeleton(card)
    _compare(tensors, network.state_dict())
    network.load_state_dict({k: v.float() for k, v in tensors.items()}, assign=True)
    return network.eval().requires_grad_(requires_grad=False)


def load(folder: Path) -> tuple[Card, nn.Module]:
    """What `write` has written into a folder: the card, and the network as `read` gives it.

    Raises:
        WeightsError: anything is amiss.
        CannotDo: as of `read`.
    """
    card = _card(folder / CARD_FILE)
    return card, read((folder / MODEL_FILE).read_bytes(), card)


def write(module: nn.Module, folder: Path, card: Card, *, as_int8: bool = False) -> Card:
    """Write weights as float16 and the card beside them; each file appears whole or not at all.

    With `as_int8` what is large is written in a byte a number, see `models.int8`.
    """
    if as_int8:
        weights = safetensors.torch.save(_contiguous(int8.packed(community.bare(module))))
    else:
        weights = safetensors.torch.save(_contiguous(community.bare(module).state_dict()))
    card = replace(card, sha256=hashlib.sha256(weights).hexdigest())
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / MODEL_FILE, weights)
    write_whole(folder / CARD_FILE, card.to_json().encode())
    return card


def _contiguous(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """In float16, but for int8 and its scales, and for what is no fraction."""
    whole = {name: one.detach().cpu().contiguous() for name, one in state.items()}
    return {
        name: one.half() if one.is_floating_point() and not name.endswith(int8.SCALES) else one
        for name, one in whole.items()
    }


def write_whole(path: Path, content: bytes) -> None:
    """Readers see the old file or the new one, never half of either."""
    draft = path.with_name(f"{path.name}.draft")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)  # on a full disk, half a file is in everybody's way
        raise


def _card(path: Path) -> Card:
    return Card.from_json(path.read_text(encoding="utf-8"))


def checked(weights: bytes, *, dtypes: tuple[torch.dtype, ...] = DTYPES) -> dict[str, Tensor]:
    """The tensors of a safetensors file, of these types and finite; int8 is widened.

    Raises:
        WeightsError: it is none, or what it holds is not.
    """
    header_bytes = int.from_bytes(weights[:8], "little")
    if header_bytes > MAX_HEADER_BYTES:
        raise WeightsError(f"the header claims {header_bytes} bytes, {MAX_HEADER_BYTES} at most")
    try:
        tensors = safetensors.torch.load(weights)
    except safetensors.SafetensorError as error:
        raise WeightsError(f"not a safetensors file: {error}") from error
    for name, tensor in tensors.items():
        if tensor.dtype not in dtypes and not name.endswith(int8.NUMBERS):
            raise WeightsError(f"{name} is {tensor.dtype}, expected {_named(dtypes)}")
        if not tensor.isfinite().all():
            raise WeightsError(f"{name} holds numbers that are not finite")
    try:
        return int8.widened(tensors)
    except ValueError as error:
        raise WeightsError(str(error)) from error


def _named(dtypes: tuple[torch.dtype, ...]) -> str:
    *others, last = (str(one).removeprefix("torch.") for one in dtypes)
    return f"{', '.join(others)} or {last}"


def _of_others(card: Card, tensors: Mapping[str, Tensor]) -> Community:
    if card.network not in ("denoiser", "upscaler"):
        raise WeightsError(f"no {card.network} is of an architecture of others")
    try:
        config = CommunityConfig(**card.config)
    except TypeError as error:
        raise WeightsError(f"no network can be built from the card: {error}") from error
    return community.network(card.network, config, tensors)


def _skeleton(card: Card) -> nn.Module:
    """The network's shapes without its numbers: nothing is allocated for what is refused."""
    try:
        with torch.device("meta"):
            return _network(card)
    except (TypeError, ValueError, RuntimeError) as error:
        raise WeightsError(f"no network can be built from the card: {error}") from error


def _network(card: Card) -> nn.Module:
    match card.network:
        case "gan":
            return Generator(GanConfig(**card.config))
        case "vae":
            return ConditionalVae(VaeConfig(**card.config))
        case "denoiser" | "deblocker" | "deblurrer" as network:
            config = DenoiserConfig(**card.config)
            if config.takes != TAKES[network]:
                raise WeightsError(f"a {network} does not take {config.takes} away")
            return Denoiser(config)
        case "classifier":
            return ProductClassifier(ClassifierConfig(**card.config))
        case "upscaler":
            return Upscaler(UpscalerConfig(**card.config))
        case "translator":
            return Translator(TranslatorConfig(**card.config))
        case "inpainter":
            return Inpainter(InpainterConfig(**card.config))
        case "matte":
            return MatteNet(MatteConfig(**card.config))
        case "style":
            return StyleAutoencoder(StyleConfig(**card.config))
        case "warp":
            return WarpNet(WarpConfig(**card.config))
        case _:
            raise WeightsError(f"unknown network {card.network!r}")


def _compare(tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    if different := tensors.keys() ^ expected.keys():
        raise WeightsError(f"missing or unknown tensors: {', '.join(sorted(different)[:5])}")
    for name, tensor in tensors.items():
        if tensor.shape != expected[name].shape:
            shapes = f"{tuple(tensor.shape)}, expected {tuple(expected[name].shape)}"
            raise WeightsError(f"{name} has the shape {shapes}")
