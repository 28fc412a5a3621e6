"""What is true of every network: shapes, ranges, gradients, determinism, and that it can learn."""

import pytest
import torch
from torch import Tensor, nn

from models import calling
from models.losses.elbo import reconstruction_nats
from models.networks.classifier import ClassifierConfig, ProductClassifier
from models.networks.denoiser import Denoiser, DenoiserConfig
from models.networks.gan import Discriminator, GanConfig, Generator
from models.networks.vae import ConditionalVae, VaeConfig
from models.tiles import tiled

SIZES = [(1, 28), (3, 32), (3, 64)]


def labels(count: int) -> Tensor:
    return torch.arange(count) % 3


@pytest.mark.parametrize(("channels", "size"), SIZES)
def test_a_generator_draws_pictures_of_its_size_in_range(channels, size):
    network = Generator(GanConfig(3, channels, size))

    images = network.generate(torch.randn(4, 64) * 10, labels(4))

    assert images.shape == (4, channels, size, size)
    assert images.min() >= 0
    assert images.max() <= 1


@pytest.mark.parametrize(("channels", "size"), SIZES)
def test_a_discriminator_gives_one_logit_a_picture(channels, size):
    network = Discriminator(GanConfig(3, channels, size))

    assert network(torch.rand(4, channels, size, size), labels(4)).shape == (4,)


@pytest.mark.parametrize(("channels", "size"), SIZES)
def test_a_vae_gives_back_the_shape_it_was_given(channels, size):
    network = ConditionalVae(VaeConfig(3, channels, size, z_dim=16))

    mean, log_variance = network.encode(torch.rand(4, channels, size, size), labels(4))
    images = network.decode(mean, labels(4))

    assert mean.shape == log_variance.shape == (4, 16)
    assert images.shape == (4, channels, size, size)
    assert images.min() >= 0
    assert images.max() <= 1


def test_the_second_stage_draws_as_the_category_is_spread():
    network = ConditionalVae(VaeConfig(3, z_dim=4))
    network.prior_mean[1] = torch.tensor([1.0, 2.0, 3.0, 4.0])
    network.prior_scale[1] = 2 * torch.eye(4)

    z = network.prior(torch.ones(2, 4), torch.tensor([0, 1]))

    assert z.tolist() == [[1, 1, 1, 1], [3, 4, 5, 6]]


@pytest.mark.parametrize("size", [(8, 8), (40, 64)])
def test_a_denoiser_keeps_shape_and_range(size):
    network = Denoiser(DenoiserConfig())

    images = network.denoise(torch.randn(2, 3, *size), torch.tensor([0.0, 75.0]))

    assert images.shape == (2, 3, *size)
    assert images.min() >= 0
    assert images.max() <= 1


def test_twice_the_light_and_twice_the_noise_give_twice_the_estimate():
    network = Denoiser(DenoiserConfig())
    image, sigma = torch.rand(1, 3, 16, 16), torch.tensor([20.0])

    torch.testing.assert_close(network(2 * image, 2 * sigma), 2 * network(image, sigma))


def test_a_pixel_of_the_denoiser_sees_no_further_than_the_margin():
    network, side = Denoiser(DenoiserConfig()), 160

    reaches = [reach(network, side, middle) for middle in range(side // 2, side // 2 + 8)]

    assert max(reaches) <= network.tiling.margin
    assert max(reaches) > network.tiling.margin - network.tiling.multiple


def reach(network: Denoiser, side: int, at: int) -> int:
    """How far from it lies the furthest pixel that this one depends on."""
    image = torch.rand(1, 3, side, side, requires_grad=True)
    network(image, torch.tensor([25.0]))[..., at, at].sum().backward()
    rows = image.grad.abs().sum((0, 1, 3)).nonzero()
    return max(at - rows.min().item(), rows.max().item() - at)


def test_tiles_of_the_denoiser_join_to_the_whole():
    network = Denoiser(DenoiserConfig()).eval()
    image, sigma = torch.rand(1, 3, 200, 136), torch.tensor([25.0])

    with torch.inference_mode():
        whole = network.denoise(image, sigma)
        joined = tiled(
            network.denoise,
            image,
            sigma,
            tile=64,
            margin=network.tiling.margin,
            multiple=network.tiling.multiple,
        )

    torch.testing.assert_close(joined, whole, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("channels", "size"), [(1, (28, 28)), (3, (28, 41)), (3, (96, 64))])
def test_a_classifier_reads_pictures_of_any_size_from_28_pixels_on(channels, size):
    network = ProductClassifier(ClassifierConfig(5, channels)).eval()
    images = torch.rand(4, channels, *size)

    logits, likely, found = network(images), network.classify(images), network.features(images)

    assert logits.shape == likely.shape == (4, 5)
    assert found.shape == (4, 128)
    assert likely.min() >= 0
    torch.testing.assert_close(likely.sum(1), torch.ones(4))
    assert found.min() >= 0


def test_a_classifier_refuses_what_is_smaller():
    network = ProductClassifier(ClassifierConfig(5))

    with pytest.raises(ValueError, match="at least 28 pixels, got 28×27"):
        network(torch.rand(1, 1, 28, 27))


def test_a_temperature_changes_how_sure_a_classifier_is_and_not_what_it_says():
    network = ProductClassifier(ClassifierConfig(5)).eval()
    images = torch.rand(4, 1, 28, 28)
    before = network.classify(images)
    network.temperature.fill_(0.5)

    after = network.classify(images)

    torch.testing.assert_close(after, (before**2) / (before**2).sum(1, keepdim=True))
    assert torch.equal(after.argmax(1), before.argmax(1))
    assert (after.max(1).values > before.max(1).values).all()


def networks() -> list[tuple[str, nn.Module, tuple[Tensor, ...]]]:
    picture = torch.rand(4, 1, 28, 28)
    return [
        ("generator", Generator(GanConfig(3)), (torch.randn(4, 64), labels(4))),
        ("discriminator", Discriminator(GanConfig(3)), (picture, labels(4))),
        ("vae", ConditionalVae(VaeConfig(3)), (picture, labels(4), torch.randn(4, 32))),
        ("denoiser", Denoiser(DenoiserConfig()), (torch.rand(4, 3, 16, 16), torch.rand(4) * 50)),
        ("classifier", ProductClassifier(ClassifierConfig(3)), (picture,)),
    ]


@pytest.mark.parametrize("index", range(5))
def test_every_parameter_gets_a_gradient(index):
    _, network, inputs = networks()[index]

    outputs = network(*inputs)
    parts = outputs if isinstance(outputs, tuple) else (outputs,)
    sum(part.square().sum() for part in parts).backward()

    silent = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


@pytest.mark.parametrize("index", range(5))
def test_serving_is_deterministic_and_neighbours_in_a_batch_do_not_matter(index):
    _, network, inputs = networks()[index]
    network.eval()

    with torch.inference_mode():
        together = network(*inputs)
        again = network(*inputs)
        alone = network(*(value[:1] for value in inputs))

    for whole, twice, one in zip(*map(_tuple, (together, again, alone)), strict=True):
        assert torch.equal(whole, twice)
        torch.testing.assert_close(whole[:1], one, atol=1e-5, rtol=1e-4)


def _tuple(output):
    return output if isinstance(output, tuple) else (output,)


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (Generator(GanConfig(10)), 828_545),
        (Discriminator(GanConfig(10)), 724_321),
        (ConditionalVae(VaeConfig(10)), 1_520_321),
        (Denoiser(DenoiserConfig()), 1_066_728),
        (ProductClassifier(ClassifierConfig(10)), 482_154),
    ],
)
def test_networks_stay_as_small_as_promised(network, expected):
    count = sum(parameter.numel() for parameter in network.parameters())

    assert count == pytest.approx(expected, rel=0.02)


def test_a_vae_can_learn_one_batch_by_heart(monkeypatch):
    monkeypatch.setattr("models.networks.vae.WIDTHS", {32: (8, 16, 32, 32)})
    torch.manual_seed(0)
    images, told = (torch.rand(4, 1, 7, 7) > 0.5).float(), labels(4)
    images = nn.functional.interpolate(images, scale_factor=4.0)
    network = ConditionalVae(VaeConfig(3))
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    for _ in range(40):
        output, _, _ = network(images, told, torch.zeros(4, 32))
        optimizer.zero_grad()
        (reconstruction_nats(output, images) / 784).backward()
        optimizer.step()

    assert (output - images).square().mean() < 0.1  # a flat grey has 0.25


def test_a_denoiser_can_learn_one_batch_by_heart():
    torch.manual_seed(0)
    clean = nn.functional.interpolate(torch.rand(4, 3, 4, 4), scale_factor=8.0)
    spoiled, sigma = clean + 0.1 * torch.randn_like(clean), torch.full((4,), 25.5)
    network = Denoiser(DenoiserConfig())
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    for _ in range(40):
        loss = (network(spoiled, sigma) - clean).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    assert loss < 0.5 * (spoiled - clean).square().mean()


def test_a_classifier_can_learn_one_batch_by_heart():
    torch.manual_seed(0)
    images, told = torch.rand(6, 1, 28, 28), labels(6)
    network = ProductClassifier(ClassifierConfig(3))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    for _ in range(30):
        loss = nn.functional.cross_entropy(network(images), told)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    assert loss < 0.1  # not knowing has 1.1
    assert torch.equal(network(images).argmax(1), told)


def test_a_discriminator_can_tell_one_batch_from_another():
    torch.manual_seed(0)
    network = Discriminator(GanConfig(3))
    a, b = torch.rand(4, 1, 28, 28), torch.rand(4, 1, 28, 28)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    for _ in range(20):
        margin = network(a, labels(4)) - network(b, labels(4))
        optimizer.zero_grad()
        nn.functional.softplus(-margin).mean().backward()
        optimizer.step()

    assert margin.min() > 1


def test_the_doors_of_a_network_are_the_ones_operations_ask_for():
    assert set(calling.doors(Generator(GanConfig(3)))) == {"generate", "respond"}
    assert set(calling.doors(ConditionalVae(VaeConfig(3)))) == {"encode", "decode", "prior"}
    assert set(calling.doors(Denoiser(DenoiserConfig()))) == {"denoise"}
    classifier = ProductClassifier(ClassifierConfig(3))
    assert set(calling.doors(classifier)) == {"classify", "features"}
    with pytest.raises(TypeError, match="no doors"):
        calling.doors(nn.Identity())
