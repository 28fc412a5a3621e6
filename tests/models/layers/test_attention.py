"""Attention begins as nothing, lets far places agree, and takes no chance from others."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from models import weights
from models.layers.attention import Attention, attention_after
from models.losses.adversarial import r1_penalty
from models.networks.gan import Discriminator, GanConfig, Generator
from models.networks.vae import ConditionalVae, VaeConfig
from models.weights import Card

GAN, VAE = GanConfig(3), VaeConfig(3)
LABELS = torch.arange(4) % 3
PICTURES = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(0))
INPUTS = {
    "generator": (torch.randn(4, 64, generator=torch.Generator().manual_seed(1)), LABELS),
    "discriminator": (PICTURES, LABELS),
    "vae": (PICTURES, LABELS, torch.zeros(4, 32)),
}


def built(name: str, blocks: str, size: int = 28) -> nn.Module:
    """The network of the seed 5."""
    torch.manual_seed(5)
    gan, vae = (replace(one, blocks=blocks, image_size=size) for one in (GAN, VAE))
    kinds = {"generator": Generator, "discriminator": Discriminator, "vae": ConditionalVae}
    return kinds[name](vae if name == "vae" else gan)


def opened(network: nn.Module) -> nn.Module:
    """As it is once it has learnt to attend."""
    for module in network.modules():
        if isinstance(module, Attention):
            nn.init.constant_(module.gate, 0.5)
    return network


def parts(outputs: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return outputs if isinstance(outputs, tuple) else (outputs,)


def test_a_fresh_one_changes_nothing():
    x = torch.randn(2, 16, 8, 8)

    assert torch.equal(Attention(16)(x), x)


def test_it_is_what_the_paper_writes():
    """Against PyTorch's own scaled attention."""
    layer = opened(Attention(16))
    x = torch.randn(2, 16, 8, 8)

    flat = [one(x).flatten(2).transpose(1, 2) for one in (layer.query, layer.key, layer.value)]
    small = [nn.functional.max_pool2d(one(x), 2) for one in (layer.key, layer.value)]
    keys, values = (one.flatten(2).transpose(1, 2) for one in small)
    found = nn.functional.scaled_dot_product_attention(flat[0], keys, values)
    expected = x + 0.5 * layer.out(found.transpose(1, 2).reshape(2, 8, 8, 8))

    torch.testing.assert_close(layer(x), expected)


def test_one_corner_hears_of_the_other():
    layer = opened(Attention(16))
    x = torch.randn(1, 16, 8, 8, requires_grad=True)

    layer(x)[..., 0, 0].sum().backward()

    assert x.grad[..., 6:, 6:].any()


@pytest.mark.parametrize("name", INPUTS)
def test_a_network_with_attention_begins_as_the_one_without(name: str):
    residual, attending = built(name, "residual"), built(name, "attention")

    with torch.inference_mode():
        answers = [parts(one.eval()(*INPUTS[name])) for one in (residual, attending)]

    kept = residual.state_dict()
    assert all(torch.equal(kept[key], attending.state_dict()[key]) for key in kept)
    assert len(attending.state_dict()) > len(kept)
    assert all(torch.equal(a, b) for a, b in zip(*answers, strict=True))


def test_no_two_of_a_network_begin_alike():
    network = built("vae", "attention")

    queries = [m.query.weight for m in network.modules() if isinstance(m, Attention)]

    assert [tuple(query.shape[:2]) for query in queries] == [(16, 128), (8, 64), (16, 128), (8, 64)]
    assert not torch.equal(queries[0], queries[2])
    assert not torch.equal(queries[1], queries[3])


@pytest.mark.parametrize("name", INPUTS)
def test_every_parameter_gets_a_gradient_once_the_gates_are_open(name: str):
    network = opened(built(name, "attention"))

    sum(part.square().sum() for part in parts(network(*INPUTS[name]))).backward()

    silent = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


@pytest.mark.parametrize("name", INPUTS)
def test_a_closed_gate_can_open(name: str):
    network = built(name, "attention")

    sum(part.square().sum() for part in parts(network(*INPUTS[name]))).backward()

    gates = [m.gate for m in network.modules() if isinstance(m, Attention)]
    assert len(gates) == {"vae": 4}.get(name, 2)
    assert all(gate.grad.item() != 0 for gate in gates)


def test_the_gradient_penalty_goes_through_attention():
    network = opened(built("discriminator", "attention"))

    r1_penalty(network, PICTURES, LABELS).backward()

    (first,) = [m for m in network.attention["8"].modules() if isinstance(m, Attention)]
    assert first.query.weight.grad.any()
    assert first.out.weight.grad.isfinite().all()


@pytest.mark.parametrize("name", INPUTS)
def test_serving_does_not_depend_on_neighbours_in_a_batch(name: str):
    network = opened(built(name, "attention")).eval()

    with torch.inference_mode():
        together = parts(network(*INPUTS[name]))
        alone = parts(network(*(value[:1] for value in INPUTS[name])))

    for whole, one in zip(together, alone, strict=True):
        torch.testing.assert_close(whole[:1], one, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", INPUTS)
def test_pictures_of_64_pixels_attend_on_the_same_grids(name: str):
    network = built(name, "attention", size=64)

    halves = [m for m in network.modules() if isinstance(m, nn.ModuleDict)]

    assert {tuple(sorted(one, key=int)) for one in halves} == {("8", "16")}


def test_residual_networks_have_nothing_of_it():
    before = torch.get_rng_state()

    assert len(attention_after("residual", [8, 16], [64, 32], salt=1)) == 0
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(("network", "config"), [("gan", GAN), ("vae", VAE)])
def test_a_card_says_what_a_network_is_built_of_and_older_ones_need_not(tmp_path, network, config):
    name = {"gan": "generator"}.get(network, network)
    attending, residual = (built(name, blocks) for blocks in ("attention", "residual"))
    told = {"categories": 3, "z_dim": config.z_dim}

    def again(one: nn.Module, **said: str) -> nn.Module:
        card = weights.write(one, tmp_path, Card("n", network, {**told, **said}, "", "CC0", "none"))
        return weights.read((tmp_path / weights.MODEL_FILE).read_bytes(), card)

    served = again(attending, blocks="attention")
    assert any(isinstance(module, Attention) for module in served.modules())
    assert len(again(residual).state_dict()) == len(residual.state_dict())
    with pytest.raises(weights.WeightsError, match="unknown tensors"):
        again(attending)
