"""How good generated and reconstructed Fashion-MNIST pictures are, on pictures never learnt from.

Class agreement: a classifier of real pictures finds the category that was asked for. CAS (Ravuri
& Vinyals 2019): a classifier that has seen only generated pictures reads real ones. Diversity: how
far pictures of one category lie apart in the classifier's features, as a share of the real ones.
Fréchet distance is measured in this small classifier's features: it is not an FID.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import torch
from torch import Generator, Tensor, nn

from benchmarks import classifier
from models import calling
from models.data import fashion_mnist
from models.data.image_set import Part
from models.generation.latent import first
from models.metrics.frechet import frechet
from models.metrics.psnr import psnr_db
from models.metrics.quantised import quantised
from models.metrics.ssim import ssim

SAMPLES = 20_000
CATEGORIES = len(fashion_mnist.CATEGORIES)
PAIRS = 2_000

Scores = dict[str, float | None]


def gan_scores(network: nn.Module, folder: Path) -> tuple[Scores, Scores]:
    """Scores of 20,000 samples; the baseline is as many real pictures in their place."""
    del folder
    door = calling.doors(network)["generate"]
    return _sample_scores(_drawn(lambda z, label: first(door(z, label)), z_dim=64))


def vae_scores(network: nn.Module, folder: Path) -> tuple[Scores, Scores]:
    """Reconstruction of the test pictures beside PCA's, and samples through the second stage."""
    del folder
    doors = calling.doors(network)

    def through_prior(noise: Tensor, label: Tensor) -> Tensor:
        return first(doors["decode"](first(doors["prior"](noise, label)), label))

    samples, real = _sample_scores(_drawn(through_prior, z_dim=32))
    test, labels = fashion_mnist.read_test()
    restored = [
        first(doors["decode"](doors["encode"](images / 255, label)[0], label))
        for images, label in zip(torch.split(test, 500), torch.split(labels, 500), strict=True)
    ]
    return (
        {**_reconstruction(torch.cat(restored), test), **samples},
        {**_reconstruction(_pca(test, 32), test, "_pca32"), **real},
    )


def _drawn(draw: Callable[[Tensor, Tensor], Tensor], *, z_dim: int) -> Part:
    labels = torch.arange(SAMPLES) % CATEGORIES
    noise = torch.randn(SAMPLES, z_dim, generator=Generator().manual_seed(1))
    pieces = [
        (draw(z, label).clamp(0, 1) * 255).round().to(torch.uint8)
        for z, label in zip(torch.split(noise, 500), torch.split(labels, 500), strict=True)
    ]
    return Part(torch.cat(pieces), labels)


def _sample_scores(samples: Part) -> tuple[Scores, Scores]:
    judge, test = _judge(), Part(*fashion_mnist.read_test())
    shares = _diversity(judge, samples) / _diversity(judge, _pictures()[1])
    scores: Scores = {
        "class_agreement": _accuracy(judge, samples),
        "cas": _accuracy(_taught(samples), test),
        "fd_clf": _frechet(judge, samples, test),
        "diversity": round(shares.mean().item(), 4),
        "diversity_worst_category": round(shares.min().item(), 4),
    }
    return scores, _real_in_their_place()


@cache
def _pictures() -> tuple[Part, Part]:
    return fashion_mnist.read().split()


@cache
def _real_in_their_place() -> Scores:
    """What as many real pictures reach: no generator can be asked for more."""
    judge, (learning, held_out) = _judge(), _pictures()
    test = Part(*fashion_mnist.read_test())
    real = Part(learning.images[:SAMPLES], learning.labels[:SAMPLES])
    return {
        "class_agreement_real": _accuracy(judge, test),
        "cas_real": _accuracy(_taught(real), test),
        "fd_clf_real": _frechet(judge, held_out, test),
    }


@cache
def _judge() -> classifier.Classifier:
    return _taught(_pictures()[0])


def _taught(part: Part) -> classifier.Classifier:
    return classifier.taught(part.images, part.labels, categories=CATEGORIES, seed=0)


def _accuracy(network: classifier.Classifier, part: Part) -> float:
    return round(classifier.accuracy(network, part.images, part.labels), 4)


def _diversity(judge: classifier.Classifier, part: Part) -> Tensor:
    """Mean distance between random pairs of each category, [categories]."""
    found = classifier.features(judge, part.images)
    return torch.stack([_spread(found[part.labels == c]) for c in range(CATEGORIES)])


def _spread(found: Tensor) -> Tensor:
    pairs = torch.randint(len(found), (2, PAIRS), generator=Generator().manual_seed(2))
    distance: Tensor = (found[pairs[0]] - found[pairs[1]]).norm(dim=1).mean()
    return distance


def _frechet(judge: classifier.Classifier, a: Part, b: Part) -> float:
    return round(frechet(*(classifier.features(judge, part.images) for part in (a, b))), 4)


def _reconstruction(output: Tensor, reference: Tensor, suffix: str = "") -> Scores:
    rounded, real = quantised(output), reference / 255
    return {
        f"test{suffix}_psnr_db": round(psnr_db(rounded, real).mean().item(), 3),
        f"test{suffix}_ssim": round(ssim(rounded, real).mean().item(), 4),
    }


def _pca(test: Tensor, components: int) -> Tensor:
    """The test pictures through the best linear code of as many numbers."""
    learning, _ = _pictures()
    flat = learning.images.flatten(1).double() / 255
    mean = flat.mean(0)
    _, vectors = torch.linalg.eigh((flat - mean).T.cov())
    basis = vectors[:, -components:]
    code = (test.flatten(1).double() / 255 - mean) @ basis
    restored: Tensor = (code @ basis.T + mean).float().view(test.shape)
    return restored
