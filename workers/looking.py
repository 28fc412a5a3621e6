"""What a policy asks of one picture: is it listed, what is counted, how familiar, maybe nude."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import torch
from PIL import Image
from torch import Tensor

from db import looks
from db.likeness import Look
from db.operations.policies import PolicyRules
from db.operations.reasons import Reason, reason
from models.checking import familiar, hamming, nsfw, skin
from models.generation.latent import first
from models.networks.classifier import side_px_of
from models.recognition.eye import seen_as
from workers.served import Networks

_ENOUGH_PX: Final = 512


@dataclass(frozen=True, slots=True)
class Asked:
    """A picture, and the digest of its file.

    Attributes:
        opened: gives [1, 3 or 4, H, W] in [0, 1]; asked only where a rule looks at pixels.
    """

    opened: Callable[[], Tensor]
    sha256: str
    of: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found, and what was measured on the way; None: nobody asked."""

    reasons: tuple[Reason, ...] = ()
    look: Look | None = None
    skin_share: float | None = None
    unfamiliarity: float | None = None


def look(
    asked: Asked,
    rules: PolicyRules,
    digests: frozenset[str],
    listed: hamming.Looks,
    networks: Networks | None,
) -> Looked:
    """Everything that these rules ask.

    Args:
        asked: the picture.
        rules: of the policy.
        digests: of the files on the block list.
        listed: the looks on it.
        networks: how the serving classifier is reached; None: nothing serves.
    """
    wants_look = rules.heuristics.one_colour != "off" or (
        rules.hashes.near != "off" and len(listed) > 0
    )
    wants_skin = rules.heuristics.skin != "off"
    wants_nude = rules.nsfw.answer != "off"
    by = networks if rules.unfamiliar.answer != "off" else None
    measured, nude = Looked(), list[Reason]()
    if wants_look or wants_skin or wants_nude or by is not None:
        image = asked.opened()
        measured = Looked(
            look=taken(image) if wants_look else None,
            skin_share=skin.skin_share(_rgb(image)) if wants_skin else None,
            unfamiliarity=None if by is None else unfamiliarity(_rgb(image), by),
        )
        nude = [*_nude(_rgb(image), asked, rules)]
    found = [*_listed(asked, rules, digests, listed, measured.look)]
    found += _counted(asked, rules, measured.look, measured.skin_share)
    found += _strange(asked, rules, measured.unfamiliarity)
    return replace(measured, reasons=(*found, *nude))


def taken(image: Tensor) -> Look:
    """The look of [1, 3 or 4, H, W], as `db.looks` takes it of a file."""
    step = max(1, math.ceil(max(image.shape[2:]) / _ENOUGH_PX))
    levels = image[0, :, ::step, ::step].mul(255).add_(0.5).clamp_(0, 255).to(torch.uint8)
    pixels = levels.permute(1, 2, 0).contiguous().cpu().numpy()
    return looks.take(Image.fromarray(pixels.squeeze(-1) if pixels.shape[2] == 1 else pixels),
                      orientation=None)  # fmt: skip


def unfamiliarity(image: Tensor, networks: Networks) -> float | None:
    """Of [1, 3, H, W], by the statistics of the serving classifier; None: it has none."""
    served = networks("classifier")
    known = familiar.of(served.card.sha256)
    if known is None:
        return None
    channels = int(served.card.config["channels"])
    seen = seen_as(image, size=side_px_of(served.card.recipe), channels=channels)
    features = first(served.doors["features"](seen)).float().cpu()
    return round(float(known.unfamiliarity(features)[0]), 4)


def _listed(
    asked: Asked,
    rules: PolicyRules,
    digests: frozenset[str],
    listed: hamming.Looks,
    seen: Look | None,
) -> Iterator[Reason]:
    exact, near, radius = rules.hashes.exact, rules.hashes.near, rules.hashes.radius_bits
    if exact != "off" and asked.sha256 in digests:
        yield reason("listed_exactly", exact, of=asked.of)
    if near == "off" or seen is None or seen.is_one_colour:  # which have no look of their own
        return
    bits = hamming.nearest_bits(seen.phash, listed)
    if bits is not None and bits <= radius:
        yield reason("listed_nearly", near, of=asked.of, value=bits, limit=radius)


def _counted(
    asked: Asked, rules: PolicyRules, seen: Look | None, share: float | None
) -> Iterator[Reason]:
    counted = rules.heuristics
    most = counted.most_skin_share
    if share is not None and counted.skin != "off" and share > most:
        yield reason("much_skin", counted.skin, of=asked.of, value=share, limit=most)
    if counted.one_colour != "off" and seen is not None and seen.is_one_colour:
        yield reason("one_colour", counted.one_colour, of=asked.of)


def _strange(asked: Asked, rules: PolicyRules, strange: float | None) -> Iterator[Reason]:
    rule = rules.unfamiliar
    if rule.answer == "off":
        return
    if strange is None:
        if rule.unmeasured == "review":
            yield reason("unfamiliarity_unmeasured", "review", of=asked.of)
    elif strange > rule.most:
        yield reason("unfamiliar", rule.answer, of=asked.of, value=strange, limit=rule.most)


def _nude(rgb: Tensor, asked: Asked, rules: PolicyRules) -> Iterator[Reason]:
    rule = rules.nsfw
    if rule.answer == "off":
        return
    likely = nsfw.probability(rgb)
    if likely is None:  # nothing goes out that nobody looked at
        yield reason("nsfw_not_installed", rule.answer, of=asked.of)
    elif likely >= rule.threshold:
        yield reason("nsfw_likely", rule.answer, of=asked.of, value=likely, limit=rule.threshold)


def _rgb(image: Tensor) -> Tensor:
    """What is transparent lies over white."""
    if image.shape[1] != 4:
        return image
    return image[:, :3] * image[:, 3:] + (1 - image[:, 3:])
