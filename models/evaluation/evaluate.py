"""A version beside its baseline and what serves now, on pictures that nothing learnt from."""

import torch
from torch import nn

from models.data.cutouts import CutOuts, Grounds
from models.data.image_set import ImageSet, Part
from models.evaluation import (
    classification,
    coming_back,
    cutting,
    filling_in,
    generation,
    reconstruction,
    restoration,
    translation,
    upscaling,
    warping,
)
from models.evaluation.contender import Contender, Network
from models.evaluation.exam import Exam
from models.evaluation.findings import Findings
from models.evaluation.judge import Teach
from models.failures import CannotDo
from models.networks.classifier import MIN_SIDE, ProductClassifier
from models.networks.gan import Generator
from models.networks.inpainter import Inpainter
from models.networks.matte import MatteNet
from models.networks.restoring import Denoises, Enlarges
from models.networks.style import StyleAutoencoder
from models.networks.translator import Translator
from models.networks.vae import ConditionalVae
from models.networks.warp import WarpNet

UNLABELLED = (Denoises, Enlarges, Inpainter, MatteNet, StyleAutoencoder, WarpNet)
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
    exam = Exam(learnt, held_out, held_out.digest(), device)
    match candidate.network:
        case ConditionalVae() as vae:
            return reconstruction.evaluate(
                Contender(vae, candidate.categories),
                exam.shaped(size=vae.config.image_size, channels=vae.config.channels),
                incumbent=_of_kind(incumbent, ConditionalVae),
            )
        case Generator() as gan:
            return generation.evaluate(
                Contender(gan, candidate.categories),
                exam.shaped(size=gan.config.image_size, channels=gan.config.channels),
                incumbent=_of_kind(incumbent, Generator),
                teach=teach,
            )
        case ProductClassifier() as classifier:
            return classification.evaluate(
                Contender(classifier, candidate.categories),
                exam.shaped(size=_side(images), channels=classifier.config.channels),
                incumbent=_of_kind(incumbent, ProductClassifier),
            )
        case Denoises() as denoiser:
            return restoration.evaluate(
                Contender(denoiser, images.categories),
                exam,
                incumbent=_of_kind(incumbent, Denoises),
            )
        case Enlarges() as upscaler:
            return upscaling.evaluate(
                Contender(upscaler, images.categories),
                exam,
                incumbent=_of_kind(incumbent, Enlarges),
            )
        case Translator() as translator:
            return translation.evaluate(
                Contender(translator, candidate.categories),
                _with_maps(translator, exam, images),
                incumbent=_of_kind(incumbent, Translator),
            )
        case MatteNet() as matte:
            return cutting.evaluate(
                Contender(matte, images.categories),
                exam,
                _grounds(images),
                incumbent=_of_kind(incumbent, MatteNet),
            )
        case Inpainter() as inpainter:
            return filling_in.evaluate(
                Contender(inpainter, images.categories),
                exam,
                incumbent=_of_kind(incumbent, Inpainter),
            )
        case StyleAutoencoder() as style:
            return coming_back.evaluate(
                Contender(style, images.categories),
                exam,
                incumbent=_of_kind(incumbent, StyleAutoencoder),
            )
        case WarpNet() as warp:
            return warping.evaluate(
                Contender(warp, images.categories),
                exam,
                incumbent=_of_kind(incumbent, WarpNet),
            )
        case other:
            kind = type(other).__name__
            raise CannotDo("not_measurable", f"nothing is known to measure of a {kind}")


def _grounds(images: ImageSet) -> Grounds:
    if not isinstance(images, CutOuts):
        raise CannotDo("no_transparency", "a matte is measured on cut-out pictures")
    return images.grounds


def _with_maps(network: Translator, exam: Exam, images: ImageSet) -> Exam:
    channels = translation.channels_of(network)
    if network.config.source == "labels" and images.images.shape[1] != channels:
        raise CannotDo("no_transparency", "label maps are told by cut-out pictures")
    return exam.shaped(size=network.config.image_size, channels=channels)


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
    rows, labels = candidate.known(images.categories, part.labels)
    return Part(part.images[rows], labels)
