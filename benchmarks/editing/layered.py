"""Runs a network as TensorFlow.js stores it (`model.json` beside its shards) with torch.

Only the layers that a residual dense network has: this is for measuring a peer, not for serving.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


class Layered:
    """[1, 3, h, w] in [0, 1] through the layers, in the order of the file."""

    def __init__(self, file: Path) -> None:
        told = json.loads(file.read_text(encoding="utf-8"))
        self._layers: list[dict[str, Any]] = told["modelTopology"]["model_config"]["config"][
            "layers"
        ]
        # What nobody asks for any more is let go of: there are hundreds of layers.
        self._last_use = {layer["name"]: len(self._layers) for layer in self._layers}
        for number, layer in enumerate(self._layers):
            self._last_use |= dict.fromkeys(_of(layer), number)
        self._weights = _weights(told["weightsManifest"], file.parent)

    @torch.inference_mode()
    def __call__(self, image: Tensor) -> Tensor:
        made: dict[str, Tensor] = {}
        for number, layer in enumerate(self._layers):
            made[layer["name"]] = self._layer(layer, [made[name] for name in _of(layer)], image)
            for name in [name for name in made if self._last_use[name] <= number]:
                del made[name]
        (last,) = made.values()
        return last

    def _layer(self, layer: dict[str, Any], given: list[Tensor], image: Tensor) -> Tensor:
        told = layer["config"]
        match layer["class_name"]:
            case "InputLayer":
                return image
            case "Conv2D":
                kernel = self._weights[f"{layer['name']}/kernel"].permute(3, 2, 0, 1)
                made = functional.conv2d(
                    given[0], kernel, self._weights[f"{layer['name']}/bias"], padding="same"
                )
                return _activated(made, told["activation"])
            case "Activation":
                return _activated(given[0], told["activation"])
            case "Concatenate":
                return torch.cat(given, dim=1)
            case "Add":
                return torch.stack(given).sum(dim=0)
            case "MultiplyBeta":
                return given[0].mul(told["beta"])
            case name if name.startswith("PixelShuffle"):
                return _spread(given[0], told["scale"])
            case name:
                raise ValueError(f"no such layer is known here: {name}")


def _of(layer: dict[str, Any]) -> list[str]:
    """Names of the layers that it goes on from."""
    return [one[0] for one in (layer["inbound_nodes"] or [[]])[0]]


def _activated(made: Tensor, activation: str) -> Tensor:
    match activation:
        case "linear":
            return made
        case "relu":
            return made.relu()
        case _:
            raise ValueError(f"no such activation is known here: {activation}")


def _spread(made: Tensor, scale: int) -> Tensor:
    """Depth to space with the places before the channels, where torch has them behind."""
    channels = made.shape[1] // scale**2
    count, _, height, width = made.shape
    places = made.view(count, scale**2, channels, height, width).transpose(1, 2)
    return functional.pixel_shuffle(places.reshape(count, -1, height, width), scale)


def _weights(manifest: list[dict[str, Any]], folder: Path) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for group in manifest:
        content = b"".join((folder / name).read_bytes() for name in group["paths"])
        offset = 0
        for one in group["weights"]:
            count = int(np.prod(one["shape"]))
            values = np.frombuffer(content, np.float32, count, offset)
            found[one["name"]] = torch.from_numpy(values.copy()).view(one["shape"])
            offset += 4 * count
    return found
