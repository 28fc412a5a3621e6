"""How good the networks of the rendered catalogue are, on models that nothing learnt from.

Of a model that was seen, an unseen view is easy; of an unseen model every view is hard. A shop's
next product is an unseen model, so that is what is told, and the other beside it. What is drawn is
judged by the classifier that ships (`clf-` and the first letters of its file's SHA-256): distances
are in its features, and none is an FID.
"""

import logging
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Generator, Tensor, nn

from benchmarks import classifier, judges
from benchmarks.catalogue_recipes import as_rendered, tested_on, unseen_views, with_twins
from benchmarks.categories import hog_logistic, nearest_mean, probabilities
from models import calling
from models.data.image_set import Part, recoloured
from models.data.product_classes import CLASSES
from models.evaluation import reconstruction
from models.evaluation.cas import cas
from models.evaluation.contender import Contender
from models.evaluation.exam import Exam
from models.evaluation.generated import panel
from models.evaluation.judge import Judge
from models.evaluation.scores import scores as named
from models.generation.latent import first
from models.metrics.accuracy import accuracy, balanced_accuracy
from models.metrics.calibration import expected_calibration_error
from models.networks.vae import ConditionalVae

JUDGE = "classifier-catalogue"
CELL_PX = 8
PENALTY = 3e-5
PIECE = 250
CAS_EPOCHS = 12

Scores = dict[str, float | None]

log = logging.getLogger("catalogue")


def category_scores(network: nn.Module, folder: Path) -> tuple[Scores, Scores]:
    """Of unseen models, and of unseen views of seen ones; the baselines need no network."""
    del folder
    learning, test, views = with_twins().split()[0], tested_on(), unseen_views()
    likely, plain = probabilities(network, test.images)
    seen, _ = probabilities(network, views.images)
    scores: Scores = {
        "test_accuracy": accuracy(likely, test.labels),
        "test_balanced_accuracy": balanced_accuracy(likely, test.labels),
        "test_calibration_error": expected_calibration_error(likely, test.labels),
        "unseen_views_accuracy": accuracy(seen, views.labels),
    }
    grey = [Part(recoloured_bytes(part.images), part.labels) for part in (learning, test)]
    baseline: Scores = {
        "test_nearest_mean_accuracy": nearest_mean(learning, test),
        "test_hog_logistic_accuracy": hog_logistic(*grey, cell_px=CELL_PX, penalty=PENALTY),
        "test_untempered_calibration_error": expected_calibration_error(plain, test.labels),
    }
    return rounded(scores), rounded(baseline)


def gan_scores(network: nn.Module, folder: Path) -> tuple[Scores, Scores]:
    """Of as many samples as there were pictures to learn from; the baseline is real pictures."""
    del folder
    door = calling.doors(network)["generate"]
    return _sample_scores(_drawn(lambda z, label: first(door(z, label)), z_dim=64))


def vae_scores(network: nn.Module, folder: Path) -> tuple[Scores, Scores]:
    """Reconstruction of unseen models beside PCA's, and samples through the second stage.

    No CAS: where the judge finds a third of what was asked for, two more classifiers tell nothing.
    """
    del folder
    if not isinstance(network, ConditionalVae):
        raise TypeError(f"expected a VAE, got a {type(network).__name__}")
    test = tested_on()
    exam = Exam(as_rendered().split()[0], test, test.digest(), torch.device("cpu"))
    found = reconstruction.evaluate(Contender(network, CLASSES), exam, incumbent=None)
    z_dim = network.config.z_dim
    drawn, real = _sample_scores(
        _drawn(lambda z, label: network.decode(network.prior(z, label), label), z_dim=z_dim),
        with_cas=False,
    )
    scores: Scores = {"test_psnr_db": found.value, "test_ssim": found.scores["ssim"], **drawn}
    baseline: Scores = {f"test_pca{z_dim}_psnr_db": found.over_baseline.other, **real}
    return rounded(scores), rounded(baseline)


def recoloured_bytes(images: Tensor) -> Tensor:
    """uint8 [N, 3, H, W] → the same in grey, [N, 1, H, W]."""
    pieces = [recoloured(piece / 255, channels=1) for piece in torch.split(images, PIECE)]
    return (torch.cat(pieces) * 255).round().to(torch.uint8)


def rounded(scores: Scores) -> Scores:
    """Four places: a card is read by people."""
    return {k: None if v is None else round(v, 4) for k, v in scores.items()}


def _sample_scores(samples: Part, *, with_cas: bool = True) -> tuple[Scores, Scores]:
    learning, held_out = as_rendered().split()
    test = tested_on()
    # A generator is chosen by no picture: all that it has not seen may be its floor.
    unseen = Part(
        torch.cat([held_out.images, test.images]), torch.cat([held_out.labels, test.labels])
    )
    found = panel(learning, unseen, samples, judge=judges.shipped(JUDGE), categories=len(CLASSES))
    log.info("collapse: %s; copying: %s", found.collapse, found.is_copying)
    drawn, real = named(found)
    if not with_cas:
        return rounded(drawn), rounded(real)
    taught = cas(learning, unseen, samples, teach=_teach, categories=len(CLASSES))
    return (
        rounded({**drawn, "cas": taught.samples.pooled}),
        rounded({**real, "cas_real": taught.floor.pooled}),
    )


def _teach(part: Part) -> Judge:
    taught = classifier.taught(
        part.images, part.labels, categories=len(CLASSES), seed=0, epochs=CAS_EPOCHS
    )
    return Judge("taught", taught.features, taught)


def _drawn(draw: Callable[[Tensor, Tensor], Tensor], *, z_dim: int) -> Part:
    labels = as_rendered().split()[0].labels
    noise = torch.randn(len(labels), z_dim, generator=Generator().manual_seed(1))
    with torch.inference_mode():
        pieces = [
            (draw(z, label).clamp(0, 1) * 255).round().to(torch.uint8)
            for z, label in zip(torch.split(noise, PIECE), torch.split(labels, PIECE), strict=True)
        ]
    return Part(torch.cat(pieces), labels)
