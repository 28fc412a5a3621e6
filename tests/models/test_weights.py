"""Weights are refused unless every number is where and what the card says."""

import hashlib
import json
import struct
import subprocess
import sys
from dataclasses import asdict, replace

import pytest
import safetensors.torch
import torch

from models import weights
from models.networks.classifier import ClassifierConfig, ProductClassifier
from models.networks.denoiser import Denoiser, DenoiserConfig
from models.networks.gan import GanConfig, Generator
from models.networks.vae import ConditionalVae, VaeConfig
from models.weights import Card, WeightsError

CONFIG = DenoiserConfig(widths=(2, 2))


def card_of(network, kind: str, content: bytes = b"") -> Card:
    return Card(
        name="tiny",
        network=kind,
        config=asdict(network.config),
        sha256=hashlib.sha256(content).hexdigest(),
        licence="CC0",
        data="none",
        categories=("a", "b"),
        recipe={"epochs": 1},
        scores={"psnr_db": 1.5},
    )


def altered(change) -> tuple[bytes, Card]:
    """Weights with one thing changed, and a card that matches the changed bytes."""
    network = Denoiser(CONFIG)
    tensors = {k: v.half() for k, v in network.state_dict().items()}
    change(tensors)
    content = safetensors.torch.save(tensors)
    return content, card_of(network, "denoiser", content)


@pytest.mark.parametrize(
    ("kind", "network", "inputs"),
    [
        ("gan", Generator(GanConfig(2)), (torch.randn(2, 64), torch.tensor([0, 1]))),
        (
            "vae",
            ConditionalVae(VaeConfig(2)),
            (torch.rand(2, 1, 28, 28), torch.tensor([0, 1]), torch.randn(2, 32)),
        ),
        ("denoiser", Denoiser(CONFIG), (torch.rand(2, 3, 8, 8), torch.tensor([5.0, 25.0]))),
        ("classifier", ProductClassifier(ClassifierConfig(2)), (torch.rand(2, 1, 28, 28),)),
    ],
)
def test_what_was_written_gives_the_same_pictures_when_read(tmp_path, kind, network, inputs):
    halved = network.half().float().eval()

    card = weights.write(network, tmp_path, card_of(network, kind))
    again = weights.read((tmp_path / "model.safetensors").read_bytes(), card)

    assert not again.training
    assert all(p.dtype == torch.float32 for p in again.parameters())
    with torch.inference_mode():
        torch.testing.assert_close(again(*inputs), halved(*inputs), atol=0, rtol=0)


def test_a_folder_is_loaded_as_it_was_written(tmp_path):
    network = Denoiser(CONFIG)
    card = weights.write(network, tmp_path, card_of(network, "denoiser"))

    again, loaded = weights.load(tmp_path)

    assert again.to_json() == card.to_json()
    taken = {name: tensor.half().float() for name, tensor in network.state_dict().items()}
    torch.testing.assert_close(loaded.state_dict(), taken, atol=0, rtol=0)


def test_a_folder_with_the_weights_of_another_card_is_not_loaded(tmp_path):
    network = Denoiser(CONFIG)
    card = weights.write(network, tmp_path, card_of(network, "denoiser"))
    other = weights.write(Denoiser(CONFIG), tmp_path, card)
    (tmp_path / "card.json").write_text(card.to_json())

    with pytest.raises(WeightsError, match="not the one its card was written for"):
        weights.load(tmp_path)
    assert other.sha256 != card.sha256


def test_a_card_survives_its_own_json(tmp_path):
    network = Denoiser(CONFIG)

    card = weights.write(network, tmp_path, card_of(network, "denoiser"))

    again = Card.from_json((tmp_path / "card.json").read_text())
    assert again.sha256 == card.sha256
    assert again.categories == ("a", "b")
    assert again.to_json() == card.to_json()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": "x"}', '{"unknown": 1}', "null"])
def test_a_card_that_is_none_is_refused(text):
    with pytest.raises(WeightsError, match="card"):
        Card.from_json(text)


def test_tampered_weights_are_refused():
    content, card = altered(dict.copy)
    tampered = content[:-1] + bytes([content[-1] ^ 1])

    with pytest.raises(WeightsError, match="not the one its card"):
        weights.read(tampered, card)


def rename(tensors):
    tensors["stranger"] = tensors.pop("head.weight")


def poison(tensors):
    tensors["head.weight"][0, 0, 0, 0] = float("nan")


def reshape(tensors):
    tensors["head.weight"] = tensors["head.weight"][:1].contiguous()


def retype(tensors):
    tensors["head.weight"] = tensors["head.weight"].double()


def remove(tensors):
    del tensors["head.weight"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (rename, "head.weight"),
        (poison, "not finite"),
        (reshape, "shape"),
        (retype, "float64"),
        (remove, "head.weight"),
    ],
)
def test_weights_that_do_not_fit_are_refused(change, reason):
    with pytest.raises(WeightsError, match=reason):
        weights.read(*altered(change))


@pytest.mark.parametrize(
    "content",
    [
        struct.pack("<Q", 1_000_001) + b"{}",
        struct.pack("<Q", 2**63),
        struct.pack("<Q", 12) + b'{"a":',
        b"\x80\x04\x95pickled",
        b"",
    ],
)
def test_what_is_no_safetensors_file_is_refused(content):
    card = card_of(Denoiser(CONFIG), "denoiser", content)

    with pytest.raises(WeightsError):
        weights.read(content, card)


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("unheard-of", {}),
        ("gan", {"categories": 3, "surprise": 1}),
        ("gan", {"categories": -3}),
        ("gan", {"categories": "many"}),
        ("vae", {"categories": 3, "image_size": 1000}),
        ("denoiser", {"widths": [1 << 40, 1 << 40]}),
        ("classifier", {"categories": -3}),
    ],
)
def test_a_card_that_describes_no_network_is_refused(kind, config):
    content, card = altered(dict.copy)

    with pytest.raises(WeightsError):
        weights.read(content, replace(card, network=kind, config=config))


def test_shipped_weights_can_be_read_and_fit_their_size():
    found = weights.shipped()

    kinds = {
        "gan", "vae", "denoiser", "deblocker", "deblurrer", "classifier", "upscaler", "style",
        "matte", "translator", "warp",
    }  # fmt: skip
    assert {card.network for _, card in found} == kinds
    for path, card in found:
        weights.read(path.read_bytes(), card)
        assert card.licence
        assert card.data
        assert json.loads(card.to_json())["recipe"]["steps"] > 0
    assert sum(path.stat().st_size for path, _ in found) < 60_000_000


def test_the_first_read_does_not_import_a_compiler():
    body = (
        "import sys; from models import weights; "
        "[weights.read(path.read_bytes(), card) for path, card in weights.shipped()]; "
        "sys.exit('torch._dynamo' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", body], check=False)

    assert done.returncode == 0
