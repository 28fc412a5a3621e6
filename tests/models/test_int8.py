"""Weights in a byte each: nearly the same numbers, in a smaller file, and refused where broken."""

from dataclasses import asdict

import pytest
import safetensors.torch
import torch

from models import int8, weights
from models.networks.denoiser import Denoiser, DenoiserConfig
from models.networks.vae import ConditionalVae, VaeConfig
from models.weights import Card, WeightsError


def written(network, kind, folder, **how) -> tuple[bytes, Card]:
    card = Card("tiny", kind, asdict(network.config), "", "CC0", "none")
    card = weights.write(network, folder, card, **how)
    return (folder / weights.MODEL_FILE).read_bytes(), card


def test_the_file_is_little_more_than_half_and_answers_nearly_the_same(tmp_path):
    network = Denoiser(DenoiserConfig(widths=(16, 32))).eval()
    image, sigma = torch.rand(1, 3, 16, 16), torch.tensor([25.0])

    whole, _ = written(network, "denoiser", tmp_path / "whole")
    small, card = written(network, "denoiser", tmp_path / "small", as_int8=True)

    again = weights.read(small, card)
    assert len(small) < 0.65 * len(whole)
    assert all(one.dtype == torch.float32 for one in again.parameters())
    assert (again(image, sigma) - network(image, sigma)).abs().max() < 0.01


def test_no_number_is_off_by_more_than_half_a_step_of_its_channel():
    network = Denoiser(DenoiserConfig(widths=(16, 32)))

    state = int8.widened(int8.packed(network))

    for name, tensor in network.state_dict().items():
        step = tensor.abs().flatten(1).amax(1) / int8.LARGEST
        off = (state[name] - tensor).abs().flatten(1).amax(1)
        assert (off <= 0.501 * step).all(), name


def test_what_was_fitted_and_what_is_small_stays_as_it_is():
    network = ConditionalVae(VaeConfig(2))

    state = int8.packed(network)

    assert torch.equal(state["prior_scale"], network.prior_scale)
    assert "encoder.stem.bias" in state
    assert "encoder.stem.weight" + int8.NUMBERS in state


def test_a_channel_of_zeros_stays_one():
    network = Denoiser(DenoiserConfig(widths=(16, 32)))
    with torch.no_grad():
        network.head.weight[3] = 0

    state = int8.widened(int8.packed(network))

    assert (state["head.weight"][3] == 0).all()


def broken(change, folder) -> tuple[bytes, Card]:
    network = Denoiser(DenoiserConfig(widths=(16, 32)))
    content, card = written(network, "denoiser", folder, as_int8=True)
    tensors = safetensors.torch.load(content)
    change(tensors)
    content = safetensors.torch.save(tensors)
    return content, Card(**{**asdict(card), "sha256": weights.hashlib.sha256(content).hexdigest()})


def without_scales(tensors):
    del tensors["head.weight.int8_scale"]


def without_numbers(tensors):
    del tensors["head.weight.int8"]


def of_other_channels(tensors):
    tensors["head.weight.int8_scale"] = torch.ones(3)


def of_endless_scale(tensors):
    tensors["head.weight.int8_scale"][0] = float("inf")


def of_other_type(tensors):
    tensors["head.weight.int8"] = tensors["head.weight.int8"].float()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (without_scales, "a scale for each"),
        (without_numbers, "scales and no numbers"),
        (of_other_channels, "a scale for each"),
        (of_endless_scale, "not finite"),
        (of_other_type, "wants int8"),
    ],
    ids=["no-scales", "no-numbers", "channels", "endless", "type"],
)
def test_a_file_that_does_not_fit_together_is_refused(tmp_path, change, reason):
    with pytest.raises(WeightsError, match=reason):
        weights.read(*broken(change, tmp_path))
