"""A version beside its baseline and what serves now, on pictures that nothing learnt from."""

import torch
from torch import nn

from models.data.image_set import ImageSet, Part, recoloured, resized
from models.evaluation import classification, generation, reconstruction, restoration
from models.evaluation.contender import Contender, Network
from models.evaluation.findings import Findings
from models.evaluation.judge import Teach
from models.failures import CannotDo
from models.networks.classifier import MIN_SIDE, ProductClassifier
from models.networks.denoiser import Denoiser
from models.networks.gan import Generator
from models.networks.vae import ConditionalVae

UNLABELLED = (Denoiser,)
"""Networks that are not told what they see: whatever they learnt from, they take any picture."""


def evaluate(
    candidate: Contender[nn.Module],
    images: ImageSet,
    *,
    incumbent: Contender[nn.Module] | None,
    teach: Teach,
    device: torch.device,
) -> Findings:
    """Measured on the held-out part of `images`, in the categories that the candidate knows.

    Args:
        candidate: as it would be served.
        images: split before anything learnt from them.
        incumbent: what serves now.
        teach: makes the judge of a generator.
        device: where the networks are run.

    Raises:
        CannotDo: `nothing_held_out` where it knows none of them; `not_measurable` where nothing
            is known to measure of such a network.
    """
    learnt, held_out = (_known(part, images, candidate) for part in images.split())
    if not len(held_out) or not len(learnt):
        raise CannotDo("nothing_held_out", "no held-out picture is of a category it knows")
    match candidate.network:
        case ConditionalVae() as vae:
            size, channels = vae.config.image_size, vae.config.channels
            return reconstruction.evaluate(
                Contender(vae, candidate.categories),
                learnt=resized(learnt, size=size, channels=channels),
                held_out=resized(held_out, size=size, channels=channels),
                digest=held_out.digest(),
                incumbent=_of_kind(incumbent, ConditionalVae),
                device=device,
            )
        case Generator() as gan:
            size, channels = gan.config.image_size, gan.config.channels
            return generation.evaluate(
                Contender(gan, candidate.categories),
                learnt=resized(learnt, size=size, channels=channels),
                held_out=resized(held_out, size=size, channels=channels),
                digest=held_out.digest(),
                incumbent=_of_kind(incumbent, Generator),
                teach=teach,
                device=device,
            )
        case ProductClassifier() as classifier:
            size, channels = _side(images), classifier.config.channels
            return classification.evaluate(
                Contender(classifier, candidate.categories),
                learnt=resized(learnt, size=size, channels=channels),
                held_out=resized(held_out, size=size, channels=channels),
                digest=held_out.digest(),
                incumbent=_of_kind(incumbent, ProductClassifier),
                device=device,
            )
        case Denoiser() as denoiser:
            return restoration.evaluate(
                Contender(denoiser, images.categories),
                held_out=_whole(held_out, multiple=8),
                digest=held_out.digest(),
                incumbent=_of_kind(incumbent, Denoiser),
                device=device,
            )
        case other:
            kind = type(other).__name__
            raise CannotDo("not_measurable", f"nothing is known to measure of a {kind}")


def _side(images: ImageSet) -> int:
    """A classifier reads pictures as large as they are, and none below its least side."""
    return max(MIN_SIDE, *images.images.shape[2:])


def _of_kind(one: Contender[nn.Module] | None, kind: type[Network]) -> Contender[Network] | None:
    if one is None:
        return None
    if not isinstance(one.network, kind):
        raise TypeError(f"expected a {kind.__name__}, got a {type(one.network).__name__}")
    return Contender(one.network, one.categories)


def _known(part: Part, images: ImageSet, candidate: Contender[nn.Module]) -> Part:
    """The pictures of categories that it knows, under its labels; all, if it asks for none."""
    if isinstance(candidate.network, UNLABELLED):
        return part
    labels = candidate.labels_of(images.categories)[part.labels]
    known = labels >= 0
    return Part(part.images[known], labels[known])


def _whole(part: Part, *, multiple: int) -> Part:
    """In colour, and as much as a whole number of halvings takes."""
    height, width = (side // multiple * multiple for side in part.images.shape[2:])
    return Part(recoloured(part.images, channels=3)[..., :height, :width], part.labels)
